package server

import "syscall"

const (
	kill      = syscall.SIGKILL
	terminate = syscall.SIGTERM
	pause     = syscall.SIGSTOP
	resume    = syscall.SIGCONT
)

// dieWithParent lets the kernel kill a child when the thread that started it ends. The child is no member of
// our process group: an interrupt at the terminal is for the harness, which ends its servers itself.
func dieWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
}
