package model

import (
	"flag"
	"os"
	"testing"

	"pgregory.net/rapid"

	"github.com/zkcheck/zkcheck/election"
)

// TestMain asks rapid for more than its 100 cases, unless the command line does: the cases here are tiny.
func TestMain(m *testing.M) {
	flag.Parse()
	asked := false
	flag.Visit(func(f *flag.Flag) { asked = asked || f.Name == "rapid.checks" })
	if !asked {
		if err := flag.Set("rapid.checks", "2000"); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

func candidate(leader election.SID, zxid election.Zxid, epoch uint32) election.Candidate {
	return election.Candidate{Leader: leader, Zxid: zxid, PeerEpoch: epoch}
}

// FLEPredicateTest.testPredicate, and the corners.
func TestCompare(t *testing.T) {
	for _, test := range []struct {
		name   string
		a, b   election.Candidate
		order  int
		reason Reason
	}{
		{"lower epoch loses although id is higher", candidate(4, 0, 0), candidate(3, 0, 2), -1, ByEpoch},
		{"epoch", candidate(0, 0, 1), candidate(1, 0, 0), 1, ByEpoch},
		{"zxid", candidate(0, 1, 0), candidate(1, 0, 0), 1, ByZxid},
		{"id", candidate(1, 1, 0), candidate(0, 1, 0), 1, BySID},
		{"equal", candidate(1, 1, 0), candidate(1, 1, 0), 0, Equal},
		{"epoch before zxid", candidate(1, 0, 2), candidate(2, 9, 1), 1, ByEpoch},
		{"zxid -1 is the smallest", candidate(2, election.NoZxid, 1), candidate(1, 0, 1), -1, ByZxid},
		{"zxid is 64 bits", candidate(1, election.NewZxid(1, 0), 1), candidate(2, 0xffffffff, 1), 1, ByZxid},
		{"nobody is the smallest", candidate(election.NoServer, 5, 5), candidate(0, 0, 0), -1, ByEpoch},
		{"everybody beats nobody", candidate(0, election.NoZxid, 0), candidate(election.NoServer, 5, 5), 1, ByEpoch},
		{"nobody is nobody", candidate(election.NoServer, 5, 5), candidate(election.NoServer, 0, 0), 0, Equal},
	} {
		if order, reason := Compare(test.a, test.b); order != test.order || reason != test.reason {
			t.Errorf("%s: Compare(%v, %v) = %d by %v, want %d by %v",
				test.name, test.a, test.b, order, reason, test.order, test.reason)
		}
	}
}

// anyCandidate draws from few values, so that ties of every depth are common, and from the extremes.
func anyCandidate() *rapid.Generator[election.Candidate] {
	zxids := []election.Zxid{0, 1, 2, 1 << 32, 1<<63 - 1, 1 << 63, election.NoZxid}
	sids := []election.SID{0, 1, 2, 9, 254, election.NoServer}
	return rapid.Custom(func(t *rapid.T) election.Candidate {
		return election.Candidate{
			PeerEpoch: rapid.SampledFrom([]uint32{0, 1, election.MaxEpoch}).Draw(t, "epoch"),
			Zxid:      rapid.SampledFrom(zxids).Draw(t, "zxid"),
			Leader:    rapid.SampledFrom(sids).Draw(t, "leader"),
		}
	})
}

func TestOrderIsStrictAndTotal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := anyCandidate().Draw(t, "a"), anyCandidate().Draw(t, "b"), anyCandidate().Draw(t, "c")
		if Better(a, a) {
			t.Fatalf("%v beats itself", a)
		}
		ab, reasonAB := Compare(a, b)
		ba, reasonBA := Compare(b, a)
		if ab != -ba || reasonAB != reasonBA {
			t.Fatalf("Compare is %d by %v one way, %d by %v the other", ab, reasonAB, ba, reasonBA)
		}
		if nobodies := a.Leader == election.NoServer && b.Leader == election.NoServer; (ab == 0) != (a == b || nobodies) {
			t.Fatalf("Compare(%v, %v) = %d", a, b, ab)
		}
		if (ab == 0) != (reasonAB == Equal) {
			t.Fatalf("Compare(%v, %v) = %d by %v", a, b, ab, reasonAB)
		}
		if Better(a, b) && Better(b, c) && !Better(a, c) {
			t.Fatalf("%v beats %v beats %v, but not transitively", a, b, c)
		}
	})
}

func TestCompareAgreesWithEngine(t *testing.T) {
	ensemble, err := election.NewEnsemble([]election.Member{{SID: 0}, {SID: 1}, {SID: 2}})
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		a, b := anyCandidate().Draw(t, "a"), anyCandidate().Draw(t, "b")
		if Better(a, b) != election.Beats(ensemble, a, b) {
			t.Fatalf("model: %v beats %v is %v, the engine disagrees", a, b, Better(a, b))
		}
	})
}

