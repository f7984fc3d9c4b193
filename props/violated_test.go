package props_test

import (
	"slices"
	"testing"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/mutant"
	"github.com/zkcheck/zkcheck/props"
)

// A property that cannot fail is a defect. Each of these engines breaks a property in a small cluster;
// the length of the shortest way is golden.
var broken = []struct {
	property, how, servers, weights, limits string
	rules                                   func(*election.Rules)
	steps                                   int
}{
	{"one-leader-per-epoch", "any server is a quorum", "1:1,8 2:1,8", "", "rounds=1", anyoneIsQuorum, 6},
	{"epochs-never-go-back", "a learner accepts any epoch", "1:1,8 2:1/3,8", "", "rounds=1", promiseAnything, 8},
	{"promised-before-told", "the leader's promise stays in memory", "1:1,8 2:1,8", "", "rounds=1", forgetfulLeader, 8},
	{"fixed-epoch-is-new", "> for >= in the epoch proposal", "1:1/2,8 2:1,8", "", "rounds=1", lazyEpoch, 8},
	{"counted-acks-are-promises", "-1 in ACKEPOCH is counted", "1:1,8 2:1/2,8 3:1,8", "", "rounds=1", countEverything, 14},
	{"majority", "half is a quorum", "1:1,8 2:1,8", "", "rounds=1", halfIsQuorum, 2},
	{"winner-is-maximum", "a vote of a higher round is taken blindly", "1:1,8 2:1,9", "", "rounds=2 giveups=1", blindRound, 6},
	{"quiet-round-elects-maximum", "the smaller zxid wins", "1:1,8 2:1,9", "", "rounds=1", smallerZxid, 4},
	{"eligible", "weights are ignored by the vote order", "1:1,8 2:1,8 3:1,9", "1=1,2=1,3=0", "rounds=1", ignoreWeight, 6},
	{"proposal-only-grows", "the id clause ignores the epoch", "1:1,8 2:0,8", "", "rounds=1", epochBlind, 3},
	{"leader-said-so", "the leader is not asked", "1:1,8 2:1,8 3:1,8", "", "rounds=1", believeOthers, 8},
	{"own-round", "the leader is not asked", "1:1,8 2:1,8 3:1,8", "", "rounds=2 crashes=1 restarts=1", believeOthers, 15},
	{"disk-recovers", "the leader's promise stays in memory", "1:1,8 2:1,8", "", "rounds=1", forgetfulLeader, 10},
	{"disk-recovers", "recovery refuses a promise", "1:1,8 2:1,8", "", "rounds=1", pickyRecovery, 8},
	{"rounds-move-on", "the round is not incremented", "1:1,8 2:1,8", "", "rounds=2 giveups=1", sameRoundAgain, 5},
	{"rounds-move-on", "no finalizeWait", "1:1,8 2:1,8", "", "rounds=1", hasty, 3},
	{"best-vote-is-taken", "a higher round resets to the own vote", "1:1,8 2:1,9 3:1,8", "", "rounds=2 giveups=1", ownVoteOnly, 7},
	{"said-is-on-disk", "NEWLEADER is acked with currentEpoch in memory", "1:1,8 2:1,8", "", "rounds=1", ackFirst, 11},
	{"ahead-is-refused", "nobody is ahead", "1:1,8 2:1,8 3:1,9", "", "rounds=1", nobodyAhead, 13},
	{"majority", "the leader alone fixes an epoch", "1:1,8 2:1,8", "", "rounds=1", aloneFixes, 6},
	{"fixed-epoch-is-new", "an epoch is fixed before the leader is heard", "1:1,8 2:1/3,8 3:1,8", "", "rounds=1", fixWithoutSelf, 12},
	{"counted-acks-are-promises", "the same promise is acked twice", "1:1,8 2:1/2,8 3:1,8", "", "rounds=1", ackTwice, 13},
	{"malformed-changes-nothing", "bytes that cannot be read end the receive loop", "1:1,8 2:1,8", "", "rounds=1 garbles=1", deaf, 3},
	{"due-decision-is-made", "who is told that it leads does not believe it", "1:1,8 2:1,8 3:1,8", "", "rounds=1", modest, 7},
	{"asker-is-answered", "a LOOKING sender of a lower round is not answered", "1:1,8 2:1,8", "", "rounds=2 giveups=1", silent, 7},
}

