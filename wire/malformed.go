package wire

import "fmt"

// Effect is what a real server does with bytes that it can't read.
type Effect uint8

const (
	// Close: the connection is closed, and what was behind on it is lost.
	Close Effect = iota
	// Skip: the message is passed over, and the next one on the connection is read.
	Skip
)

func (e Effect) String() string {
	if e == Skip {
		return "skip"
	}
	return "close"
}

// Malformed is the error of bytes that no server could use. A connection that ends is none: its error is
// io.EOF between two messages, io.ErrUnexpectedEOF inside one.
type Malformed struct {
	Effect Effect
	What   string // the object and what is wrong with it
}

func (m *Malformed) Error() string { return m.What }

func closes(format string, args ...any) error {
	return &Malformed{Close, fmt.Sprintf(format, args...)}
}

func skips(format string, args ...any) error {
	return &Malformed{Skip, fmt.Sprintf(format, args...)}
}
