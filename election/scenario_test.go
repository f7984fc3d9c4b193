package election

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
)

// TestScenarios plays one server against scripted peers. The commands of testdata/*.txt:
//
//	ensemble 0 1:group1*2 2:observer     the configuration: voters, with group and weight, observers
//	    [fine] [last-counter=3]          in the fine grain; leaders step down at that counter
//	server SID:EPOCH[/ACCEPTED],ZXID     the server under test, not started
//	    [log=1.1,1.2=7 [snapshot=1]]     its log, on show from then on; how much of it came in a snapshot
//	follows 1 epoch=6                    start it, let it decide for a leader and promise that one's epoch
//	serves 1 2                           start it, let these elect it and be in sync with it
//	play                                 one step per line, each of:
//	  start | timeout | decide | offer | giveup | crash | disconnected SID | write VALUE | flush | handle
//	  notification from=0 STATE LEADER:EPOCH,ZXID round 1 [version 0]
//	  packet from=0 KIND epoch=6 [current=0] [zxid=0] [value=7] [count=2] [snapshot=1.1,1.2=7]
//	                                     FOLLOWERINFO's epoch is acceptedEpoch
//	  vote LEADER:EPOCH,ZXID round 101   replaces the stored vote, as tests of ZooKeeper do
//	tables                               recvset and outofelection
//	predicate NEW CURRENT                does the new candidate beat the current one?
//	tracker self=3 round=1               a table of votes, then "probe:": who equals it, checkLeader
//	quorum 1 2                           are these a quorum?
//	enough 1 2                           are these enough for the server, as a leader?
//	plan logged=1 committed=2,3 last=3 peer=2   how a leader brings a learner to its history
//
// A step is a command too. It prints the server, what it sent, and what it decided or did. Transactions are
// written ZXID, or ZXID=VALUE for a write of the run; in a log a bar ends what came in a snapshot.
func TestScenarios(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenarios in testdata: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			b := &bench{}
			datadriven.RunTest(t, file, func(t *testing.T, d *datadriven.TestData) string {
				out, err := b.command(d)
				if err != nil {
					d.Fatalf(t, "%v", err)
				}
				return out
			})
		})
	}
}

// bench is the server under test and its surroundings.
type bench struct {
	e    *Ensemble
	s    Server
	logs bool // are on show
}

func (b *bench) command(d *datadriven.TestData) (string, error) {
	words := strings.Fields(d.FullCmd())
	switch d.Cmd {
	case "ensemble":
		return "", b.ensemble(words[1:])
	case "server":
		return "", errors.Join(b.server(words[1]), b.history(words[2:]))
	case "follows":
		return b.follows(words[1], words[2])
	case "serves":
		return b.serves(words[1:])
	case "plan":
		return plan(words[1:])
	case "play":
		return b.play(d.Input)
	case "tables":
		return b.table("recvset", &b.s.recvset) + b.table("outofelection", &b.s.outofelection), nil
	case "predicate":
		fresh, err1 := parseCandidate(words[1])
		current, err2 := parseCandidate(words[2])
		return fmt.Sprint(Beats(b.e, fresh, current)), errors.Join(err1, err2)
	case "tracker":
		return b.tracker(words[1:], d.Input)
	case "quorum":
		set, err := b.positions(words[1:])
		return fmt.Sprint(b.e.IsQuorum(set)), err
	case "enough":
		set, err := b.positions(words[1:])
		l := b.s
		l.heard, l.acked, l.newAcked = set, set, set
		return fmt.Sprintf("to fix the epoch: %v, to establish it: %v, to serve: %v", epochReady(&l, b.e),
			epochAcked(&l, b.e), synced(&l, b.e)), err
	}
	return b.step(words)
}

func (b *bench) play(input string) (string, error) {
	all := ""
	for _, line := range strings.Split(input, "\n") {
		out, err := b.step(strings.Fields(line))
		if err != nil {
			return "", err
		}
		all += line + "\n  " + strings.ReplaceAll(strings.TrimSuffix(out, "\n"), "\n", "\n  ") + "\n"
	}
	return all, nil
}

func (b *bench) ensemble(words []string) (err error) {
	var members []Member
	fine, last := false, uint32(1<<32-1)
	for _, word := range words {
		if counter, ok := strings.CutPrefix(word, "last-counter="); ok {
			if last, err = ParseEpoch(counter); err != nil {
				return err
			}
			continue
		}
		if fine = fine || word == "fine"; word == "fine" {
			continue
		}
		sid, role, _ := strings.Cut(word, ":")
		m := Member{Observer: role == "observer"}
		if m.SID, err = parseSID(sid); err != nil {
			return err
		}
		if strings.HasPrefix(role, "group") {
			if _, err = fmt.Sscanf(role, "group%d*%d", &m.Group, &m.Weight); err != nil {
				return fmt.Errorf("%q: %w", word, err)
			}
		}
		members = append(members, m)
	}
	if b.e, err = NewEnsemble(members); err == nil {
		b.e.Fine, b.e.LastCounter = fine, last
	}
	return err
}

