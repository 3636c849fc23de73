//go:build unix && !linux

package lambdasim

import "syscall"

// attributes put the process into a group of its own. This system has no signal for the parent's death.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
