package hostile

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"

	"github.com/zkcheck/zkcheck/live/peer"
	"github.com/zkcheck/zkcheck/wire"
)

// The ensemble of every case: the subject is 1 of three, so that all others have larger sids, and it
// keeps the connections that they open. Addresses are of a network where nobody is, and the same in
// every run: the bytes depend on nothing but the seed.
const (
	subjectSID = 1
	voters     = 3
	nowhere    = "127.19.255."
	port       = ":38888" // of the addresses in headers: a server with a larger sid calls there
)

func goodConfig() wire.Config {
	var c wire.Config
	for sid := range int64(voters) {
		c.Members = append(c.Members, wire.Member{
			SID: sid + 1, Host: fmt.Sprintf("%s%d", nowhere, sid+1), QuorumPort: 2888, ElectionPort: 3888,
		})
	}
	return c
}

// generator makes cases; equal seeds make equal cases.
type generator struct {
	*rand.Rand
	did []string // what was done to the case being made
}

func newGenerator(seed uint64) *generator {
	return &generator{Rand: rand.New(rand.NewPCG(seed, 0x6f656c65))}
}

// next makes a case: a good connection with one to three things wrong about it.
func (g *generator) next() Case {
	for {
		g.did = nil
		header, n := g.good()
		c := Case{Header: header}
		switch g.IntN(10) {
		case 0, 1, 2:
			c.Header = g.header()
			c.Frames = [][]byte{frame(n, nil)}
		case 3, 4, 5:
			c.Frames = g.frames(n)
		default:
			n.Config = g.config()
			c.Frames = [][]byte{frame(n, nil)}
		}
		if c.Description = strings.Join(g.did, "\n"); local(c) == nil {
			return c
		}
	}
}

func (g *generator) note(format string, args ...any) {
	g.did = append(g.did, fmt.Sprintf(format, args...))
}

// good is the header of a stranger or of a voter, and a notification that such a one may send.
func (g *generator) good() ([]byte, wire.Notification) {
	sid := pick(g, int64(peer.Stranger), peer.Stranger, 2, 3)
	header, err := wire.Header{Protocol: wire.OneAddress, SID: sid, Addrs: []string{nowhere + "3" + port}}.AppendBinary(nil)
	if err != nil {
		panic(err) // the header above is a good one
	}
	who := fmt.Sprintf("voter %d", sid)
	if sid == peer.Stranger {
		who = "a stranger"
	}
	g.note("from %s", who)
	return header, wire.Notification{
		Leader: sid % 4, Zxid: 1 << 32, Round: 1, PeerEpoch: 1, Version: wire.Version, Config: goodConfig().String(),
	}
}

// frame is a notification with its length before it. What wire refuses to write is not made here.
func frame(n wire.Notification, tail []byte) []byte {
	n.Tail = string(tail)
	b, err := n.AppendFrame(nil)
	if err != nil {
		panic(err)
	}
	return b
}

// header is one that is almost right.
func (g *generator) header() []byte {
	protocol, sid, text := int64(wire.OneAddress), int64(peer.Stranger), nowhere+"3"+port
	length, cut := int32(math.MinInt32), -1
	for range g.few() {
		switch g.IntN(9) {
		case 0:
			protocol = pick(g, int64(wire.AnyAddresses), -65537, -65534, -1, math.MinInt64, 2, 0, math.MaxInt64)
			g.note("header: protocol %d", protocol)
		case 1:
			sid = pick(g, int64(0), -1, subjectSID, 2, 255, 1<<40, math.MaxInt64, math.MinInt64)
			g.note("header: sid %d", sid)
		case 2:
			length = pick(g, int32(0), -1, 1, wire.MaxAddresses, wire.MaxAddresses+1, math.MaxInt32, int32(len(text))-1, int32(len(text))+1)
			g.note("header: length %d", length)
		case 3, 6, 7, 8:
			text = g.addresses(text)
			g.note("header: addresses %s", quoted(text))
		case 4:
			text = strings.Repeat("h", wire.MaxAddresses-len(port)) + port
			g.note("header: %d bytes of addresses", len(text))
		case 5:
			cut = g.IntN(20 + len(text))
			g.note("header: cut after %d bytes", cut)
		}
	}
	if length == math.MinInt32 {
		length = int32(len(text))
	}
	b := binary.BigEndian.AppendUint64(nil, uint64(protocol))
	b = binary.BigEndian.AppendUint64(b, uint64(sid))
	b = append(binary.BigEndian.AppendUint32(b, uint32(length)), text...)
	if cut >= 0 && cut < len(b) {
		b = b[:cut]
	}
	return b
}

