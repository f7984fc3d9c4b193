package election

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unsafe"

	"github.com/google/go-cmp/cmp"
)

// exported lets cmp look into every unexported field.
var exported = cmp.Exporter(func(reflect.Type) bool { return true })

// soup is servers and what is in flight between them, delivered in any order: less than the real
// transition system of package cluster, but enough to bring servers into many states.
type soup struct {
	name    string
	e       *Ensemble
	disks   []Disk
	codec   *Codec
	servers []Server
	up      Set
	notes   map[[2]int][]Vote // by sender and receiver
	packets map[[2]int][]Packet
	halfway int // fine grain: counts steps, to catch some halfway
	// beforeStep, if set, sees every input; what it returns sees the outputs.
	beforeStep func(*Server, *Input) func(*Outputs)
}

// soups are ensembles of 1 to 7 voters, odd and even, with observers and weights, on mixed disks.
func soups(t testing.TB) []*soup {
	grouped := func(weights ...uint8) []Member {
		members := simple(len(weights))
		for i, w := range weights {
			members[i].Weight, members[i].Group = w, uint8(i%2+1)
		}
		return members
	}
	var all []*soup
	for name, members := range map[string][]Member{
		"1 voter": simple(1), "2 voters": {{SID: 0}, {SID: 254}}, "3 voters": simple(3), "4 voters": simple(4),
		"7 voters": simple(7), "3 voters, 2 observers": append(simple(3), Member{SID: 0, Observer: true}, Member{SID: 200, Observer: true}),
		"weights":      grouped(1, 2, 1, 0, 3),
		"one is heavy": {{SID: 1, Weight: 5, Group: 1}, {SID: 2, Weight: 1, Group: 1}, {SID: 3, Weight: 1, Group: 1}},
	} {
		s := &soup{name: name, e: mustEnsemble(t, members)}
		kinds := []Disk{{}, {Zxid: 8, AcceptedEpoch: 1, CurrentEpoch: 1}, {Zxid: NewZxid(1, 7), AcceptedEpoch: 2, CurrentEpoch: 1}, {AcceptedEpoch: 3}}
		for i := range members {
			s.disks = append(s.disks, kinds[i%len(kinds)])
		}
		s.codec = NewCodec(s.e, s.disks)
		fine := *s
		fine.e = mustEnsemble(t, members)
		fine.e.Fine, fine.name = true, name+", fine"
		fine.codec = NewCodec(fine.e, fine.disks)
		all = append(all, s, &fine)
	}
	return all
}

// run makes a random run of so many steps, and calls visit after each.
func (w *soup) run(r *rand.Rand, steps int, visit func()) {
	n := len(w.e.Members)
	w.up, w.notes, w.packets, w.servers = 0, map[[2]int][]Vote{}, map[[2]int][]Packet{}, nil
	logs := Histories(w.disks)
	for i, d := range w.disks {
		w.servers = append(w.servers, NewServer(w.e, i, d))
		w.servers[i].SetHistory(&logs[i])
	}
	for range steps {
		pos, from := r.IntN(n), r.IntN(n)
		s, way := &w.servers[pos], [2]int{from, pos}
		switch dice := r.IntN(40); {
		case !w.up.Has(pos):
			if Recovers(s.Disk) && dice < 10 {
				w.up = w.up.With(pos)
				w.step(pos, Input{Kind: Start})
			}
		case w.e.Fine && w.stepFine(r, pos):
		case dice == 0:
			w.up = w.up.Without(pos)
			s.Crash()
			w.hangUp(pos)
		case dice == 1 && s.State != Looking:
			w.step(pos, Input{Kind: GiveUp})
		case dice < 5 && s.State == Looking && !s.Waiting:
			w.step(pos, Input{Kind: Timeout})
		case dice < 10 && s.Waiting && s.Queued() == 0:
			w.step(pos, Input{Kind: Decide})
		case dice < 15 && s.State == Leading && !s.Offered:
			w.step(pos, Input{Kind: Offer})
		case dice < 30 && len(w.notes[way]) > 0 && !s.Held() && s.Queued() < MaxInbox:
			v := w.notes[way][0]
			w.notes[way] = w.notes[way][1:]
			w.step(pos, Input{Kind: Notification, From: uint8(from), Vote: v})
		case len(w.packets[way]) > 0:
			p := w.packets[way][0]
			w.packets[way] = w.packets[way][1:]
			up := p.Kind == FollowerInfo || p.Kind == AckEpoch || p.Kind == Ack
			if up == (s.State == Leading) && s.State != Looking && s.log.n < MaxLog {
				w.step(pos, Input{Kind: PacketIn, From: uint8(from), Packet: p, Snapshot: w.servers[from].History()})
			}
		case s.Unflushed():
			w.step(pos, Input{Kind: Flush})
		case s.State == Leading && s.Phase == Broadcast && s.Outstanding() < MaxOutstanding && s.log.n < MaxLog:
			w.step(pos, Input{Kind: Write, Value: uint8(dice)})
		}
		visit()
	}
}

