package cluster

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unsafe"

	"github.com/google/go-cmp/cmp"

	"github.com/zkcheck/zkcheck/election"
)

// plain is what counts in a State, as plain values: no slots beyond a count, nothing of the last step.
type plain struct {
	Servers     []*election.Server
	Started, Up election.Set
	Cuts        []election.Set
	Channels    []plainChannel
	Links       []plainLink
	Spent       [len(limitFields)]uint16
	Epochs      []establishment
	Unhurried   bool
	Initials    []election.Candidate
	Commits     []election.Txn
	CommittedBy []uint32
	Replies     []election.Txn
	Doubtful    bool
	Lap         lap
}

type plainChannel struct {
	InFlight []election.Vote
	Last     []election.Vote // of an empty channel, none or one
}

type plainLink struct {
	Status   linkStatus
	Leader   uint8
	Up, Down []election.Packet
}

func plainOf(y *System, s *State) plain {
	p := plain{Servers: append([]*election.Server{}, s.Servers...), Started: s.Started, Up: s.Up,
		Cuts: append([]election.Set{}, s.cuts...), Spent: s.spent,
		Epochs: append([]establishment{}, s.epochs.list[:s.epochs.n]...), Unhurried: s.unhurried}
	for i := range s.notes {
		c := &s.notes[i]
		channel := plainChannel{InFlight: append([]election.Vote{}, c.msgs[:c.n]...)}
		if c.hasLast {
			channel.Last = []election.Vote{c.msgs[0]}
		}
		p.Channels = append(p.Channels, channel)
	}
	for i := range s.links {
		link := plainLink{}
		if l := &s.links[i]; l.status != noLink {
			link = plainLink{l.status, l.leader, append([]election.Packet{}, l.up.list[:l.up.n]...), append([]election.Packet{}, l.down.list[:l.down.n]...)}
		}
		p.Links = append(p.Links, link)
	}
	p.Doubtful = s.commits.doubtful
	p.Commits = append([]election.Txn{}, s.commits.txns[:s.commits.n]...)
	if s.Calm() {
		p.Lap = s.lap
	}
	p.Replies = append([]election.Txn{}, s.replies.txns[:s.replies.n]...)
	p.CommittedBy = append([]uint32{}, s.commits.epochs[:s.commits.n]...)
	if y.Track.Initials {
		p.Initials = append(p.Initials, s.initials...)
	}
	return p
}

// exported lets cmp look into every unexported field.
var exported = cmp.Exporter(func(reflect.Type) bool { return true })

// text is a plain value in bytes, equal for equal values only. It knows nothing of encode.go.
func (p *plain) text() string {
	var b []byte
	eachLeaf(reflect.ValueOf(p).Elem(), "", func(_ string, leaf reflect.Value) {
		switch leaf.Kind() {
		case reflect.Slice:
			b = binary.BigEndian.AppendUint64(b, uint64(leaf.Len()))
		case reflect.Bool:
			b = fmt.Append(b, leaf.Bool())
		default:
			b = binary.BigEndian.AppendUint64(b, leaf.Uint())
		}
	})
	return string(b)
}

// eachLeaf calls f for every number and truth value in v, and for every slice before its elements, so
// that it can be set; unexported fields included. It leaves out what notState names. A field of a kind
// that it does not know is a panic: say here what to do with it.
func eachLeaf(v reflect.Value, path string, f func(path string, leaf reflect.Value)) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			name := path + "." + v.Type().Field(i).Name
			if v.Type().Field(i).Anonymous {
				name = path // as Go writes a promoted field
			}
			if notState[name] == "" {
				field := reflect.NewAt(v.Field(i).Type(), unsafe.Pointer(v.Field(i).UnsafeAddr())).Elem()
				eachLeaf(field, name, f)
			}
		}
	case reflect.Pointer:
		eachLeaf(v.Elem(), path, f)
	case reflect.Slice:
		f(path, v)
		fallthrough
	case reflect.Array:
		for i := range v.Len() {
			eachLeaf(v.Index(i), fmt.Sprintf("%s[%d]", path, i), f)
		}
	case reflect.Bool, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		f(path, v)
	default:
		panic(fmt.Sprintf("field %s: no rule how to perturb a %v", path, v.Type()))
	}
}

// notState are the fields of State that its bytes need not tell, each with the reason.
var notState = map[string]string{
	".In":      "record of the last step",
	".Out":     "record of the last step",
	".Actor":   "record of the last step",
	".cut":     "about the search, not the cluster",
	".took":    "record of the last step",
	".again":   "record of the last step",
	".ahead":   "memory for a look ahead",
	".tried":   "memory for a look ahead",
	".own":     "what Servers points to",
	".met":     "what Servers points to",
	".recall":  "a cursor's memory",
	".changed": "about steps, not the state",
}

