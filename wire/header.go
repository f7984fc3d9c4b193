package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The protocols of a header (QuorumCnxManager.PROTOCOL_VERSION_V1 and _V2).
const (
	BareSID      = 0      // before 3.5.0: the first number is the sid itself, and nothing follows
	OneAddress   = -65536 // what servers send today
	AnyAddresses = -65535 // with multiAddress.enabled: several addresses, joined by |
)

// AnonymousSID is what an observer without a sid sends (QuorumPeer.OBSERVER_ID): the receiver calls the
// connection by a negative number of its own.
const AnonymousSID = math.MaxInt64

// MaxAddresses is the most bytes that the addresses of a header have together
// (QuorumCnxManager.maxBuffer).
const MaxAddresses = 2048

// Header is what the server that opens an election connection says first: who it is, and where it can be
// called back, which is what the receiver does if its own sid is larger.
type Header struct {
	Protocol int64    // BareSID, OneAddress or AnyAddresses
	SID      int64    // not negative after BareSID
	Addrs    []string // host:port; none after BareSID
}

// AppendBinary appends the header as it is on the wire. It is to be sent in one piece: the receiver reads
// the addresses with a single read (InitialMessage.parse), and hangs up if only a part has arrived.
func (h Header) AppendBinary(b []byte) ([]byte, error) {
	if h.Protocol == BareSID {
		if h.SID < 0 || len(h.Addrs) > 0 {
			return b, fmt.Errorf("header of sid %d: a bare sid is not negative and has no addresses", h.SID)
		}
		return binary.BigEndian.AppendUint64(b, uint64(h.SID)), nil
	}
	text := strings.Join(h.Addrs, "|")
	if err := checkAddresses(h.Protocol, text); err != nil {
		return b, fmt.Errorf("header of sid %d: %w", h.SID, err)
	}
	if split := strings.Split(text, "|"); len(split) != len(h.Addrs) {
		return b, fmt.Errorf("header of sid %d: an address with a |, or none", h.SID)
	}
	b = binary.BigEndian.AppendUint64(b, uint64(h.Protocol))
	b = binary.BigEndian.AppendUint64(b, uint64(h.SID))
	b = binary.BigEndian.AppendUint32(b, uint32(len(text)))
	return append(b, text...), nil
}

// ReadHeader reads a header.
func ReadHeader(r io.Reader) (Header, error) {
	var h Header
	first, err := readInt64(r, io.EOF)
	if err != nil {
		return h, err
	}
	if first >= 0 { // QuorumCnxManager.handleConnection: "this is a server id and not a protocol version"
		return Header{BareSID, first, nil}, nil
	}
	if h.Protocol = first; first != OneAddress && first != AnyAddresses {
		return h, closes("header: unknown protocol %d", first)
	}
	if h.SID, err = readInt64(r, io.ErrUnexpectedEOF); err != nil {
		return h, err
	}
	var n [4]byte
	if _, err := io.ReadFull(r, n[:]); err != nil {
		return h, inside(err)
	}
	length := int32(binary.BigEndian.Uint32(n[:]))
	if length <= 0 || length > MaxAddresses {
		return h, closes("header of sid %d: %d bytes of addresses, possible are 1..%d", h.SID, length, MaxAddresses)
	}
	text := make([]byte, length)
	if _, err := io.ReadFull(r, text); err != nil {
		return h, inside(err)
	}
	if err := checkAddresses(h.Protocol, string(text)); err != nil {
		return h, closes("header of sid %d: %v", h.SID, err)
	}
	h.Addrs = strings.Split(string(text), "|")
	return h, nil
}

// checkAddresses is true to what servers write, and stricter than InitialMessage.parse: that takes the |
// apart under either protocol, and lets a port above 65535 end the thread that listens.
func checkAddresses(protocol int64, text string) error {
	switch {
	case protocol != OneAddress && protocol != AnyAddresses:
		return fmt.Errorf("unknown protocol %d", protocol)
	case len(text) == 0 || len(text) > MaxAddresses:
		return fmt.Errorf("%d bytes of addresses, possible are 1..%d", len(text), MaxAddresses)
	case !utf8.ValidString(text):
		return errors.New("the addresses are not UTF-8")
	}
	for addr := range strings.SplitSeq(text, "|") {
		i := strings.LastIndexByte(addr, ':')
		if i < 0 {
			return fmt.Errorf("address %q has no port", addr)
		}
		if _, err := strconv.ParseUint(addr[i+1:], 10, 16); err != nil {
			return fmt.Errorf("address %q: port %q is not a number of 0..65535", addr, addr[i+1:])
		}
		host := addr[:i]
		if bracketed := strings.HasPrefix(host, "[") && strings.HasSuffix(host, "]"); !bracketed && strings.ContainsAny(host, ":[]") {
			return fmt.Errorf("address %q: an IPv6 host is written in brackets", addr)
		}
	}
	return nil
}

// readInt64 reads a number; end is the error if there is nothing to read at all.
func readInt64(r io.Reader, end error) (int64, error) {
	var b [8]byte
	if n, err := io.ReadFull(r, b[:]); err != nil {
		if n == 0 && err == io.EOF {
			return 0, end
		}
		return 0, inside(err)
	}
	return int64(binary.BigEndian.Uint64(b[:])), nil
}

// inside is the error of a read that began in the middle of a message.
func inside(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