// stepFine lets a thread of a server go on that others have left behind, more often than not, and tells
// whether it did. What is caught halfway always goes on here: other inputs are for whole servers.
func (w *soup) stepFine(r *rand.Rand, pos int) bool {
	s := &w.servers[pos]
	switch dice := r.IntN(8); {
	case s.Held() && dice < 2:
		w.step(pos, Input{Kind: Answer})
	case s.Stage() != Whole:
		w.step(pos, Input{Kind: Resume})
	case s.State == Looking && s.Queued() > 0 && dice < 6:
		w.step(pos, Input{Kind: Handle, Halfway: dice < 3})
	default:
		return false
	}
	return true
}

func (w *soup) step(pos int, in Input) {
	out, after := &Outputs{}, func(*Outputs) {}
	out.Reset()
	s := &w.servers[pos]
	if w.e.Fine && in.Kind != Handle && w.codec != nil {
		in.Halfway = (w.halfway+pos)%3 == 0 && s.Divides(w.e, &in)
		w.halfway++
	}
	if w.beforeStep != nil {
		after = w.beforeStep(s, &in)
	}
	s.Step(w.e, &in, out)
	after(out)
	if out.HangUp || out.Close != 0 {
		w.hangUp(pos)
	}
	for _, n := range out.Notes {
		way := [2]int{pos, int(n.To)}
		w.notes[way] = append(w.notes[way], n.Vote)
	}
	for _, p := range out.Packets {
		way := [2]int{pos, int(p.To)}
		w.packets[way] = append(w.packets[way], p.Packet)
	}
}

// hangUp loses the packets from and to a position, and leaders notice.
func (w *soup) hangUp(pos int) {
	for i := range w.servers {
		w.packets[[2]int{pos, i}], w.packets[[2]int{i, pos}] = nil, nil
		if s := &w.servers[i]; i != pos && s.State == Leading {
			s.Step(w.e, &Input{Kind: Disconnected, From: uint8(pos)}, &Outputs{})
		}
	}
}

// checkRoundTrip reads what was appended into a dirty server, with bytes of others around it.
func checkRoundTrip(t *testing.T, c *Codec, s *Server, dirt Server) []byte {
	t.Helper()
	before := []byte("before")
	b := c.Append(before, s)[len(before):]
	rest := c.Read(append(bytes.Clone(b), "rest"...), &dirt, s.Position())
	if string(rest) != "rest" {
		t.Fatalf("%q is left, want the rest; server %+v", rest, *s)
	}
	if dirt != *s {
		t.Fatalf("Read(Append(s)) differs from s (-s +read):\n%s", cmp.Diff(*s, dirt, exported))
	}
	if again := c.Append(nil, &dirt); !bytes.Equal(b, again) {
		t.Fatalf("other bytes when encoded again: %x, then %x", b, again)
	}
	return b
}

