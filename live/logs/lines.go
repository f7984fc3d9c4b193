package logs

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
)

// Bounds of a log.
const (
	MaxLine   = 64 << 10 // bytes; a longer line is skipped and counted
	MaxLog    = 4 << 30  // bytes, unpacked; what is behind them is not read
	MaxEvents = 1 << 21  // lines that matter
)

// lines reads a log line by line, in memory that does not grow with it.
type lines struct {
	in     *bufio.Reader
	number int
	long   int  // lines skipped for their length
	cut    bool // the last line has no end
	packed bool // with gzip
	read   int64
}

// newLines looks at the first bytes: what begins like a gzip file is one, whatever its name is.
func newLines(name string, r io.Reader) (*lines, error) {
	in := bufio.NewReaderSize(r, MaxLine)
	packed := false
	if magic, _ := in.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		z, err := gzip.NewReader(in)
		if err != nil {
			return nil, fmt.Errorf("%s: it begins like a file of gzip, and can't be unpacked: %w", name, err)
		}
		in, packed = bufio.NewReaderSize(z, MaxLine), true
	}
	return &lines{in: in, packed: packed}, nil
}

// next is the next whole line without its end; it is valid until the one after. What a line is that is
// too long, nobody knows: nil. Of a packed file that is cut off, what can be unpacked is the log.
func (l *lines) next() ([]byte, error) {
	text, err := l.in.ReadSlice('\n')
	l.number++
	l.read += int64(len(text))
	long := errors.Is(err, bufio.ErrBufferFull)
	for errors.Is(err, bufio.ErrBufferFull) && l.read < MaxLog {
		var more []byte
		more, err = l.in.ReadSlice('\n')
		l.read += int64(len(more))
	}
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF) || l.read >= MaxLog:
		l.cut = true
		return nil, io.EOF
	case errors.Is(err, io.EOF):
		l.cut = l.cut || len(text) > 0
		return nil, io.EOF
	case err != nil:
		return nil, err
	case long:
		l.long++
		return nil, nil
	}
	return bytes.TrimRight(text, "\r\n"), nil
}
