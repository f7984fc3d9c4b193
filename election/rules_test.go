package election

import (
	"math/rand/v2"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// mustEnsemble fails the test on members that are no ensemble.
func mustEnsemble(t testing.TB, members []Member) *Ensemble {
	t.Helper()
	e, err := NewEnsemble(members)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// simple is n voters with SIDs 1..n.
func simple(n int) []Member {
	var members []Member
	for i := range n {
		members = append(members, Member{SID: SID(i + 1)})
	}
	return members
}

// anyWeighted draws a hierarchical ensemble; some voters weigh nothing, but not all.
func anyWeighted(t *rapid.T) *Ensemble {
	n := rapid.IntRange(1, MaxVoters).Draw(t, "voters")
	members := simple(n)
	for i := range members {
		members[i].Group = uint8(rapid.IntRange(1, 3).Draw(t, "group"))
		members[i].Weight = uint8(rapid.IntRange(0, 3).Draw(t, "weight"))
	}
	members[rapid.IntRange(0, n-1).Draw(t, "heavy")].Weight = 1
	e, err := NewEnsemble(members)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// anyCandidate draws from few values, so that ties in all but the last field are frequent.
func anyCandidate(leaders []SID) *rapid.Generator[Candidate] {
	return rapid.Custom(func(t *rapid.T) Candidate {
		return Candidate{
			Zxid:      rapid.SampledFrom([]Zxid{0, 1, NewZxid(1, 0), NewZxid(1, 1), NoZxid}).Draw(t, "zxid"),
			PeerEpoch: rapid.Uint32Range(0, 2).Draw(t, "epoch"),
			Leader:    rapid.SampledFrom(leaders).Draw(t, "leader"),
		}
	})
}

func TestBeatsIsStrictTotalOrderOfWeightedCandidates(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := anyWeighted(t)
		var leaders []SID
		for _, m := range e.Members {
			if m.Weight > 0 {
				leaders = append(leaders, m.SID)
			}
		}
		draw := anyCandidate(leaders)
		a, b, c := draw.Draw(t, "a"), draw.Draw(t, "b"), draw.Draw(t, "c")
		switch {
		case Beats(e, a, a):
			t.Fatalf("%v beats itself", a)
		case Beats(e, a, b) && Beats(e, b, a):
			t.Fatalf("%v and %v beat each other", a, b)
		case a != b && !Beats(e, a, b) && !Beats(e, b, a):
			t.Fatalf("neither of %v and %v beats the other", a, b)
		case Beats(e, a, b) && Beats(e, b, c) && !Beats(e, a, c):
			t.Fatalf("%v beats %v beats %v, but the first does not beat the last", a, b, c)
		}
		nobody := Candidate{Leader: NoServer}
		if !Beats(e, a, nobody) || Beats(e, nobody, a) || Beats(e, nobody, nobody) {
			t.Fatalf("%v and nobody: only the first beats the second", a)
		}
		for _, m := range e.Members {
			light := Candidate{Zxid: a.Zxid + 1, PeerEpoch: a.PeerEpoch + 1, Leader: m.SID}
			if m.Weight == 0 && (Beats(e, light, a) || Beats(e, light, nobody)) {
				t.Fatalf("%v weighs nothing and beats somebody", light)
			}
		}
	})
}

func TestBeatsComparesEpochThenZxidThenSID(t *testing.T) {
	e := mustEnsemble(t, simple(3))
	ascending := []Candidate{
		{Leader: NoServer}, {PeerEpoch: 1, Zxid: NoZxid, Leader: 3}, {PeerEpoch: 1, Zxid: 7, Leader: 3},
		{PeerEpoch: 1, Zxid: 8, Leader: 1}, {PeerEpoch: 1, Zxid: 8, Leader: 2}, {PeerEpoch: 2, Zxid: 0, Leader: 1},
	}
	for i, a := range ascending {
		for k, b := range ascending {
			if got := Beats(e, a, b); got != (i > k) {
				t.Errorf("Beats(%v, %v) = %v", a, b, got)
			}
		}
	}
}

func anyVote(t *rapid.T, name string) Vote {
	return rapid.Custom(func(t *rapid.T) Vote {
		return Vote{Candidate: anyCandidate([]SID{1, 2}).Draw(t, "candidate"),
			Round:   rapid.Uint64Range(1, 2).Draw(t, "round"),
			State:   State(rapid.IntRange(0, 3).Draw(t, "state")),
			Version: rapid.SampledFrom([]uint8{0, 1, WireVersion}).Draw(t, "version")}
	}).Draw(t, name)
}

// TestSameIsReflexiveAndSymmetric, and more it is not: see the next test.
func TestSameIsReflexiveAndSymmetric(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := anyVote(t, "a"), anyVote(t, "b")
		if !Same(a, a) {
			t.Fatalf("%v is not the same as itself", a)
		}
		if Same(a, b) != Same(b, a) {
			t.Fatalf("%v and %v: the same one way only", a, b)
		}
		if Same(a, b) && a.Leader != b.Leader {
			t.Fatalf("%v and %v are the same for different leaders", a, b)
		}
	})
}