// TestCodecOnRuns: decode inverts encode, and equal servers are equal bytes, over all states of many
// random runs.
func TestCodecOnRuns(t *testing.T) {
	for _, w := range soups(t) {
		t.Run(w.name, func(t *testing.T) {
			bytesOf, serverOf, again := map[Server]string{}, map[string]Server{}, 0
			for seed := range uint64(6) {
				r := rand.New(rand.NewPCG(seed, 2))
				w.run(r, 400, func() {
					s := w.servers[r.IntN(len(w.servers))]
					dirt := w.servers[r.IntN(len(w.servers))]
					b := fmt.Sprint(s.pos) + string(checkRoundTrip(t, w.codec, &s, dirt))
					if old, known := bytesOf[s]; known && old != b {
						t.Fatalf("one server, two encodings: %x and %x", old, b)
					}
					old, known := serverOf[b]
					if known && old != s {
						t.Fatalf("two servers, one encoding:\n%s", cmp.Diff(old, s, exported))
					}
					if known {
						again++
					}
					bytesOf[s], serverOf[b] = b, s
				})
			}
			if again == 0 {
				t.Error("no server was met twice: the test is vacuous")
			}
		})
	}
}

// TestCodecOnAnyValue: the same for values that no run may reach, but a rule of a mutant might.
func TestCodecOnAnyValue(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	dirt := Server{}
	for _, w := range soups(t) {
		for range 300 {
			pos := r.IntN(len(w.disks))
			s := anyServer(r, w.e, pos, w.disks)
			checkRoundTrip(t, w.codec, &s, dirt)
			dirt = s
		}
	}
}

// anyServer fills every field with some value that it can have: small ones mostly, for ties and zeros.
func anyServer(r *rand.Rand, e *Ensemble, pos int, disks []Disk) Server {
	s := NewServer(e, pos, Disk{})
	zeros := r.IntN(4)
	eachLeaf(reflect.ValueOf(&s).Elem(), "", func(path string, leaf reflect.Value) {
		switch {
		case exemptField(path) != "" || r.IntN(4) < zeros:
		case leaf.Kind() == reflect.Bool:
			leaf.SetBool(r.IntN(2) == 0)
		default:
			u := uint64(r.IntN(3))
			if r.IntN(4) == 0 {
				u = r.Uint64() >> 2 // an epoch is less than 1<<31
			}
			if values, small := smallTypes[leaf.Type()]; small {
				u %= values
			}
			if leaf.Kind() == reflect.Uint32 {
				u &= MaxEpoch
			}
			leaf.SetUint(u & (1<<leaf.Type().Bits() - 1))
		}
	})
	for _, t := range []*table{&s.recvset, &s.outofelection} {
		t.present &= e.VoterSet()
		for i := range t.votes {
			if !t.present.Has(i) {
				t.votes[i] = Vote{}
			} else if d := disks[i]; r.IntN(2) == 0 {
				t.votes[i].Candidate = Candidate{Leader: e.Members[i].SID, Zxid: d.Zxid, PeerEpoch: d.CurrentEpoch}
			}
		}
	}
	l := &s.lag
	for i := range l.inbox[l.queued:] {
		l.inbox[int(l.queued)+i] = mail{}
	}
	for _, l := range []*Log{&s.disk, &s.log} {
		clear(l.zxids[l.n:])
		clear(l.values[l.n:])
	}
	for i := range s.awaiting {
		if !s.awaitSync.Has(i) || i >= len(e.Members) {
			s.awaiting[i] = 0
		}
	}
	if l.stage != Deciding {
		l.decided = Vote{}
	}
	if l.hand.kind == noErrand {
		l.hand = errand{}
	}
	return s
}

// exemptions are the fields of a server that its bytes need not tell, each with the reason.
var exemptions = []struct {
	path   *regexp.Regexp
	reason string
}{
	{regexp.MustCompile(`^\.SID$`), "identity: follows from the position, which the reader gives"},
	{regexp.MustCompile(`^\.pos$`), "identity: the reader gives it"},
}

func exemptField(path string) string {
	for _, e := range exemptions {
		if e.path.MatchString(path) {
			return e.reason
		}
	}
	return ""
}

// smallTypes have fewer values than their bits allow.
var smallTypes = map[reflect.Type]uint64{reflect.TypeFor[State](): 4, reflect.TypeFor[Phase](): 4,
	reflect.TypeFor[Stage](): uint64(stages), reflect.TypeFor[errandKind](): uint64(errands), reflect.TypeFor[queueLen](): MaxInbox + 1,
	reflect.TypeFor[logLen](): MaxLog + 1}