func parseSID(word string) (SID, error) {
	n, err := strconv.ParseUint(word, 10, 8)
	return SID(n), err
}

// positions of SIDs; strangers have none and are left out, as QuorumVerifier ignores their acks.
func (b *bench) positions(words []string) (Set, error) {
	var set Set
	for _, word := range words {
		sid, err := parseSID(word)
		if err != nil {
			return 0, err
		}
		if pos, member := b.e.Position(sid); member {
			set = set.With(pos)
		}
	}
	return set, nil
}

func (b *bench) server(word string) error {
	accepted := ""
	if head, rest, promised := strings.Cut(word, "/"); promised {
		a, zxid, _ := strings.Cut(rest, ",")
		accepted, word = a, head+","+zxid
	}
	c, err := parseCandidate(word)
	pos, member := b.e.Position(c.Leader)
	if err != nil || !member {
		return fmt.Errorf("server %q is not one of the ensemble: %v", word, err)
	}
	d := Disk{Zxid: c.Zxid, CurrentEpoch: c.PeerEpoch, AcceptedEpoch: c.PeerEpoch}
	if accepted != "" {
		d.AcceptedEpoch, err = ParseEpoch(accepted)
	}
	b.s = NewServer(b.e, pos, d)
	return err
}

func parseCandidate(word string) (c Candidate, err error) {
	leader, rest, _ := strings.Cut(word, ":")
	epoch, zxid, ok := strings.Cut(rest, ",")
	if !ok {
		return c, fmt.Errorf("candidate %q is not LEADER:EPOCH,ZXID", word)
	}
	if c.Leader = NoServer; leader != NoServer.String() {
		if c.Leader, err = parseSID(leader); err != nil {
			return c, err
		}
	}
	if c.PeerEpoch, err = ParseEpoch(epoch); err == nil {
		c.Zxid, err = parseZxid(zxid)
	}
	return c, err
}

// parseVote reads STATE LEADER:EPOCH,ZXID round N [version N]; the version is today's if it is not named.
func parseVote(words []string) (v Vote, err error) {
	if len(words) == 4 {
		words = append(slices.Clone(words), "version", strconv.Itoa(WireVersion))
	}
	states := []string{"LOOKING", "FOLLOWING", "LEADING", "OBSERVING"}
	if len(words) != 6 || !slices.Contains(states, words[0]) || words[2] != "round" || words[4] != "version" {
		return v, fmt.Errorf("vote %q is not STATE LEADER:EPOCH,ZXID round N [version N]", words)
	}
	v.State = State(slices.Index(states, words[0]))
	if v.Candidate, err = parseCandidate(words[1]); err != nil {
		return v, err
	}
	_, err = fmt.Sscan(words[3]+" "+words[5], &v.Round, &v.Version)
	return v, err
}

// parseZxid knows the zxid -1 too, of a server that does not want to be counted.
func parseZxid(word string) (Zxid, error) {
	if word == "-1" {
		return NoZxid, nil
	}
	return ParseZxid(word)
}

// options reads words that are KEY=VALUE.
func options(words []string) (o map[string]Zxid, err error) {
	o = map[string]Zxid{}
	for _, word := range words {
		key, value, _ := strings.Cut(word, "=")
		if o[key], err = parseZxid(value); err != nil {
			return nil, fmt.Errorf("%q: %w", word, err)
		}
	}
	return o, nil
}

func (b *bench) input(words []string) (Input, error) {
	plain := map[string]InputKind{"start": Start, "timeout": Timeout, "decide": Decide, "offer": Offer, "giveup": GiveUp,
		"flush": Flush, "handle": Handle}
	if kind, ok := plain[words[0]]; ok && len(words) == 1 {
		return Input{Kind: kind}, nil
	}
	if len(words) < 2 {
		return Input{}, fmt.Errorf("unknown step %q", words)
	}
	if words[0] == "write" {
		value, err := strconv.ParseUint(words[1], 10, 8)
		return Input{Kind: Write, Value: uint8(value)}, err
	}
	from, err := b.positions([]string{strings.TrimPrefix(words[1], "from=")})
	if err != nil || from == 0 {
		return Input{}, fmt.Errorf("step %q: who sends it? %v", words, err)
	}
	in := Input{}
	for !from.Has(int(in.From)) {
		in.From++
	}
	switch words[0] {
	case "disconnected":
		in.Kind = Disconnected
	case "notification":
		in.Kind = Notification
		in.Vote, err = parseVote(words[2:])
	case "packet":
		in.Kind = PacketIn
		in.Packet, in.Snapshot, err = parsePacket(words[2:])
	default:
		err = fmt.Errorf("unknown step %q", words)
	}
	return in, err
}

