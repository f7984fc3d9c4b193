package server

import (
	"bytes"
	"context"
	"io"
	"sync"
	"time"
)

// keptLines is how many lines of a log are kept for who comes late.
const keptLines = 4096

// Line is a line of a server's log.
type Line struct {
	At   time.Time // when it was read
	Text string
}

// log takes what a process writes. Writing never waits for a reader: who is too slow loses lines and can see how many.
type log struct {
	mu      sync.Mutex
	ring    [keptLines]Line
	next    uint64        // number of the next line
	changed chan struct{} // closed when a line comes or the log ends
	ended   bool
	partial []byte
	file    io.Writer // gets everything; nil for nobody
	failed  error     // of the file: what is missing there is said at the end
}

func newLog(file io.Writer) *log { return &log{changed: make(chan struct{}), file: file} }

// Write never fails: an error here would close the pipe, and the process would die of a full disk that is ours.
func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file != nil && l.failed == nil {
		_, l.failed = l.file.Write(p)
	}
	l.partial = append(l.partial, p...)
	rest := l.partial
	for {
		text, after, ok := bytes.Cut(rest, []byte{'\n'})
		if !ok {
			break
		}
		l.add(string(text))
		rest = after
	}
	if len(rest) < len(l.partial) {
		l.partial = append(l.partial[:0], rest...)
		l.wake()
	}
	return len(p), nil
}

func (l *log) add(text string) {
	l.ring[l.next%keptLines] = Line{time.Now(), text}
	l.next++
}

func (l *log) wake() {
	close(l.changed)
	l.changed = make(chan struct{})
}

// end says that nothing will come any more.
func (l *log) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.partial) > 0 {
		l.add(string(l.partial))
	}
	l.partial, l.ended = nil, true
	l.wake()
}

// Lines is a reader of a server's log. It is for one goroutine.
type Lines struct {
	log     *log
	next    uint64
	skipped uint64
}

// Next waits for the next line. It is io.EOF when the process has ended and all is read.
func (r *Lines) Next(ctx context.Context) (Line, error) {
	for {
		line, changed, err := r.poll()
		if err != nil || changed == nil {
			return line, err
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return Line{}, ctx.Err()
		}
	}
}

// poll is the next line, or the channel that is closed when there may be one.
func (r *Lines) poll() (Line, <-chan struct{}, error) {
	l := r.log
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.next > keptLines && r.next < l.next-keptLines {
		r.skipped += l.next - keptLines - r.next
		r.next = l.next - keptLines
	}
	switch {
	case r.next < l.next:
		r.next++
		return l.ring[(r.next-1)%keptLines], nil, nil
	case l.ended:
		return Line{}, nil, io.EOF
	}
	return Line{}, l.changed, nil
}

// Await waits for a line that matches, and drops those before it.
func (r *Lines) Await(ctx context.Context, match func(text string) bool) (Line, error) {
	for {
		line, err := r.Next(ctx)
		if err != nil || match(line.Text) {
			return line, err
		}
	}
}

// Skipped is the number of lines that came faster than they were read and are lost to this reader.
func (r *Lines) Skipped() uint64 { return r.skipped }