func deaf(r *election.Rules) {
	r.Receives = func(s *election.Server, readable bool) bool {
		if !readable {
			s.Memo = 1
		}
		return readable && s.Memo == 0
	}
}

func modest(r *election.Rules) {
	check := r.CheckLeader
	r.CheckLeader = func(s *election.Server, t *[election.MaxVoters]election.Vote, p election.Set, leader election.SID, pos int, round uint64) bool {
		return leader != s.SID && check(s, t, p, leader, pos, round)
	}
}

func silent(r *election.Rules) { r.AnswersLagging = func(_, _ uint64) bool { return false } }

func anyoneIsQuorum(r *election.Rules) {
	r.IsQuorum = func(_ *election.Ensemble, set election.Set) bool { return set != 0 }
}

func halfIsQuorum(r *election.Rules) {
	r.IsQuorum = func(e *election.Ensemble, set election.Set) bool { return 2*(set&e.VoterSet()).Len() >= e.Voters }
}

func promiseAnything(r *election.Rules) {
	r.Promise = func(s *election.Server, epoch uint32, _ *election.Outputs) (election.Packet, bool) {
		s.AcceptedEpoch, s.Disk.AcceptedEpoch = epoch, epoch
		return election.Packet{Kind: election.AckEpoch, Epoch: epoch, Zxid: s.Zxid, Current: s.CurrentEpoch, Wrote: true}, true
	}
	r.CandidateEpoch = func(_ *election.Server, _, _ uint32) uint32 { return 2 }
}

func forgetfulLeader(r *election.Rules) {
	r.PromiseAsLeader = func(s *election.Server, epoch uint32, _ *election.Outputs) { s.AcceptedEpoch = epoch }
}

func lazyEpoch(r *election.Rules) {
	r.CandidateEpoch = func(_ *election.Server, candidate, accepted uint32) uint32 {
		if candidate == 0 || accepted > candidate {
			return accepted + 1
		}
		return candidate
	}
}

func countEverything(r *election.Rules) {
	r.CountsAck = func(e *election.Ensemble, member int, _ election.Packet) bool { return member < e.Voters }
}

func blindRound(r *election.Rules) {
	standard := r.AdoptRound
	r.AdoptRound = func(s *election.Server, e *election.Ensemble, v election.Vote) {
		standard(s, e, v)
		s.Proposal = v.Candidate
	}
}

func smallerZxid(r *election.Rules) {
	standard := r.Beats
	r.Beats = func(e *election.Ensemble, fresh, current election.Candidate) bool {
		fresh.Zxid, current.Zxid = current.Zxid, fresh.Zxid
		return standard(e, fresh, current)
	}
}

func ignoreWeight(r *election.Rules) {
	r.Beats = func(_ *election.Ensemble, fresh, current election.Candidate) bool {
		return fresh.Zxid > current.Zxid
	}
}

func epochBlind(r *election.Rules) {
	r.Beats = func(_ *election.Ensemble, fresh, current election.Candidate) bool {
		return fresh.PeerEpoch > current.PeerEpoch ||
			fresh.PeerEpoch == current.PeerEpoch && fresh.Zxid > current.Zxid ||
			fresh.Zxid == current.Zxid && fresh.Leader > current.Leader
	}
}

func believeOthers(r *election.Rules) {
	r.CheckLeader = func(*election.Server, *[election.MaxVoters]election.Vote, election.Set, election.SID, int, uint64) bool {
		return true
	}
}

func pickyRecovery(r *election.Rules) {
	r.Recovers = func(d election.Disk) bool { return d.AcceptedEpoch == d.CurrentEpoch }
}

func sameRoundAgain(r *election.Rules) {
	r.NextRound = func(round uint64) uint64 { return max(round, 1) }
}

func hasty(r *election.Rules) { r.Waits = func(*election.Ensemble, election.Set) bool { return false } }

func ownVoteOnly(r *election.Rules) {
	standard := r.AdoptRound
	r.AdoptRound = func(s *election.Server, e *election.Ensemble, v election.Vote) {
		standard(s, e, v)
		s.Proposal = s.Initial(e)
	}
}