// TestSameIsNotTransitive shows ZooKeeper's two chains: over a vote of message version 0, and over a
// decided vote whose round nobody looks at until one side is LOOKING.
func TestSameIsNotTransitive(t *testing.T) {
	decided := func(epoch uint32, version uint8) Vote {
		return Vote{Candidate: Candidate{Leader: 1, PeerEpoch: epoch}, Round: 1, State: Following, Version: version}
	}
	looking, otherRound := decided(1, WireVersion), decided(1, WireVersion)
	looking.State, otherRound.Round = Looking, 2
	for _, chain := range [][3]Vote{
		{decided(1, WireVersion), decided(9, 0), decided(2, WireVersion)},
		{looking, decided(1, WireVersion), otherRound},
	} {
		a, b, c := chain[0], chain[1], chain[2]
		if !Same(a, b) || !Same(b, c) || Same(a, c) {
			t.Errorf("%v, %v, %v: %v %v %v, want true true false", a, b, c, Same(a, b), Same(b, c), Same(a, c))
		}
	}
}

func TestMajorityQuorumsIntersect(t *testing.T) {
	for n := 1; n <= MaxVoters; n++ {
		e := mustEnsemble(t, append(simple(n), Member{SID: 100, Observer: true}))
		everybody := e.VoterSet()
		for a := Set(0); a <= everybody; a++ {
			if got := e.IsQuorum(a); got != (a.Len() > n/2) {
				t.Fatalf("%d voters: IsQuorum(%b) = %v", n, a, got)
			}
			if e.IsQuorum(a.With(n)) != e.IsQuorum(a) {
				t.Fatalf("%d voters: the observer makes a difference to %b", n, a)
			}
			if e.IsQuorum(a) && e.IsQuorum(everybody&^a) {
				t.Fatalf("%d voters: %b and the others are both quorums", n, a)
			}
		}
	}
}

// TestHierarchicalQuorumsIntersect: what is disjoint from a set is a subset of its complement, and
// quorums only grow, so comparing with the complement is enough.
func TestHierarchicalQuorumsIntersect(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := anyWeighted(t)
		everybody := e.VoterSet()
		if !e.IsQuorum(everybody) || e.IsQuorum(0) || !e.Hierarchical() {
			t.Fatalf("%v: all are a quorum, nobody is none", e.Members)
		}
		for a := Set(0); a <= everybody; a++ {
			if e.IsQuorum(a) && e.IsQuorum(everybody&^a) {
				t.Fatalf("%v: %b and the others are both quorums", e.Members, a)
			}
			for i, m := range e.Members {
				if e.IsQuorum(a) && !e.IsQuorum(a.With(i)) {
					t.Fatalf("%v: %b is a quorum, with %d more it is none", e.Members, a, i)
				}
				if m.Weight == 0 && e.IsQuorum(a.With(i)) != e.IsQuorum(a.Without(i)) {
					t.Fatalf("%v: position %d weighs nothing and makes a difference to %b", e.Members, i, a)
				}
			}
		}
	})
}

