package server

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"time"
)

// Process is a running server.
type Process struct {
	Spec Spec // as it was started, defaults filled in

	cmd  *exec.Cmd
	log  *log
	done chan struct{}
	err  error // why it ended; read after done
}

// Start starts a server. It returns as soon as the process exists: what the server does then is in its log.
// The process is killed when the context is done, and by the kernel when this program ends.
func Start(ctx context.Context, i Install, s Spec) (*Process, error) {
	s = s.withDefaults()
	var err error
	if s.Dir, err = filepath.Abs(s.Dir); err != nil { // the process has it as its working directory
		return nil, fmt.Errorf("server %v: %w", s.SID, err)
	}
	if err := s.write(i); err != nil {
		return nil, fmt.Errorf("server %v: %w", s.SID, err)
	}
	p := &Process{Spec: s, done: make(chan struct{})}
	var file *os.File
	if s.LogFile != "" {
		if file, err = os.OpenFile(s.LogFile, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644); err != nil {
			return nil, fmt.Errorf("server %v: %w", s.SID, err)
		}
		p.log = newLog(file)
	} else {
		p.log = newLog(nil)
	}
	p.cmd = exec.Command(i.Java, s.arguments(i)...)
	p.cmd.Dir = s.Dir
	p.cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LANG=C.UTF-8"} // no JAVA_TOOL_OPTIONS of somebody
	p.cmd.Stdout, p.cmd.Stderr = p.log, p.log
	p.cmd.WaitDelay = time.Second
	p.cmd.SysProcAttr = dieWithParent()

	started := make(chan error)
	go p.run(started, file)
	if err := <-started; err != nil {
		return nil, fmt.Errorf("server %v: %w", s.SID, err)
	}
	stop := context.AfterFunc(ctx, func() { p.signal(kill) })
	go func() {
		<-p.done
		stop()
	}()
	return p, nil
}

// run starts the process and waits for its end, both on one thread that nobody else uses and that lives
// as long: the kernel takes the end of the thread that started a child for the end of the parent.
func (p *Process) run(started chan<- error, file *os.File) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err := p.cmd.Start()
	started <- err
	if err == nil {
		p.err = p.cmd.Wait()
		p.log.end()
	}
	if file != nil {
		file.Close()
	}
	close(p.done)
}

// PID is the number of the process.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Kill is kill -9, of a paused server too. It returns when the process is gone.
func (p *Process) Kill() {
	p.signal(kill)
	<-p.done
}

// Terminate asks the JVM to end, and returns when it has.
func (p *Process) Terminate() {
	p.signal(terminate)
	<-p.done
}

// Pause stops the process where it is, connections and all.
func (p *Process) Pause() error { return p.signal(pause) }

// Resume lets a paused process go on.
func (p *Process) Resume() error { return p.signal(resume) }

func (p *Process) signal(s os.Signal) error {
	if err := p.cmd.Process.Signal(s); err != nil {
		return fmt.Errorf("server %v, process %d: %w", p.Spec.SID, p.PID(), err)
	}
	return nil
}

// Done is closed when the process has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Wait waits for the end of the process; the error tells how it ended.
func (p *Process) Wait() error {
	<-p.done
	return p.err
}

// Lines is a new reader of the log, from its oldest line that is kept: of a process just started, its first.
func (p *Process) Lines() *Lines { return &Lines{log: p.log} }

// ClientAddr is where clients connect.
func (p *Process) ClientAddr() string {
	self, _ := p.Spec.self() // Start has looked
	return net.JoinHostPort(self.Host, strconv.Itoa(p.Spec.ClientPort))
}
