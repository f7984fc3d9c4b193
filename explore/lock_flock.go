//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package explore

import (
	"os"
	"syscall"
)

// lockFile keeps other processes from doing the same with a file, until it is closed or the process ends, however it does.
func lockFile(f *os.File) error { return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) }
