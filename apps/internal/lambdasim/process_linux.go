package lambdasim

import "syscall"

// attributes put the process into a group of its own and let it die with the test, even one that is killed.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