func ackFirst(r *election.Rules) {
	r.Synchronise = func(s *election.Server, p election.Packet, _ *election.Outputs) {
		s.Zxid, s.Disk.Zxid, s.CurrentEpoch = p.Zxid, p.Zxid, p.Epoch
	}
}

func nobodyAhead(r *election.Rules) {
	r.IsAhead = func(*election.Server, election.Packet) bool { return false }
}

func aloneFixes(r *election.Rules) {
	r.EpochReady = func(s *election.Server, _ *election.Ensemble) bool { return s.Heard().Has(s.Position()) }
}

func fixWithoutSelf(r *election.Rules) {
	r.EpochReady = func(s *election.Server, e *election.Ensemble) bool { return e.IsQuorum(s.Heard()) }
}

func ackTwice(r *election.Rules) {
	standard := r.Promise
	r.Promise = func(s *election.Server, epoch uint32, out *election.Outputs) (election.Packet, bool) {
		ack, ok := standard(s, epoch, out)
		if ack.NoCount {
			ack.NoCount, ack.Current, ack.Wrote = false, s.CurrentEpoch, true
		}
		return ack, ok
	}
}

// wholeRun are the properties that are not about a step; each has a test of its own in this package.
var wholeRun = []string{"a-leader-serves", props.ElectionEnds, props.EpochRegister, props.ClientRegister}

// Mutants count: that each is noticed by its property is a golden test of theirs.
func TestEveryPropertyIsBrokenHere(t *testing.T) {
	for _, p := range props.All() {
		listed := slices.Contains(wholeRun, p.Name) ||
			slices.ContainsFunc(mutant.All(), func(m mutant.Mutant) bool { return m.Property == p.Name })
		for _, b := range broken {
			listed = listed || b.property == p.Name
		}
		if !listed {
			t.Errorf("no test shows that property %s can fail", p.Name)
		}
	}
}

func TestBroken(t *testing.T) {
	for _, b := range broken {
		t.Run(b.property, func(t *testing.T) {
			p := find(t, b.property)
			report := search(t, config(t, b.servers, b.weights, b.limits, b.rules), p)
			if len(report.Violations) == 0 {
				t.Fatalf("%s: %s holds in all %d states (%s), %d checks", b.how, b.property, report.Distinct,
					report.Stopped, report.Tallies[0].Checked)
			}
			trace := report.Violations[0].Trace
			if len(trace) != b.steps {
				t.Errorf("%s: the shortest way is %d steps, golden are %d: %v", b.how, len(trace), b.steps, trace)
			}
			if standard := search(t, config(t, b.servers, b.weights, b.limits, nil), p); len(standard.Violations) > 0 {
				t.Errorf("the standard rules violate %s: %v", b.property, standard.Violations[0].Trace)
			}
			checkEvidence(t, config(t, b.servers, b.weights, b.limits, b.rules), p, trace)
		})
	}
}

// checkEvidence asks for words of at least two servers or numbers, not only a false.
func checkEvidence(t *testing.T, cfg cluster.Config, p props.Property, trace []cluster.Action) {
	t.Helper()
	cfg.Track = p.Track
	r := newRun(t, cfg, []props.Property{p})
	var v *props.Violation
	for _, a := range trace {
		v = r.step(a)
	}
	if v == nil || v.Property != p.Name || len(v.Evidence.Error()) < 30 {
		t.Fatalf("the judge says %v", v)
	}
	t.Log(len(trace), "steps:", v)
}

// TestHeld: on generated runs every property of the catalogue holds, and its situation occurs.
func TestHeld(t *testing.T) {
	list := props.All()
	total := make([]props.Tally, len(list))
	for seed := range uint64(1500) {
		c := props.NewSeeded(7, seed)
		r := newRun(t, props.Setup(c), list)
		v := r.draw(c, 120)
		if v == nil {
			v = r.judge.End(&r.now)
		}
		if v != nil {
			t.Fatalf("run %d: %v: %v", seed, v, r.trace)
		}
		for i, tally := range r.judge.Tallies {
			total[i].Checked += tally.Checked
			total[i].Witnessed += tally.Witnessed
		}
	}
	for i, p := range list {
		if total[i].Witnessed < 10 {
			t.Errorf("%s was witnessed %d times in %d checks: the runs are too weak", p.Name, total[i].Witnessed, total[i].Checked)
		}
	}
}