// index is a number in a path; where there are two, the outer one comes first.
var index = regexp.MustCompile(`\d+`)

// deadBecause tells why a field that exists in a State means nothing in this one; "" for a live field.
func deadBecause(y *System, s *State, path string) string {
	var at [3]int
	for i, digits := range index.FindAllString(path, -1) {
		at[i], _ = strconv.Atoi(digits)
	}
	outer, inner, field := at[0], at[1], index.ReplaceAllString(path, "")
	is := func(prefix string) bool { return strings.HasPrefix(field, prefix) }
	switch {
	case field == ".Servers[].SID" || field == ".Servers[].pos":
		return "identity of the server, follows from its place"
	case is(".Servers[].disk.zxids") && inner >= s.Servers[outer].OnDisk().Len(), is(".Servers[].disk.values") && inner >= s.Servers[outer].OnDisk().Len(),
		is(".Servers[].log.zxids") && inner >= s.Servers[outer].History().Len(), is(".Servers[].log.values") && inner >= s.Servers[outer].History().Len():
		return "beyond the log's length"
	case is(".Servers[].awaiting"):
		return "known while somebody awaits; election's own test adds that"
	case is(".Servers[].") && !is(".Servers[].Disk.") && !is(".Servers[].disk.") && !s.Up.Has(outer):
		return "a server without a process has only its disk"
	case (is(".Servers[].recvset.votes") || is(".Servers[].outofelection.votes")) && !tablePresent(s.Servers[outer], path).Has(inner):
		return "an entry that is not present is zero; election's own test adds it and its presence"
	case is(".Servers[].lag.inbox") && inner >= s.Servers[outer].Queued():
		return "beyond the queue's length"
	case is(".Servers[].lag.decided") && s.Servers[outer].Stage() != election.Deciding:
		return "nothing is being decided"
	case is(".Servers[].lag.hand") && field != ".Servers[].lag.hand.kind" && !s.Servers[outer].Held():
		return "the receive path holds nothing"
	case is(".notes[].hasLast") && outer/y.n == outer%y.n:
		return "no connection to itself is ever lost"
	case is(".notes") && outer/y.n == outer%y.n && !y.Ensemble.Fine:
		return "a server has no channel to itself"
	case is(".notes[].msgs") && inner >= int(s.notes[outer].n) && (inner > 0 || !s.notes[outer].hasLast):
		return "beyond the channel's length"
	case is(".notes[].hasLast") && s.notes[outer].n > 0:
		return "the last message sent is the tail of what is in flight"
	case is(".links[].") && !is(".links[].status") && s.links[outer].status == noLink:
		return "no link"
	case is(".links[].up.list") && inner >= int(s.links[outer].up.n), is(".links[].down.list") && inner >= int(s.links[outer].down.n):
		return "beyond the link's length"
	case is(".epochs.list") && outer >= int(s.epochs.n):
		return "beyond the history's length"
	case is(".commits.txns") && outer >= int(s.commits.n), is(".commits.epochs") && outer >= int(s.commits.n):
		return "beyond the history's length"
	case is(".lap") && !s.Calm():
		return "the run is not calm yet"
	case is(".replies.txns") && outer >= int(s.replies.n):
		return "beyond the history's length"
	case is(".replies") && !y.Track.Replies:
		return "not tracked"
	case is(".commits") && !y.Track.Commits:
		return "not tracked"
	case is(".epochs") && !y.Track.Epochs, is(".unhurried") && !y.Track.Hurry, is(".initials") && !y.Track.Initials:
		return "not tracked"
	}
	return ""
}

// tablePresent is the presence set of the table that the path names.
func tablePresent(v *election.Server, path string) election.Set {
	table := reflect.ValueOf(v).Elem().FieldByName(strings.Split(path, ".")[2])
	return election.Set(table.FieldByName("present").Uint())
}

// valuesOf is how many values a field has, where that is less than its bits allow; 0 otherwise.
func valuesOf(path string, typ reflect.Type) uint64 {
	switch typ {
	case reflect.TypeFor[election.State](), reflect.TypeFor[election.Phase](), reflect.TypeFor[linkStatus]():
		return 4
	case reflect.TypeFor[election.Stage]():
		return uint64(election.Establishing) + 1
	case reflect.TypeFor[election.PacketKind]():
		return uint64(election.Inform) + 1
	}
	return counters[index.ReplaceAllString(path, "")]
}