func TestWinner(t *testing.T) {
	if w, ok := Winner(nil); ok {
		t.Errorf("winner of no votes is %v", w)
	}
	rapid.Check(t, func(t *rapid.T) {
		votes := rapid.SliceOfN(anyCandidate(), 1, 6).Draw(t, "votes")
		w, ok := Winner(votes)
		found := false
		for _, v := range votes {
			found = found || v == w
			if Better(v, w) {
				t.Fatalf("%v beats the winner %v", v, w)
			}
		}
		if !ok || !found {
			t.Fatalf("winner %v, %v is not among %v", w, ok, votes)
		}
	})
}

func vote(version uint8, leader election.SID, zxid election.Zxid, round uint64, epoch uint32, state election.State) election.Vote {
	return election.Vote{Candidate: candidate(leader, zxid, epoch), Round: round, State: state, Version: version}
}

// FLEOutOfElectionTest: does a majority of the table, of voters 0..4 or 1..5, equal the probe?
func TestSameOfTables(t *testing.T) {
	const following, leading, looking = election.Following, election.Leading, election.Looking
	z := election.NewZxid
	for _, test := range []struct {
		name  string
		table map[election.SID]election.Vote
		probe election.Vote
		want  bool
	}{
		{"testIgnoringZxidElectionEpoch", map[election.SID]election.Vote{
			0: vote(1, 4, z(1, 1), 1, 2, following), 1: vote(1, 4, z(1, 2), 1, 2, following),
			3: vote(1, 4, z(2, 1), 2, 2, following), 4: vote(1, 4, z(2, 1), 2, 2, leading),
		}, vote(0, 4, z(2, 1), 2, 2, following), true},
		{"testElectionWIthDifferentVersion", map[election.SID]election.Vote{
			0: vote(1, 4, z(1, 1), 1, 1, following), 1: vote(1, 4, z(1, 1), 1, 1, following),
			3: vote(0, 4, z(2, 1), 2, 2, following), 4: vote(0, 4, z(2, 1), 2, 2, leading),
		}, vote(0, 4, z(2, 1), 2, 2, following), true},
		{"testLookingNormal", map[election.SID]election.Vote{
			0: vote(0, 4, z(2, 1), 1, 1, looking), 1: vote(0, 4, z(2, 1), 1, 1, looking),
			3: vote(0, 4, z(2, 1), 1, 1, looking), 4: vote(0, 4, z(2, 1), 1, 1, leading),
		}, vote(0, 4, z(2, 1), 1, 1, looking), true},
		{"testLookingDiffRounds", map[election.SID]election.Vote{
			0: vote(0, 4, z(1, 1), 1, 1, looking), 1: vote(0, 4, z(2, 1), 2, 2, looking),
			3: vote(0, 4, z(2, 1), 3, 2, looking), 4: vote(0, 4, z(2, 1), 3, 2, leading),
		}, vote(0, 4, z(2, 1), 2, 2, looking), false},
		{"testOutofElection", map[election.SID]election.Vote{
			1: vote(0, 5, z(15, 0), 0xa, 0x17, following), 2: vote(0, 5, z(15, 0), 0xa, 0x17, following),
			4: vote(1, 5, z(15, 0), 0xa, 0x18, following), 5: vote(1, 5, z(15, 0), 0xa, 0x18, leading),
		}, vote(1, 5, z(15, 0), 0xa, 0x18, leading), true},
	} {
		members := []election.Member{{SID: 1}, {SID: 2}, {SID: 3}, {SID: 4}, {SID: 0}}
		if _, ok := test.table[5]; ok {
			members[4].SID = 5
		}
		var have []election.SID
		for sid, entry := range test.table {
			if Same(test.probe, entry) {
				have = append(have, sid)
			}
		}
		if got := IsQuorum(members, have); got != test.want {
			t.Errorf("%s: %v equal the probe: quorum %v, want %v", test.name, have, got, test.want)
		}
	}
}

// Same and the engine's agree on all pairs of a small domain that has every case.
func TestSameAgreesWithEngine(t *testing.T) {
	var votes []election.Vote
	for i := range 2 * 2 * 2 * 2 * 4 * 3 {
		votes = append(votes, vote(uint8(i%3), election.SID(i/3%2), election.Zxid(i/6%2), uint64(i/12%2), uint32(i/24%2),
			election.State(i/48%4)))
	}
	for _, a := range votes {
		for _, b := range votes {
			if Same(a, b) != election.Same(a, b) {
				t.Fatalf("model: %v v%d and %v v%d are the same is %v, the engine disagrees", a, a.Version, b, b.Version, Same(a, b))
			}
		}
	}
}

func TestReasonString(t *testing.T) {
	for reason, want := range map[Reason]string{ByEpoch: "EPOCH", ByZxid: "ZXID", BySID: "SID", Equal: "EQUAL", 9: "Reason(9)"} {
		if got := reason.String(); got != want {
			t.Errorf("Reason %d is %q, want %q", int(reason), got, want)
		}
	}
}
