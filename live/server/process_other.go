//go:build !linux

package server

import (
	"os"
	"syscall"
)

// On other systems FindIn finds nothing, and none of these is ever sent.
var kill, terminate, pause, resume = os.Kill, os.Kill, os.Kill, os.Kill

func dieWithParent() *syscall.SysProcAttr { return nil }
