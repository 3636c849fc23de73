package lambdasim

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// pipeDelay bounds the wait for output after a process has ended: a child of it may hold the pipe.
const pipeDelay = time.Second

// process is one program of a group of its own.
type process struct {
	pid    int
	output *lineWriter
	gone   chan struct{} // closed when it has been reaped and its output was passed on
	err    error         // how it ended; to be read after gone
}

// startProcess starts a command. Its own goroutine keeps the thread that forked, because the kernel's parent death signal follows that
// thread and not the whole program.
func startProcess(cmd *exec.Cmd, output *lineWriter) (*process, error) {
	cmd.Stdout, cmd.Stderr = output, output // the same value: one pipe, so the order of lines is kept
	cmd.SysProcAttr = attributes()
	cmd.WaitDelay = pipeDelay
	p := &process{output: output, gone: make(chan struct{})}
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			p.reap(cmd)
		}
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	p.pid = cmd.Process.Pid
	return p, nil
}

// reap waits for the end.
func (p *process) reap(cmd *exec.Cmd) {
	p.err = cmd.Wait()
	p.output.flush()
	close(p.gone)
}

// signal sends a signal to the whole group; a process that is gone is left alone, as its number may belong to another.
func (p *process) signal(sig syscall.Signal) {
	select {
	case <-p.gone:
	default:
		_ = syscall.Kill(-p.pid, sig)
	}
}

// ending says how the process ended, as Lambda's log does.
func (p *process) ending() string {
	if p.err == nil {
		return "Runtime exited without providing a reason"
	}
	return "Runtime exited with error: " + p.err.Error()
}

// maxRSS returns the highest resident memory so far in bytes, zero when the system does not tell. The figure of wait4 would not do: it
// starts with the parent's.
func (p *process) maxRSS() int64 {
	status, err := os.ReadFile("/proc/" + strconv.Itoa(p.pid) + "/status")
	if err != nil {
		return 0
	}
	return parseHighWater(status)
}

// parseHighWater finds the line "VmHWM: 1234 kB".
func parseHighWater(status []byte) int64 {
	scanner := bufio.NewScanner(bytes.NewReader(status))
	for scanner.Scan() {
		value, found := strings.CutPrefix(scanner.Text(), "VmHWM:")
		if !found {
			continue
		}
		kib, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(value, "kB")), 10, 64)
		if err == nil {
			return kib << 10
		}
	}
	return 0
}