// eachLeaf calls f for every number and truth value in v, unexported fields included, so that it can
// be set. A field of a kind that it does not know is a panic: say here what to do with it.
func eachLeaf(v reflect.Value, path string, f func(path string, leaf reflect.Value)) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			field, name := v.Field(i), path+"."+v.Type().Field(i).Name
			if v.Type().Field(i).Anonymous {
				name = path // as Go writes a promoted field
			}
			eachLeaf(reflect.NewAt(field.Type(), unsafe.Pointer(field.UnsafeAddr())).Elem(), name, f)
		}
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

// perturbations are other values for a leaf: the next one, and one that differs in a high bit.
func perturbations(leaf reflect.Value) []func() {
	if leaf.Kind() == reflect.Bool {
		return []func(){func() { leaf.SetBool(!leaf.Bool()) }}
	}
	u, all := leaf.Uint(), uint64(1)<<leaf.Type().Bits()-1
	if values, small := smallTypes[leaf.Type()]; small {
		return []func(){func() { leaf.SetUint((u + 1) % values) }, func() { leaf.SetUint((u + 2) % values) }}
	}
	return []func(){func() { leaf.SetUint((u + 1) & all) }, func() { leaf.SetUint(u ^ 1<<(leaf.Type().Bits()-2)) }}
}

// TestEveryFieldOfServerIsEncoded: whatever field changes, the bytes change. An entry of a table counts
// only where it is present, so its presence is set before it is perturbed.
func TestEveryFieldOfServerIsEncoded(t *testing.T) {
	e := mustEnsemble(t, simple(MaxVoters))
	disks := make([]Disk, MaxVoters)
	disks[1] = Disk{Zxid: 5, AcceptedEpoch: 2, CurrentEpoch: 1}
	c := NewCodec(e, disks)
	bases := map[string]Server{"never started": NewServer(e, 1, disks[1])}
	started := bases["never started"]
	started.Step(e, &Input{Kind: Start}, &Outputs{})
	bases["started"] = started
	for seed := range uint64(8) {
		bases[fmt.Sprint("any ", seed)] = anyServer(rand.New(rand.NewPCG(seed, 4)), e, 1, disks)
	}
	entry := regexp.MustCompile(`^\.(recvset|outofelection)\.votes\[(\d+)\]`)
	queued := regexp.MustCompile(`^\.lag\.inbox\[(\d+)\]`)
	slot := regexp.MustCompile(`^\.(disk|log)\.(?:zxids|values)\[(\d+)\]`)
	waiting := regexp.MustCompile(`^\.awaiting\[(\d+)\]`)
	for name, base := range bases {
		s := base
		eachLeaf(reflect.ValueOf(&s).Elem(), "", func(path string, leaf reflect.Value) {
			if exemptField(path) != "" {
				return
			}
			if m := entry.FindStringSubmatch(path); m != nil {
				t := map[string]*table{"recvset": &s.recvset, "outofelection": &s.outofelection}[m[1]]
				t.present = t.present.With(int(m[2][0] - '0'))
			}
			if m := slot.FindStringSubmatch(path); m != nil {
				at, _ := strconv.Atoi(m[2])
				l := map[string]*Log{"disk": &s.disk, "log": &s.log}[m[1]]
				l.n = max(l.n, logLen(at+1))
			}
			if m := waiting.FindStringSubmatch(path); m != nil {
				at, _ := strconv.Atoi(m[1])
				if at >= len(e.Members) {
					return
				}
				s.awaitSync = s.awaitSync.With(at)
			}
			switch m := queued.FindStringSubmatch(path); {
			case m != nil:
				at, _ := strconv.Atoi(m[1])
				s.lag.queued = max(s.lag.queued, queueLen(at+1))
			case strings.HasPrefix(path, ".lag.decided"):
				s.lag.stage = Deciding
			case strings.HasPrefix(path, ".lag.hand") && s.lag.hand.kind == noErrand:
				s.lag.hand.kind = toAsker
			}
			with, want := s, c.Append(nil, &s)
			for i, perturb := range perturbations(leaf) {
				perturb()
				if got := c.Append(nil, &s); bytes.Equal(got, want) {
					t.Errorf("%s: field %s does not show in the bytes (perturbation %d); encode it or name it in exemptions", name, path, i)
				}
				s = with
			}
			s = base
		})
	}
}
