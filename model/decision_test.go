package model

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/zkcheck/zkcheck/election"
)

// waited is a decision of 1, 2 and 3 of five for 3, after finalizeWait; server 5 observes nothing here, 4 votes for itself.
func waited() *election.Decision {
	d := &election.Decision{Round: 1, From: election.Recvset, Probe: vote(2, 3, 8, 1, 1, election.Looking)}
	d.Vote = vote(0, 3, 8, 1, 1, election.Leading)
	for i := range 3 {
		d.Entries[i] = vote(0, 3, 8, 1, 1, election.Looking)
	}
	d.Entries[3] = vote(0, 4, 7, 1, 1, election.Looking)
	d.Present, d.Counted = 0b01111, 0b00111
	return d
}

// told is a decision of server 4 for 3, which leads, in another round than 4's own.
func told() *election.Decision {
	d := &election.Decision{Round: 2, Told: true, From: election.Outofelection, Probe: vote(2, 3, 8, 1, 1, election.Leading)}
	d.Vote = vote(0, 3, 8, 1, 1, election.Following)
	d.Entries[0] = vote(2, 3, 8, 1, 1, election.Following)
	d.Entries[1] = vote(2, 3, 5, 9, 1, election.Following)
	d.Entries[2] = vote(2, 3, 8, 1, 1, election.Leading)
	d.Present, d.Counted = 0b00111, 0b00111
	return d
}

var five = voters(1, 2, 3, 4, 5)

// groups are the five with 3 and 4 in a group of their own.
func groups() []election.Member {
	members := append(voters(1, 2, 3, 4, 5), election.Member{SID: 6, Observer: true})
	for i := range 5 {
		members[i].Group, members[i].Weight = 1, 1
	}
	members[2].Group, members[3].Group = 2, 2
	members[2].Weight = 3
	return members
}

type rule struct {
	name  string
	check func(members []election.Member, self election.SID, d *election.Decision) error
}

var rules = []rule{
	{"majority", func(m []election.Member, _ election.SID, d *election.Decision) error { return Majority(m, d) }},
	{"maximum", func(m []election.Member, _ election.SID, d *election.Decision) error { return Maximum(m, d) }},
	{"eligible", func(m []election.Member, _ election.SID, d *election.Decision) error { return Eligible(m, d) }},
	{"leader-said-so", LeaderSaidSo},
	{"own-round", func(_ []election.Member, s election.SID, d *election.Decision) error { return OwnRound(s, d) }},
}

func TestDecisionsHold(t *testing.T) {
	ownTold := told() // server 3 itself, told that it leads by votes of its round
	ownTold.Round, ownTold.Entries[2] = 1, vote(2, 3, 8, 1, 1, election.Following)
	for _, test := range []struct {
		name    string
		members []election.Member
		self    election.SID
		d       *election.Decision
	}{
		{"waited", five, 3, waited()},
		{"waited in groups", groups(), 3, waited()},
		{"told", five, 4, told()},
		{"told in groups", groups(), 4, told()},
		{"told of itself", five, 3, ownTold},
	} {
		for _, r := range rules {
			if err := r.check(test.members, test.self, test.d); err != nil {
				t.Errorf("%s: %s: %v", test.name, r.name, err)
			}
			if n := testing.AllocsPerRun(100, func() { _ = r.check(test.members, test.self, test.d) }); n != 0 {
				t.Errorf("%s: %s allocates %v times", test.name, r.name, n)
			}
		}
	}
}

