package logs

import (
	"bytes"
	"fmt"
	"math"
	"strconv"

	"github.com/zkcheck/zkcheck/election"
)

// field is a named value of a line.
type field struct{ name, value []byte }

// fields are those of one line. No line of any version has more than ten.
type fields struct {
	list [12]field
	n    int
}

func (f *fields) add(name, value []byte) {
	if f.n < len(f.list) {
		f.list[f.n] = field{bytes.TrimSpace(name), bytes.TrimSpace(value)}
		f.n++
	}
}

// get finds a value. Versions differ in the case of letters: n.peerEPoch.
func (f *fields) get(name string) ([]byte, bool) {
	for _, x := range f.list[:f.n] {
		if len(x.name) == len(name) && bytes.EqualFold(x.name, []byte(name)) {
			return x.value, true
		}
	}
	return nil, false
}

// behind reads "3 (n.leader), 0x0 (n.zxid), LOOKING (my state)0 (n.config version)": names behind values,
// as ZooKeeper wrote them until 3.5, and writes what it sends to this day.
func behind(text []byte) *fields {
	f := &fields{}
	for {
		open := bytes.IndexByte(text, '(')
		if open < 0 {
			return f
		}
		end := bytes.IndexByte(text[open:], ')')
		if end < 0 {
			return f
		}
		f.add(text[open+1:open+end], bytes.Trim(text[:open], ", "))
		text = text[open+end+1:]
	}
}

// before reads "my state:LOOKING; n.sid:2" and "leader=3, zxid=0x0": names before values.
func before(text []byte) *fields {
	f := &fields{}
	for len(text) > 0 {
		part := text
		if end := bytes.IndexAny(text, ",;"); end >= 0 {
			part, text = text[:end], text[end+1:]
		} else {
			text = nil
		}
		if mark := bytes.IndexAny(part, ":="); mark >= 0 {
			f.add(part[:mark], part[mark+1:])
		}
	}
	return f
}

// reader takes values out of fields and keeps the first error.
type reader struct {
	*fields
	err error
}

func (r *reader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf(format, args...)
	}
}

// number is a 64-bit number as Java prints a long: 0x and hex digits without a sign, or decimal.
func number(text []byte) (uint64, bool) {
	if hex, ok := bytes.CutPrefix(text, []byte("0x")); ok {
		v, err := strconv.ParseUint(string(hex), 16, 64)
		return v, err == nil
	}
	v, err := strconv.ParseInt(string(text), 10, 64)
	return uint64(v), err == nil
}

func (r *reader) long(name string) uint64 {
	text, ok := r.get(name)
	if !ok {
		r.fail("there is no %s", name)
		return 0
	}
	v, ok := number(text)
	if !ok {
		r.fail("%s %.40q is not a number of 64 bits", name, text)
	}
	return v
}

// nobody is the leader, zxid and peer epoch of an observer's first vote, Long.MIN_VALUE.
const nobody = 1 << 63

func (r *reader) sid(name string) election.SID {
	v := r.long(name)
	if r.err == nil && v >= uint64(election.NoServer) {
		r.fail("%s %d: only sids of 0..%d can be followed", name, int64(v), election.NoServer-1)
	}
	return election.SID(v)
}

func (r *reader) state(name string) election.State {
	text, ok := r.get(name)
	if !ok {
		r.fail("there is no %s", name)
		return 0
	}
	s, ok := stateOf(text)
	if !ok {
		r.fail("%s %.40q is no state", name, text)
	}
	return s
}

func stateOf(text []byte) (election.State, bool) {
	for s := election.Looking; s <= election.Observing; s++ {
		if string(text) == s.String() {
			return s, true
		}
	}
	return 0, false
}

// candidate reads leader and zxid, and the peer epoch if it has a name.
func (r *reader) candidate(leader, zxid, epoch string) election.Candidate {
	if r.long(leader) == nobody {
		return election.Candidate{Leader: election.NoServer}
	}
	c := election.Candidate{Leader: r.sid(leader), Zxid: election.Zxid(r.long(zxid))}
	if epoch != "" {
		v := r.long(epoch)
		if r.err == nil && v > election.MaxEpoch {
			r.fail("%s 0x%x is above %d", epoch, v, election.MaxEpoch)
		}
		c.PeerEpoch = uint32(v)
	}
	return c
}

// version is the message version, of which only "none" and "some" are told apart.
func (r *reader) version(name string) uint8 {
	text, ok := r.get(name)
	if !ok {
		return 0 // before 3.4.6
	}
	v, err := strconv.ParseUint(string(bytes.TrimPrefix(text, []byte("0x"))), 16, 32)
	if err != nil {
		r.fail("%s %.40q is not a number", name, text)
	}
	return uint8(min(v, math.MaxUint8))
}
