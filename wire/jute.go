package wire

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/zkcheck/zkcheck/election"
)

// MaxBuffer is the most bytes that a text or a buffer of a record has: jute.maxbuffer and as much again for
// what is around it, both as they are if nobody sets them (BinaryInputArchive.checkLength).
const MaxBuffer = 2 * 0xfffff

// source is where a record is read from. The first error stays, and what is read behind it is zero, so that a
// record is read field by field and its error is looked at once.
type source struct {
	r     io.Reader
	left  int    // bytes that the record may still have
	what  string // the record, for errors
	begun bool   // a byte of it was read
	err   error
	num   [8]byte
}

// within is a record that is all there is in some bytes.
func within(what string, data []byte) *source {
	s := &source{r: bytes.NewReader(data), left: len(data), what: what}
	if len(data) > MaxBuffer {
		s.bad("%d bytes, possible are 0..%d", len(data), MaxBuffer)
	}
	return s
}

// bad is the error of a record that no server could use.
func (s *source) bad(format string, args ...any) {
	if s.err == nil {
		s.err = closes("%s: %s", s.what, fmt.Sprintf(format, args...))
	}
}

// end is the error of a record that should be over.
func (s *source) end() error {
	if s.left > 0 {
		s.bad("%d bytes behind it", s.left)
	}
	return s.err
}

// fill reads bytes of a field.
func (s *source) fill(b []byte, field string) bool {
	if s.err == nil && len(b) > s.left {
		s.bad("the %s is cut off", field)
	}
	if s.err != nil {
		return false
	}
	n, err := io.ReadFull(s.r, b)
	s.begun = s.begun || n > 0
	s.left -= n
	if s.err = err; s.begun {
		s.err = inside(err)
	}
	return s.err == nil
}

func (s *source) int32(field string) int32 {
	if !s.fill(s.num[:4], field) {
		return 0
	}
	return int32(binary.BigEndian.Uint32(s.num[:]))
}

func (s *source) int64(field string) int64 {
	if !s.fill(s.num[:8], field) {
		return 0
	}
	return int64(binary.BigEndian.Uint64(s.num[:]))
}

func (s *source) zxid(field string) election.Zxid { return election.Zxid(s.int64(field)) }

// bool is a byte. Java takes all but 0 for true, and writes 1.
func (s *source) bool(field string) bool {
	if !s.fill(s.num[:1], field) {
		return false
	}
	if s.num[0] > 1 {
		s.bad("the %s is %d, possible are 0 and 1", field, s.num[0])
	}
	return s.num[0] == 1
}

// believed is how many bytes are allocated because a length says so, before the first of them is there.
const believed = 4 << 10

// buffer is nil where the length is -1.
func (s *source) buffer(field string) []byte {
	length := s.int32(field)
	switch {
	case s.err != nil || length == -1:
		return nil
	case length < 0 || length > MaxBuffer:
		s.bad("the %s has %d bytes, possible are -1..%d", field, length, MaxBuffer)
		return nil
	case int(length) > s.left:
		s.bad("the %s has %d bytes, possible are -1..%d", field, length, s.left)
		return nil
	}
	b := make([]byte, 0, min(int(length), believed))
	for len(b) < int(length) {
		n := min(int(length)-len(b), max(len(b), believed))
		b = append(b, make([]byte, n)...)
		if !s.fill(b[len(b)-n:], field) {
			return nil
		}
	}
	return b
}

// text is a buffer that is there: jute has null texts, but no server means one.
func (s *source) text(field string) string {
	b := s.buffer(field)
	if b == nil {
		s.bad("the %s is null", field)
	}
	return string(b)
}

// rest is all that is left of some bytes.
func (s *source) rest(field string) []byte {
	if s.err != nil {
		return nil
	}
	b := make([]byte, s.left)
	s.fill(b, field)
	return b
}

// readVector reads elements of at least some bytes each; it is nil where the count is -1. A server takes a
// smaller one for 0 as well, but none writes it. Only what is there is allocated.
func readVector[T any](s *source, field string, least int, read func(*source) T) []T {
	n := s.int32(field)
	switch {
	case s.err != nil || n == -1:
		return nil
	case n < 0 || int64(n)*int64(least) > int64(s.left):
		s.bad("%d %s, possible are -1..%d", n, field, s.left/least)
		return nil
	}
	list := []T{}
	for range n {
		e := read(s)
		if s.err != nil {
			return nil
		}
		list = append(list, e)
	}
	return list
}

// sink is where a record is written to. It refuses what a source would refuse.
type sink struct {
	b     []byte
	start int // where the record begins
	what  string
	err   error
}

func into(b []byte, what string) *sink { return &sink{b: b, start: len(b), what: what} }

func (s *sink) bad(format string, args ...any) {
	if s.err == nil {
		s.err = fmt.Errorf("%s: %s", s.what, fmt.Sprintf(format, args...))
	}
}

// end is the bytes with the record behind them, if it has at most so many.
func (s *sink) end(most int) ([]byte, error) {
	if n := len(s.b) - s.start; n > most {
		s.bad("%d bytes, possible are 0..%d", n, most)
	}
	if s.err != nil {
		return s.b[:s.start], s.err
	}
	return s.b, nil
}

func (s *sink) int32(v int32)        { s.b = binary.BigEndian.AppendUint32(s.b, uint32(v)) }
func (s *sink) int64(v int64)        { s.b = binary.BigEndian.AppendUint64(s.b, uint64(v)) }
func (s *sink) zxid(v election.Zxid) { s.int64(int64(v)) }

func (s *sink) bool(v bool) {
	var b byte
	if v {
		b = 1
	}
	s.b = append(s.b, b)
}

// buffer writes a nil one as another than one without bytes.
func (s *sink) buffer(field string, b []byte) {
	switch {
	case b == nil:
		s.int32(-1)
	case s.fits(field, len(b)):
		s.int32(int32(len(b)))
		s.b = append(s.b, b...)
	}
}

func (s *sink) text(field, text string) {
	if s.fits(field, len(text)) {
		s.int32(int32(len(text)))
		s.b = append(s.b, text...)
	}
}

func (s *sink) fits(field string, length int) bool {
	if length > MaxBuffer {
		s.bad("the %s has %d bytes, possible are 0..%d", field, length, MaxBuffer)
	}
	return length <= MaxBuffer
}

func writeVector[T any](s *sink, list []T, write func(*sink, T)) {
	if list == nil {
		s.int32(-1)
		return
	}
	s.int32(int32(len(list)))
	for _, e := range list {
		write(s, e)
	}
}
