package wire

import (
	"encoding/binary"
	"fmt"
)

// Form is which of the three generations of the message this is. The receiver tells them apart by their
// length alone (FastLeaderElection.Messenger.WorkerReceiver.run).
type Form uint8

const (
	Full        Form = iota // since 3.4.6: the version is read; above 1, a config follows
	NoVersion               // 40 bytes: the last four are not looked at, and the version is 0
	NoPeerEpoch             // 28 bytes: the peer epoch is that of the zxid
)

// The lengths by which the older forms are known. The fields before the version are 36 bytes long.
const (
	lengthNoPeerEpoch = 28
	lengthNoVersion   = 40
)

// Version is the message version that servers send since 3.5.0 (Notification.CURRENTVERSION).
const Version = 2

// Notification is a message of the election as it is on the wire. Values are comparable.
type Notification struct {
	State     int32 // 0 LOOKING, 1 FOLLOWING, 2 LEADING, 3 OBSERVING; a server ignores a voter's other ones
	Leader    int64
	Zxid      int64
	Round     int64
	PeerEpoch int64  // as it is understood: where the form has none, the zxid's epoch
	Version   int32  // as it is understood: where the form has none, 0
	Config    string // the text of the configuration; "" if the version has none
	Form      Form
	// Tail is what follows and is not looked at. A message of 40 bytes ends in four such, "" for zeros; one
	// of version 1 or less must have some, or its length would be that of an older form.
	Tail string
}

// HasConfig tells whether a configuration's text is in the message, be it empty.
func (n Notification) HasConfig() bool { return n.Form == Full && n.Version > 1 }

// AppendBinary appends the payload.
func (n Notification) AppendBinary(b []byte) ([]byte, error) {
	if err := n.check(); err != nil {
		return b, err
	}
	b = binary.BigEndian.AppendUint32(b, uint32(n.State))
	for _, v := range [...]int64{n.Leader, n.Zxid, n.Round} {
		b = binary.BigEndian.AppendUint64(b, uint64(v))
	}
	if n.Form == NoPeerEpoch {
		return b, nil
	}
	b = binary.BigEndian.AppendUint64(b, uint64(n.PeerEpoch))
	if n.Form == NoVersion {
		if n.Tail == "" {
			return append(b, 0, 0, 0, 0), nil
		}
		return append(b, n.Tail...), nil
	}
	b = binary.BigEndian.AppendUint32(b, uint32(n.Version))
	if n.HasConfig() {
		b = binary.BigEndian.AppendUint32(b, uint32(len(n.Config)))
		b = append(b, n.Config...)
	}
	return append(b, n.Tail...), nil
}

// AppendFrame appends the frame: the length of the payload, and the payload.
func (n Notification) AppendFrame(b []byte) ([]byte, error) {
	start := len(b)
	b, err := n.AppendBinary(append(b, 0, 0, 0, 0))
	if err != nil {
		return b[:start], err
	}
	binary.BigEndian.PutUint32(b[start:], uint32(len(b)-start-4))
	return b, nil
}

// check refuses what would be read as something else, or not at all.
func (n Notification) check() error {
	bad := func(what string) error { return fmt.Errorf("notification: %s", what) }
	switch {
	case !n.HasConfig() && n.Config != "":
		return bad("a config where none is read: that takes version 2 and the full form")
	case n.Form != Full && n.Version != 0:
		return fmt.Errorf("notification: version %d in a form without one", n.Version)
	case n.Form == NoPeerEpoch && (n.Tail != "" || n.PeerEpoch != n.Zxid>>32):
		return bad("28 bytes have no tail, and no peer epoch but the zxid's")
	case n.Form == NoVersion && n.Tail != "" && (len(n.Tail) != 4 || n.Tail == zeros):
		return bad("the tail of 40 bytes is empty for zeros, or four bytes")
	case n.Form == Full && !n.HasConfig() && n.Tail == "":
		return fmt.Errorf("notification: version %d without a tail has 40 bytes, and would be read as version 0", n.Version)
	case n.Form > NoPeerEpoch:
		return fmt.Errorf("notification: unknown form %d", n.Form)
	case 44+len(n.Config)+len(n.Tail) > MaxFrame:
		return fmt.Errorf("notification: %d bytes of config and %d behind it do not fit a frame", len(n.Config), len(n.Tail))
	}
	return nil
}

const zeros = "\x00\x00\x00\x00"

// ParseNotification reads a payload as WorkerReceiver.run does. Its errors are of kind [Skip], all of
// them: a server passes over what it can't read. It does not look at the state, since servers answer
// those that are no voters whatever state they are in, nor at what the config says.
func ParseNotification(b []byte) (Notification, error) {
	var n Notification
	length := len(b)
	if length < lengthNoPeerEpoch {
		return n, skips("notification of %d bytes, the least is %d", length, lengthNoPeerEpoch)
	}
	int64At := func(i int) int64 { return int64(binary.BigEndian.Uint64(b[i:])) }
	n.State = int32(binary.BigEndian.Uint32(b))
	n.Leader, n.Zxid, n.Round = int64At(4), int64At(12), int64At(20)
	switch {
	case length == lengthNoPeerEpoch:
		n.Form, n.PeerEpoch = NoPeerEpoch, n.Zxid>>32
		return n, nil
	case length < lengthNoVersion:
		return n, skips("notification of %d bytes: the version is cut off", length)
	case length == lengthNoVersion:
		n.Form, n.PeerEpoch = NoVersion, int64At(28)
		if tail := string(b[36:]); tail != zeros {
			n.Tail = tail
		}
		return n, nil
	}
	n.PeerEpoch, n.Version = int64At(28), int32(binary.BigEndian.Uint32(b[36:]))
	rest := b[40:]
	if n.Version > 1 {
		if len(rest) < 4 {
			return n, skips("notification of %d bytes: the length of the config is cut off", length)
		}
		size := int32(binary.BigEndian.Uint32(rest))
		if rest = rest[4:]; size < 0 || int(size) > len(rest) {
			return n, skips("notification of %d bytes: a config of %d bytes, %d are there", length, size, len(rest))
		}
		n.Config, rest = string(rest[:size]), rest[size:]
	}
	n.Tail = string(rest)
	return n, nil
}