// addresses makes one of the parts of an address odd.
func (g *generator) addresses(text string) string {
	host, number, _ := strings.Cut(text, ":")
	switch g.IntN(7) {
	case 0, 5, 6:
		number = g.number()
	case 1:
		host = g.host()
	case 2:
		return pick(g, "", "|", "||", ":", "::", "[", "[::1", "[::1]", "[::1]:", "[::1]3888", host, host+port+":1", "\xff\xfe"+port, "\x00")
	case 3:
		return text + "|" + g.host() + ":" + g.number()
	case 4:
		return strings.Repeat(text+"|", 1+g.IntN(100))
	}
	return host + ":" + number
}

// number is what may stand where a number should.
func (g *generator) number() string {
	return pick(g, "", "0", "-1", "+1", "x", "1x", "0x1f", "1.5", " 1", "65535", "65536", "99999", "2147483647", "2147483648",
		"-2147483649", "9223372036854775807", "9223372036854775808", "zz", "٣", strings.Repeat("9", 300))
}

// host is what may stand where a host should. Names are resolved by nobody.
func (g *generator) host() string {
	return pick(g, "", "localhost", "0.0.0.0", "127.0.0.0", "127.1", "[::1]", "[", "]", "no such host", "no-such-host", "\xc3\x28", "\x00",
		"h"+strings.Repeat(".h", 200), strings.Repeat("h", 1000))
}

// frames is a message whose form is wrong, or many messages.
func (g *generator) frames(n wire.Notification) [][]byte {
	good := frame(n, nil)
	payload := good[4:]
	switch g.IntN(7) {
	case 0:
		length := pick(g, int32(0), -1, 1, 27, 28, 40, 43, int32(len(payload))-1, int32(len(payload))+1, wire.MaxFrame, wire.MaxFrame+1, math.MaxInt32, math.MinInt32)
		g.note("frame: length %d before %d bytes", length, len(payload))
		return [][]byte{append(binary.BigEndian.AppendUint32(nil, uint32(length)), payload...)}
	case 1:
		cut := g.IntN(60)
		g.note("notification: cut to %d bytes", cut)
		return [][]byte{framed(payload[:cut])}
	case 2:
		size := pick(g, int32(-1), math.MinInt32, math.MaxInt32, 0, 1, int32(len(payload)), int32(len(payload))-44+1, int32(len(payload))-44-1)
		g.note("notification: config length %d", size)
		b := append([]byte{}, payload...)
		binary.BigEndian.PutUint32(b[40:], uint32(size))
		return [][]byte{framed(b)}
	case 3:
		tail := make([]byte, pick(g, 1, 44, 4096, wire.MaxFrame-len(payload)))
		g.note("notification: %d bytes behind it", len(tail))
		return [][]byte{frame(n, tail)}
	case 4:
		times := pick(g, 2, 101, 300)
		g.note("%d notifications at once", times)
		return [][]byte{[]byte(strings.Repeat(string(good), times))}
	}
	for range g.few() {
		g.field(&n)
	}
	return [][]byte{frame(n, nil)}
}

// field makes one number of a notification odd.
func (g *generator) field(n *wire.Notification) {
	odd := pick(g, int64(0), -1, 1, 255, 1<<31, 1<<32-1, math.MaxInt64, math.MaxInt64-1, math.MinInt64, g.Int64())
	switch g.IntN(6) {
	case 0:
		n.State = pick(g, int32(1), 2, 3, 4, -1, math.MaxInt32)
		g.note("notification: state %d", n.State)
	case 1:
		n.Leader = odd
		g.note("notification: leader %d", odd)
	case 2:
		n.Zxid = odd
		g.note("notification: zxid %#x", uint64(odd))
	case 3:
		n.Round = odd
		g.note("notification: round %d", odd)
	case 4:
		n.PeerEpoch = odd
		g.note("notification: peer epoch %d", odd)
	case 5:
		n.Version = pick(g, int32(2), 3, 255, math.MaxInt32)
		g.note("notification: version %d", n.Version)
	}
}

func framed(payload []byte) []byte {
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(payload))), payload...)
}

func pick[T any](g *generator, from ...T) T { return from[g.IntN(len(from))] }

// quoted is a text in a description: one line, and not too long.
func quoted(text string) string {
	if len(text) > 60 {
		return fmt.Sprintf("%+q... (%d bytes)", text[:50], len(text))
	}
	return fmt.Sprintf("%+q", text)
}