// Each case breaks a good decision in one place; exactly the rules named must notice, and say why.
var breaks = []struct {
	name    string
	members []election.Member
	self    election.SID
	d       *election.Decision
	change  func(d *election.Decision)
	want    map[string]string // rule -> part of the evidence
}{
	{"two of five", five, 4, waited(), func(d *election.Decision) {
		d.Entries[0].Round, d.Counted = 2, 0b00110
	}, map[string]string{"majority": "without a quorum, 2 of 5 voters agree: recvset in round 1: 1 LOOKING 3:1,8 round 2; 2 LOOKING"}},
	{"absent entry", five, 4, waited(), func(d *election.Decision) {
		d.Present = 0b01110
	}, map[string]string{"majority": "2 of 5 voters"}},
	{"half of a group", groups(), 4, waited(), func(d *election.Decision) {
		d.Present = 0b00110
	}, map[string]string{"majority": "2 of 5 voters"}},
	{"an observer is counted", append(voters(1, 2), election.Member{SID: 3, Observer: true}), 2, waited(), func(d *election.Decision) {
		d.Vote.Leader, d.Probe.Leader = 2, 2
		d.Entries[0].Leader, d.Entries[2].Leader = 2, 2
		d.Present, d.Counted = 0b101, 0b101
	}, map[string]string{"majority": "1 of 2 voters"}},
	{"counted one too many", five, 4, waited(), func(d *election.Decision) {
		d.Counted = 0b01111
	}, map[string]string{"majority": "decided LEADING 3:1,8 round 1 by {1 2 3 4}, but the votes that are equal are those of {1 2 3}"}},
	{"counted one too few", five, 4, told(), func(d *election.Decision) {
		d.Counted = 0b00101
	}, map[string]string{"majority": "by {1 3}, but the votes that are equal are those of {1 2 3}"}},
	{"counted for another candidate", five, 4, waited(), func(d *election.Decision) {
		d.Vote.Zxid = 9
	}, map[string]string{"majority": "counted the votes for LOOKING 3:1,8"}},
	{"counted for another round", five, 4, waited(), func(d *election.Decision) {
		d.Vote.Round = 7
	}, map[string]string{"majority": "counted the votes for LOOKING 3:1,8 round 1"}},
	{"waited, yet by a FOLLOWING vote", five, 4, waited(), func(d *election.Decision) {
		d.Probe.State = election.Following
	}, map[string]string{"majority": "told=false"}},
	{"epochs differ", five, 4, told(), func(d *election.Decision) {
		d.Entries[1].PeerEpoch = 2
	}, map[string]string{"majority": "2 of 5 voters agree: outofelection in round 2"}},
	{"epochs differ, old version", five, 4, told(), func(d *election.Decision) {
		d.Entries[1].PeerEpoch, d.Entries[1].Version = 2, 0
	}, nil},
	{"a better vote is counted", five, 4, waited(), func(d *election.Decision) {
		d.Entries[1].Zxid = 9 // as an engine would that compares leaders only
	}, map[string]string{"majority": "2 of 5", "maximum": "server 2, which was counted, votes for 3:1,9, better by ZXID"}},
	{"a better vote is there, but not counted", five, 4, waited(), func(d *election.Decision) {
		d.Entries[3].Zxid = 9
	}, nil},
	{"a worse vote is counted", five, 4, waited(), func(d *election.Decision) {
		d.Entries[1].Zxid = 7
	}, map[string]string{"majority": "2 of 5"}},
	{"the leader is an observer", append(voters(1, 2, 4), election.Member{SID: 3, Observer: true}), 4, waited(), func(*election.Decision) {},
		map[string]string{"eligible": "server 3 is an observer"}},
	{"the leader is a stranger", voters(1, 2, 4, 5, 6), 4, waited(), func(*election.Decision) {},
		map[string]string{"eligible": "server 3 is not a member"}},
	{"the leader is nobody", five, 4, waited(), func(d *election.Decision) {
		d.Vote.Leader, d.Probe.Leader = election.NoServer, election.NoServer
		for i := range 3 {
			d.Entries[i].Leader = election.NoServer
		}
	}, map[string]string{"eligible": "server none is not a member"}},
	{"the leader follows", five, 4, told(), func(d *election.Decision) {
		d.Entries[2].State = election.Following
	}, map[string]string{"leader-said-so": "server 4 decided FOLLOWING 3:1,8 round 1, but server 3 says FOLLOWING 3:1,8 round 1"}},
	{"the leader is silent", five, 4, told(), func(d *election.Decision) {
		d.Present, d.Counted = 0b01011, 0b01011
		d.Entries[3] = vote(2, 3, 8, 1, 1, election.Leading) // of 4: not 3's own word
	}, map[string]string{"leader-said-so": "heard nothing of server 3 itself"}},
	{"for itself in another round", five, 3, told(), func(d *election.Decision) {},
		map[string]string{"own-round": "server 3 in round 2 decided for itself by votes of round 1"}},
}