func TestNewEnsembleArrangesMembers(t *testing.T) {
	e := mustEnsemble(t, []Member{{SID: 9, Observer: true}, {SID: 7}, {SID: 0}, {SID: 8, Observer: true}, {SID: 254}})
	for pos, sid := range []SID{0, 7, 254, 8, 9} {
		if got, ok := e.Position(sid); !ok || got != pos || e.Members[pos].SID != sid || e.IsVoter(sid) != (pos < 3) {
			t.Errorf("Position(%v) = %d, %v; IsVoter %v", sid, got, ok, e.IsVoter(sid))
		}
	}
	if _, ok := e.Position(1); ok || e.IsVoter(1) || e.IsVoter(NoServer) || e.Voters != 3 {
		t.Errorf("strangers are members, or %d is not 3 voters", e.Voters)
	}
	if e.Weight(1) != 1 || e.Weight(8) != 1 {
		t.Error("under simple majority everybody weighs 1, even strangers")
	}
	h := mustEnsemble(t, []Member{{SID: 1, Group: 1, Weight: 3}, {SID: 2, Observer: true, Group: 1, Weight: 3}})
	if h.Weight(1) != 3 || h.Weight(2) != 0 || h.Weight(77) != 0 {
		t.Error("in a hierarchical ensemble observers and strangers weigh nothing")
	}
}

func TestNewEnsembleErrors(t *testing.T) {
	many := simple(MaxServers)
	for i := range many {
		many[i].Observer = i > 0
	}
	if _, err := NewEnsemble(many); err != nil {
		t.Errorf("%d servers: %v", MaxServers, err)
	}
	for want, members := range map[string][]Member{
		"no voters":                                 {{SID: 1, Observer: true}},
		"17 servers, at most 16 are possible":       append(many[:MaxServers:MaxServers], Member{SID: 99, Observer: true}),
		"10 voters, at most 9 are possible":         simple(10),
		"server 1 is listed twice":                  {{SID: 1}, {SID: 1}},
		"server 2 is listed twice":                  {{SID: 1}, {SID: 2}, {SID: 2, Observer: true}},
		"server 255 is not a possible sid (0..254)": {{SID: 1}, {SID: NoServer}},
		"weights name 1 of 2 voters":                {{SID: 1, Group: 1, Weight: 1}, {SID: 2, Weight: 1}},
		"all weights are 0: there is no quorum":     {{SID: 1, Group: 1}, {SID: 2, Group: 2}},
	} {
		if _, err := NewEnsemble(members); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}

// TestInterruptible: the engine's forecast of two disk writes is what the step then does, and no step
// makes three. A crash between writes is explored only where the forecast says so.
func TestInterruptible(t *testing.T) {
	forecasts := 0
	for _, w := range soups(t) {
		w.beforeStep = func(s *Server, in *Input) func(*Outputs) {
			want, before := s.Interruptible(w.e, in), *s
			return func(out *Outputs) {
				if want {
					forecasts++
				}
				if got := out.Writes > 1; got != want || out.Writes > 2 {
					t.Fatalf("%s: %d writes, forecast of several: %v\ninput %+v\nbefore %+v", w.name, out.Writes, want, *in, before)
				}
			}
		}
		for seed := range uint64(4) {
			w.run(rand.New(rand.NewPCG(seed, 1)), 300, func() {})
		}
	}
	if forecasts == 0 {
		t.Error("no step wrote twice: the test is vacuous")
	}
}

// TestHaltedStepWritesOnlyItsFirst: with HaltAfter 1 the disk has the first of two writes.
func TestHaltedStepWritesOnlyItsFirst(t *testing.T) {
	e := mustEnsemble(t, simple(3))
	s := NewServer(e, 0, Disk{AcceptedEpoch: 2, CurrentEpoch: 1})
	s.State, s.Phase, s.Epoch = Following, Discovery, 2
	var out Outputs
	for _, p := range []Packet{{Kind: Diff}, {Kind: Proposal, Zxid: NewZxid(2, 1)}, {Kind: Commit, Zxid: NewZxid(2, 1)}, {Kind: NewLeader, Epoch: 2}} {
		out.Reset()
		if p.Kind == NewLeader {
			out.HaltAfter = 1
		}
		s.Step(e, &Input{Kind: PacketIn, From: 2, Packet: p}, &out)
	}
	if want := (Disk{Zxid: NewZxid(2, 1), AcceptedEpoch: 2, CurrentEpoch: 1}); s.Disk != want || out.Writes != 1 {
		t.Errorf("disk %v after %d writes, want %v", s.Disk, out.Writes, want)
	}
	if Recovers(s.Disk) {
		t.Error("this is the disk that ZooKeeper refuses to load; P12")
	}
}