var counters = map[string]uint64{".notes[].n": MaxChannel + 1, ".links[].up.n": maxPackets + 1, ".links[].down.n": maxPackets + 1,
	".Servers[].lag.queued": election.MaxInbox + 1, ".Servers[].lag.hand.kind": 5,
	".Servers[].disk.n": election.MaxLog + 1, ".Servers[].disk.snap": election.MaxLog + 1, ".Servers[].log.n": election.MaxLog + 1,
	".Servers[].log.snap": election.MaxLog + 1, ".Servers[].pending": election.MaxLog + 1, ".Servers[].committed": election.MaxLog + 1,
	".replies.n": election.MaxLog + 1, ".commits.n": election.MaxLog + 1,
	".links[].leader": election.MaxServers, ".epochs.n": maxHistory + 1}

// fullState has something everywhere, with all counts at their largest. It is the dirtiest of targets.
func fullState(y *System, seed uint64) *State {
	r := rand.New(rand.NewPCG(seed, 6))
	s := &y.Init()[0]
	eachLeaf(reflect.ValueOf(s).Elem(), "", func(path string, leaf reflect.Value) {
		switch {
		case leaf.Kind() == reflect.Bool:
			leaf.SetBool(r.IntN(2) == 0)
		case leaf.Kind() == reflect.Slice || strings.HasSuffix(path, "].SID") || strings.HasSuffix(path, "].pos"):
		case strings.Contains(path, ".awaiting"): // zero but of those who await: election's own test
		case strings.Contains(path, ".lag.decided"): // no server decides: the last stage is another one
		case strings.HasSuffix(path, ".present"):
			leaf.SetUint(uint64(y.Ensemble.VoterSet()))
		case strings.Contains(path, ".votes") && r.IntN(3) == 0, deadTail(y, path):
		case valuesOf(path, leaf.Type()) > 0:
			leaf.SetUint(valuesOf(path, leaf.Type()) - 1)
		default:
			leaf.SetUint(1 + r.Uint64N(200))
		}
	})
	s.Started, s.Up = 1<<y.n-1, 1<<y.n-1
	for i := range s.notes {
		s.notes[i].hasLast = false
		if i/y.n == i%y.n {
			s.notes[i] = channel{}
		}
	}
	s.Actor, s.cut = 99, 1<<63-1
	s.Out.Facts, s.Out.HaltAfter = make([]election.Fact, 3), 2
	return s
}

// deadTail: the tables of a server are longer than the ensemble has voters.
func deadTail(y *System, path string) bool {
	digits := index.FindAllString(path, -1)
	voter := 0
	if strings.Contains(path, ".votes") {
		voter, _ = strconv.Atoi(digits[1])
	}
	return voter >= y.Ensemble.Voters
}

// checkEqual compares what counts in two states.
func checkEqual(t *testing.T, y *System, what string, want, got *State) {
	t.Helper()
	a, b := plainOf(y, want), plainOf(y, got)
	if !reflect.DeepEqual(a, b) { // hundreds of times faster than cmp, which then explains
		t.Fatalf("%s (-want +got):\n%s", what, cmp.Diff(a, b, exported))
	}
}

func TestDecodeInvertsEncode(t *testing.T) {
	eachSystem(t, func(t *testing.T, y *System) {
		full, dirt := fullState(y, 1), fullState(y, 2)
		var last State
		y.Copy(&last, &y.Init()[0])
		check := func(s *State) {
			b := y.Encode(s, []byte("before"))[len("before"):]
			y.Copy(dirt, full)
			for _, dirty := range []*State{{}, dirt, &last} {
				y.Decode(dirty, b)
				checkEqual(t, y, "Decode(Encode(s))", s, dirty)
				if again := y.Encode(dirty, nil); !bytes.Equal(b, again) {
					t.Fatalf("other bytes when encoded again: %x, then %x", b, again)
				}
				if dirty.Actor != -1 || len(dirty.Out.Facts) > 0 || dirty.Out.HaltAfter != 0 || dirty.cut != 0 {
					t.Fatal("a decoded state remembers a step")
				}
			}
		}
		if s := fullState(y, 3); y.Track == trackAll {
			check(s)
		}
		for seed := range uint64(3) {
			walk(y, seed, 120, func(before *State, _ Action, s *State) {
				check(s)
				y.Copy(&last, before)
			})
		}
	})
}

// TestEqualStatesAreEqualBytes: over many walks, values and bytes are in one-to-one correspondence.
func TestEqualStatesAreEqualBytes(t *testing.T) {
	eachSystem(t, func(t *testing.T, y *System) {
		bytesOf, textOf, again := map[string]string{}, map[string]string{}, 0
		for seed := range uint64(8) {
			walk(y, seed, 30, func(_ *State, a Action, s *State) {
				p := plainOf(y, s)
				text, b := p.text(), string(y.Encode(s, nil))
				if old, known := bytesOf[text]; known && old != b {
					t.Fatalf("after %v: one state, two encodings: %x and %x", a, old, b)
				}
				if old, known := textOf[b]; known {
					again++
					if old != text {
						t.Fatalf("after %v: two states, one encoding %x", a, b)
					}
				}
				bytesOf[text], textOf[b] = b, text
			})
		}
		if again == 0 && y.n < 5 {
			t.Error("no state was met twice: the test is vacuous")
		}
	})
}