func TestDecisionsBreak(t *testing.T) {
	for _, test := range breaks {
		test.change(test.d)
		for _, r := range rules {
			err := r.check(test.members, test.self, test.d)
			part, broken := test.want[r.name]
			switch {
			case !broken && err != nil:
				t.Errorf("%s: %s should hold: %v", test.name, r.name, err)
			case broken && err == nil:
				t.Errorf("%s: %s should be broken", test.name, r.name)
			case broken && !strings.Contains(err.Error(), part):
				t.Errorf("%s: %s: %q does not contain %q", test.name, r.name, err, part)
			case broken && strings.Contains(err.Error(), "\n"):
				t.Errorf("%s: %s: more than one line: %q", test.name, r.name, err)
			}
		}
	}
}

func TestEligibleInGroups(t *testing.T) {
	members := groups()
	members[2].Weight = 0
	if err := Eligible(members, waited()); err == nil || !strings.Contains(err.Error(), "server 3 has weight 0 in group 2") {
		t.Errorf("server 3 has no weight: %v", err)
	}
	members = voters(1, 2, 3)
	if err := Eligible(members, waited()); err != nil { // without groups the weights, 0 here, mean nothing
		t.Errorf("simple majority: %v", err)
	}
}

// What the standard engine decides in random elections, some servers starting late or anew, is right; and both ways of deciding,
// and both tables, occur.
func TestEngineDecidesRightly(t *testing.T) {
	seen := map[string]int{}
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 1))
		members := voters(1, 2, 3, 4, 5)[:3+seed%3]
		if seed%4 == 0 {
			members = groups()
		}
		randomElection(t, r, members, seen)
	}
	t.Log(seen)
	for _, kind := range []string{"recvset false", "recvset true", "outofelection true", "itself", "another"} {
		if seen[kind] < 20 {
			t.Errorf("vacuous: %d decisions are of kind %q: %v", seen[kind], kind, seen)
		}
	}
}

func randomElection(t *testing.T, r *rand.Rand, members []election.Member, seen map[string]int) {
	ensemble, err := election.NewEnsemble(members)
	if err != nil {
		t.Fatal(err)
	}
	count := len(members)
	servers, up := make([]election.Server, count), make([]bool, count)
	for i := range servers {
		servers[i] = election.NewServer(ensemble, i, election.Disk{Zxid: election.Zxid(r.IntN(3))})
	}
	links := map[[2]int][]election.Vote{}
	var out election.Outputs
	for range 60 * count {
		in := election.Input{Kind: election.Start}
		at, from := r.IntN(count), r.IntN(count)
		link := [2]int{from, at}
		switch s := &servers[at]; {
		case !up[at]:
			up[at] = true
		case r.IntN(100) == 0:
			s.Crash() // and start
		case s.State != election.Looking && r.IntN(20) == 0:
			in.Kind = election.GiveUp
		case s.Waiting && r.IntN(3) == 0:
			in.Kind = election.Decide
		case s.State == election.Looking && r.IntN(20) == 0:
			in.Kind = election.Timeout
		case len(links[link]) > 0:
			in = election.Input{Kind: election.Notification, From: uint8(from), Vote: links[link][0]}
			links[link] = links[link][1:]
		default:
			continue
		}
		out.Reset()
		servers[at].Step(ensemble, &in, &out)
		for _, note := range out.Notes {
			to := [2]int{at, int(note.To)}
			links[to] = append(links[to], note.Vote)
		}
		if out.Decided {
			judge(t, ensemble, servers[at].SID, &out.Decision, seen)
		}
	}
}

func judge(t *testing.T, ensemble *election.Ensemble, self election.SID, d *election.Decision, seen map[string]int) {
	seen[d.From.String()+map[bool]string{true: " true", false: " false"}[d.Told]]++
	seen[map[bool]string{true: "itself", false: "another"}[d.Told && d.Vote.Leader == self]]++
	for _, rule := range rules {
		if err := rule.check(ensemble.Members, self, d); err != nil {
			t.Fatalf("%s: server %v: %v", rule.name, self, err)
		}
	}
}