func (b *bench) tracker(words []string, input string) (string, error) {
	var t table
	var probe Vote
	for _, line := range strings.Split(input, "\n") {
		who, rest, _ := strings.Cut(line, ":")
		v, err := parseVote(strings.Fields(rest))
		if err != nil {
			return "", err
		}
		if who == "probe" {
			probe = v
			continue
		}
		sid, err := parseSID(who)
		pos, member := b.e.Position(sid)
		if err != nil || !member {
			return "", fmt.Errorf("%q is not a member", who)
		}
		t.put(pos, v)
	}
	o, err := options(words)
	var s Server
	s.SID, s.Round = SID(o["self"]), uint64(o["round"])
	equal := s.tally(b.e, &t, probe)
	leader, _ := b.e.Position(probe.Leader)
	return fmt.Sprintf("equal %s, quorum %v, leader checked %v", b.set(equal), b.e.IsQuorum(equal),
		CheckLeader(&s, &t.votes, t.present, probe.Leader, leader, probe.Round)), err
}

func (b *bench) step(words []string) (string, error) {
	var out Outputs
	out.Reset()
	switch words[0] {
	case "crash":
		b.s.Crash()
		return "down, disk " + b.s.Disk.String() + strings.Replace(b.log(), "\n", ", ", 1), nil
	case "vote":
		v, err := parseVote(append([]string{"LOOKING"}, words[1:]...))
		b.s.Vote = Vote{Candidate: v.Candidate, Round: v.Round}
		return b.line(), err
	}
	in, err := b.input(words)
	if err != nil {
		return "", err
	}
	b.s.Step(b.e, &in, &out)
	return b.line() + "\n" + b.sent(&out) + b.done(&out), nil
}

// line is the server in one line: only what is alive in its state.
func (b *bench) line() string {
	s := &b.s
	line := fmt.Sprintf("%v %v, vote %v round %d", s.State, s.Phase, s.Vote.Candidate, s.Vote.Round)
	if s.State == Looking {
		line = fmt.Sprintf("LOOKING round %d, proposal %v, tally %s", s.Round, s.Proposal, b.set(s.Tally(b.e)))
		if s.Waiting {
			line += ", waits"
		}
	}
	if s.candidate != 0 {
		line += fmt.Sprintf(", candidate epoch %d", s.candidate)
	}
	if s.Epoch != 0 {
		line += fmt.Sprintf(", epoch %d", s.Epoch)
	}
	for i, set := range [...]Set{s.heard, s.acked, s.newAcked, s.inSync} {
		if set != 0 {
			line += [...]string{", heard ", ", epoch acked by ", ", NEWLEADER acked by ", ", in sync "}[i] + b.set(set)
		}
	}
	return line + ", disk " + s.Disk.String() + b.log()
}

func (b *bench) set(members Set) string {
	var sids []string
	for i, m := range b.e.Members {
		if members.Has(i) {
			sids = append(sids, m.SID.String())
		}
	}
	return "{" + strings.Join(sids, ",") + "}"
}

func (b *bench) table(name string, t *table) string {
	out := name + ":\n"
	for i, m := range b.e.Members[:b.e.Voters] {
		if t.present.Has(i) {
			out += fmt.Sprintf("  %v: %v version %d\n", m.SID, t.votes[i], t.votes[i].Version)
		}
	}
	return out
}

// facts say epoch, peer, and a number or a set of members.
var facts = [...]string{
	Heard:       "hears acceptedEpoch %[1]d of %[2]v",
	EpochFixed:  "fixes epoch %[1]d, above %[3]d",
	AckCounted:  "counts ACKEPOCH of %[2]v",
	Established: "establishes epoch %[1]d by %[4]s",
	Serving:     "serves epoch %[1]d by %[4]s",
	Synced:      "is synchronised with %[2]v",
	Ahead:       "refuses %[2]v, which is ahead",
	GaveUp:      "gives up epoch %[1]d",
	Proposed:    "proposes %[5]v",
	Committed:   "commits %[5]v",
	Replied:     "tells the client of %[5]v",
	RolledOver:  "has no counter left in epoch %[1]d",
}

// done is what was decided and the facts of the step.
func (b *bench) done(out *Outputs) string {
	text := ""
	if d := &out.Decision; out.Decided {
		text += fmt.Sprintf("decides from %v by %s, in its round %d\n", d.From, b.set(d.Counted), d.Round)
	}
	for _, f := range out.Facts {
		text += fmt.Sprintf(facts[f.Kind], f.Epoch, b.e.Members[f.Peer].SID, f.Max, b.set(Set(f.Max)), f.Txn) + "\n"
	}
	if out.Writes > 0 {
		text += fmt.Sprintf("writes: %d\n", out.Writes)
	}
	return text
}