// TestCopySharesNothing: a copy has the same bytes, and what then happens to it leaves the original
// alone.
func TestCopySharesNothing(t *testing.T) {
	eachSystem(t, func(t *testing.T, y *System) {
		dirty := fullState(y, 3)
		r := rand.New(rand.NewPCG(7, 7))
		walk(y, 3, 150, func(_ *State, _ Action, s *State) {
			want := y.Encode(s, nil)
			y.Copy(dirty, s)
			checkEqual(t, y, "Copy", s, dirty)
			if got := y.Encode(dirty, nil); !bytes.Equal(got, want) {
				t.Fatalf("a copy has other bytes: %x, then %x", want, got)
			}
			for range 5 {
				if actions := y.Actions(dirty, nil); len(actions) > 0 {
					y.Apply(dirty, actions[r.IntN(len(actions))])
				}
			}
			if got := y.Encode(s, nil); !bytes.Equal(got, want) {
				t.Fatalf("steps of a copy changed the original: %x, then %x", want, got)
			}
		})
		original := fullState(y, 4)
		want := y.Encode(original, nil)
		y.Copy(dirty, original)
		eachLeaf(reflect.ValueOf(dirty).Elem(), "", func(_ string, leaf reflect.Value) {
			if leaf.Kind() != reflect.Slice {
				leaf.SetZero()
			}
		})
		if !bytes.Equal(y.Encode(original, nil), want) {
			t.Fatal("a cleared copy changed the original")
		}
	})
}

// perturb sets a leaf to the next value, or to one that differs in a high bit.
func perturb(path string, leaf reflect.Value, high bool) {
	values := valuesOf(path, leaf.Type())
	switch {
	case leaf.Kind() == reflect.Bool:
		leaf.SetBool(!leaf.Bool())
	case values > 0:
		leaf.SetUint((leaf.Uint() + 1) % values)
	case high:
		leaf.SetUint(leaf.Uint() ^ 1<<(leaf.Type().Bits()-2))
	default:
		leaf.SetUint((leaf.Uint() + 1) & (1<<leaf.Type().Bits() - 1))
	}
}

// checkFields perturbs every live field of a state, one at a time, and wants other bytes.
func checkFields(t *testing.T, y *System, name string, s *State) (leaves int) {
	var want, got []byte
	want = y.Encode(s, nil)
	eachLeaf(reflect.ValueOf(s).Elem(), "", func(path string, leaf reflect.Value) {
		if leaf.Kind() == reflect.Slice {
			if leaf.Len() == 0 {
				t.Errorf("%s: slice %s is empty, so its elements are not tested", name, path)
			}
			return
		}
		if deadBecause(y, s, path) != "" {
			return
		}
		old := reflect.New(leaf.Type()).Elem()
		old.Set(leaf)
		for _, high := range []bool{false, true} {
			perturb(path, leaf, high)
			got = y.Encode(s, got[:0])
			leaf.Set(old)
			if bytes.Equal(got, want) {
				t.Errorf("%s: field %s does not show in the bytes; encode it, or say in notState or deadBecause why not", name, path)
			}
		}
		leaves++
	})
	return leaves
}

// TestEveryFieldOfStateIsEncoded: in a state that is full, in one that is empty and in some on the way,
// whatever live field changes, the bytes change.
func TestEveryFieldOfStateIsEncoded(t *testing.T) {
	big := mustSystem(t, append(voters(election.MaxVoters), election.Member{SID: 77, Observer: true}),
		Config{Limits: faulty(MaxChannel), Track: trackAll})
	leaves := checkFields(t, big, "full", fullState(big, 5))
	leaves += checkFields(t, big, "empty", &big.Init()[0])
	fine := mustSystem(t, voters(3), Config{Limits: faulty(2), Track: trackAll})
	fine.Ensemble.Fine = true
	leaves += checkFields(t, fine, "fine", fullState(fine, 6))
	small := mustSystem(t, append(voters(3), election.Member{SID: 77, Observer: true}), Config{Limits: faulty(2), Track: trackAll})
	untracked := mustSystem(t, voters(3), Config{Limits: faulty(2)})
	for _, y := range []*System{small, untracked, fine} {
		steps := 0
		walk(y, 8, 150, func(_ *State, a Action, s *State) {
			if steps++; steps%15 == 0 {
				leaves += checkFields(t, y, fmt.Sprintf("after %v, step %d", a, steps), s)
			}
		})
	}
	t.Logf("%d fields perturbed", leaves)
}
