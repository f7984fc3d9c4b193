package conform

import (
	"fmt"
	"strings"

	"github.com/zkcheck/zkcheck/election"
)

// Rule is a rule of the election, with a wrong version of it: where the two differ on what is seen of a
// server, the rule was exercised.
type Rule struct {
	Name  string
	Doc   string // the rule
	Wrong string // the wrong version
	Break func(r *election.Rules)
}

// FindRule finds a rule by its name.
func FindRule(name string) (Rule, error) {
	var names []string
	for _, r := range Rules() {
		if r.Name == name {
			return r, nil
		}
		names = append(names, r.Name)
	}
	return Rule{}, fmt.Errorf("unknown rule %q, want one of %s", name, strings.Join(names, ", "))
}

// Rules are the rules that conformance is counted by.
func Rules() []Rule {
	return append(orderRules(), append(tableRules(), threadRules()...)...)
}

// beats is the vote order with a comparison of its own.
func beats(larger func(fresh, current election.Candidate) bool) func(*election.Rules) {
	return func(r *election.Rules) {
		r.Beats = func(e *election.Ensemble, fresh, current election.Candidate) bool {
			if e.Weight(fresh.Leader) == 0 {
				return false
			}
			return larger(fresh, current)
		}
	}
}

func orderRules() []Rule {
	return []Rule{
		{"epoch-first", "the larger peer epoch wins", "the id clause ignores the epoch: equal zxids are decided by sid alone",
			beats(func(f, c election.Candidate) bool {
				return f.PeerEpoch > c.PeerEpoch || f.PeerEpoch == c.PeerEpoch && int64(f.Zxid) > int64(c.Zxid) ||
					f.Zxid == c.Zxid && f.Leader > c.Leader
			})},
		{"zxid-second", "of equal epochs, the larger zxid wins", "zxids are not compared",
			beats(func(f, c election.Candidate) bool {
				return f.PeerEpoch > c.PeerEpoch || f.PeerEpoch == c.PeerEpoch && f.Leader > c.Leader
			})},
		{"sid-last", "of equal epochs and zxids, the larger sid wins", "a vote beats its equal: >= on sid",
			beats(func(f, c election.Candidate) bool {
				if f.PeerEpoch != c.PeerEpoch {
					return f.PeerEpoch > c.PeerEpoch
				}
				if f.Zxid != c.Zxid {
					return int64(f.Zxid) > int64(c.Zxid)
				}
				return f.Leader >= c.Leader
			})},
	}
}

func tableRules() []Rule {
	return []Rule{
		{"leader-check", "another server is only joined if it says LEADING itself", "no leader check",
			func(r *election.Rules) {
				check := r.CheckLeader
				r.CheckLeader = func(s *election.Server, table *[election.MaxVoters]election.Vote, present election.Set, leader election.SID, pos int, round uint64) bool {
					return leader != s.SID || check(s, table, present, leader, pos, round)
				}
			}},
		{"self-branch", "told that it leads, a server believes it in its own round only", "the self branch ignores the round",
			func(r *election.Rules) {
				check := r.CheckLeader
				r.CheckLeader = func(s *election.Server, table *[election.MaxVoters]election.Vote, present election.Set, leader election.SID, pos int, round uint64) bool {
					return leader == s.SID || check(s, table, present, leader, pos, round)
				}
			}},
		{"recvset-cleared", "a higher round clears recvset", "recvset is kept on a higher round",
			func(r *election.Rules) {
				r.AdoptRound = func(s *election.Server, e *election.Ensemble, v election.Vote) {
					s.Round = v.Round
					s.Proposal = s.Initial(e)
					if e.Rules.Beats(e, v.Candidate, s.Proposal) {
						s.Proposal = v.Candidate
					}
				}
			}},
		{"initial-vote", "in a higher round a server starts again from its own initial vote", "it keeps its proposal if that is better",
			func(r *election.Rules) {
				adopt := r.AdoptRound
				r.AdoptRound = func(s *election.Server, e *election.Ensemble, v election.Vote) {
					was := s.Proposal
					adopt(s, e, v)
					if e.Rules.Beats(e, was, s.Proposal) {
						s.Proposal = was
					}
				}
			}},
		{"stale-round", "a LOOKING vote of a lower round is not counted", "it is counted",
			func(r *election.Rules) { r.CountsLooking = func(round, own uint64) bool { return round <= own } }},
		{"told-equality", "out of the election, decided votes are equal if leader and peer epoch are", "out-of-election votes compare zxid",
			func(r *election.Rules) {
				same := r.Same
				r.Same = func(a, b election.Vote) bool {
					decided := a.State != election.Looking && b.State != election.Looking
					return same(a, b) && !(decided && a.Version > 0 && b.Version > 0 && a.Zxid != b.Zxid)
				}
			}},
		{"told-peer-epoch", "out of the election, votes of other peer epochs are not equal", "they are",
			func(r *election.Rules) {
				same := r.Same
				r.Same = func(a, b election.Vote) bool {
					decided := a.State != election.Looking && b.State != election.Looking
					return same(a, b) || decided && a.Leader == b.Leader
				}
			}},
		{"told-leader-only", "in recvset, decided votes are equal if the leader is", "recvset compares peer epochs",
			func(r *election.Rules) {
				same := r.Same
				r.Same = func(a, b election.Vote) bool {
					decided := a.State != election.Looking && b.State != election.Looking
					return same(a, b) && !(decided && a.PeerEpoch != b.PeerEpoch)
				}
			}},
		{"quorum", "a decision needs a quorum of equal votes", "one vote less is enough",
			func(r *election.Rules) {
				r.IsQuorum = func(e *election.Ensemble, set election.Set) bool { return 2*((set&e.VoterSet()).Len()+1) > e.Voters }
			}},
	}
}

func threadRules() []Rule {
	return []Rule{
		{"answer-lagging", "a LOOKING sender of a lower round is answered", "no answer to a lagging sender",
			func(r *election.Rules) { r.AnswersLagging = func(_, _ uint64) bool { return false } }},
		{"answer-vote", "who has decided answers with its vote", "it answers with its own sid as leader",
			func(r *election.Rules) {
				answer := r.Answer
				r.Answer = func(s *election.Server) election.Vote {
					v := answer(s)
					v.Leader = s.SID
					return v
				}
			}},
		{"finalize-wait", "a decision by LOOKING votes waits for better ones", "no finalizeWait",
			func(r *election.Rules) { r.Waits = func(*election.Ensemble, election.Set) bool { return false } }},
		{"wait-ends", "a better vote ends finalizeWait", "it is dropped as all others are",
			func(r *election.Rules) {
				r.EndsWait = func(*election.Server, *election.Ensemble, int, election.Vote) bool { return false }
			}},
		{"wait-drops", "what finalizeWait polls and is not better is forgotten", "finalizeWait records what it drops",
			func(r *election.Rules) {
				ends := r.EndsWait
				r.EndsWait = func(s *election.Server, e *election.Ensemble, from int, v election.Vote) bool {
					if ends(s, e, from, v) {
						return true
					}
					s.Record(e, from, v)
					return false
				}
			}},
	}
}
