package wire

import (
	"encoding/binary"
	"fmt"
	"io"
)

// MaxFrame is the most bytes that a message has (QuorumCnxManager.PACKETMAXSIZE).
const MaxFrame = 512 << 10

// AppendFrame appends a payload with its length before it.
func AppendFrame(b, payload []byte) ([]byte, error) {
	if len(payload) == 0 || len(payload) > MaxFrame {
		return b, fmt.Errorf("frame of %d bytes, possible are 1..%d", len(payload), MaxFrame)
	}
	b = binary.BigEndian.AppendUint32(b, uint32(len(payload)))
	return append(b, payload...), nil
}

// ReadFrame reads the payload of the next frame into buf, which grows if it has to: pass what was
// returned before. The error is io.EOF where a frame could have begun and none did.
func ReadFrame(r io.Reader, buf []byte) ([]byte, error) {
	var n [4]byte
	if got, err := io.ReadFull(r, n[:]); err != nil {
		if got == 0 && err == io.EOF {
			return buf[:0], io.EOF
		}
		return buf[:0], inside(err)
	}
	length := int32(binary.BigEndian.Uint32(n[:]))
	if length <= 0 || length > MaxFrame {
		return buf[:0], closes("frame of %d bytes, possible are 1..%d", length, MaxFrame)
	}
	if cap(buf) < int(length) {
		buf = make([]byte, length)
	}
	buf = buf[:length]
	_, err := io.ReadFull(r, buf)
	return buf, inside(err)
}
