package logs

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/live/subject"
)

// decided takes the first line that says that the election is over, and the line that says for whom.
func (f *follower) decided(e *Event) error {
	f.decision = true
	if e.Kind == Leaving {
		return f.because(e, f.b.DecidedFor(e.Mine, e.Vote.Candidate))
	}
	return f.because(e, f.b.Decided(e.Mine, nil))
}

// hears lets the receive path take a notification. Of versions only whether there is one matters.
func (f *follower) hears(e *Event) error {
	if !f.e.IsVoter(e.Peer) {
		return fmt.Errorf("server %v prints a notification of server %v, which is no voter", f.sid, e.Peer)
	}
	v := e.Vote
	if v.Version > 0 || e.Peer == f.sid {
		v.Version = election.WireVersion
	}
	return f.because(e, f.b.Hear(e.Peer, v))
}

// sends takes a line of DEBUG about what is sent to every voter. Answers have no such lines.
func (f *follower) sends(e *Event) error {
	if !f.e.IsVoter(e.Peer) {
		return fmt.Errorf("server %v sends its vote to server %v, which is no voter", f.sid, e.Peer)
	}
	if e.Peer == f.sid {
		return nil // it will be heard
	}
	v := e.Vote
	v.State, v.Version = election.Looking, election.WireVersion
	if f.timed {
		return f.because(e, f.b.Sent(e.Peer, v))
	}
	if can, _ := f.b.Is(func(s *election.Server) bool { return s.State == election.Looking && s.Ballot() == v }); can {
		return nil
	}
	f.evidence = f.b.Explain()
	return fmt.Errorf("server %v sends %v, which is not its vote", f.sid, e.Vote)
}

// because puts the line into words, and keeps the evidence apart.
func (f *follower) because(e *Event, err error) error {
	if err == nil || errors.Is(err, subject.ErrLost) {
		return err
	}
	f.evidence = f.b.Explain()
	var u *subject.Unexplained
	if errors.As(err, &u) {
		f.evidence = u.Could
	}
	switch e.Kind {
	case Heard:
		switch {
		case e.Mine != election.Looking:
			return f.undecided(e)
		case e.Peer == f.sid:
			return fmt.Errorf("server %v hears itself say %v, which it has not sent", f.sid, e.Vote)
		}
		return fmt.Errorf("server %v can't hear server %v say %v", f.sid, e.Peer, e.Vote)
	case Sending:
		return fmt.Errorf("server %v sends %v, which is not its vote", f.sid, e.Vote)
	case Proposed:
		return fmt.Errorf("server %v changes its vote to server %v with zxid %v without a better one", f.sid, e.Vote.Leader, e.Vote.Zxid)
	case Counted:
		return fmt.Errorf("server %v counts a vote of server %v for server %v with zxid %v in round %d, which is not its next",
			f.sid, e.Peer, e.Vote.Leader, e.Vote.Zxid, e.Vote.Round)
	}
	return f.undecided(e)
}

// undecided says what was wrong with a decision: whose votes the server had.
func (f *follower) undecided(e *Event) error {
	text := fmt.Sprintf("server %v says %v", f.sid, e.Mine)
	if e.Kind == Leaving {
		text += fmt.Sprintf(", leader %v with zxid %v", e.Vote.Leader, e.Vote.Zxid)
	}
	last := f.votes()
	var held []string
	for sid := election.SID(0); sid < election.NoServer; sid++ {
		if v, ok := last[sid]; ok {
			held = append(held, fmt.Sprintf("%v: %v", sid, v))
		}
	}
	text += fmt.Sprintf("; its last votes are {%s}", strings.Join(held, ", "))
	looking, told := f.ballots()
	for _, b := range append(looking, told...) {
		if len(b.voters) > 0 {
			text += fmt.Sprintf("; server %v has those of %s", b.vote.Leader, join(b.voters))
		}
	}
	if f.e.Hierarchical() {
		return errors.New(text)
	}
	return fmt.Errorf("%s; a quorum of %d is %d", text, f.e.Voters, f.e.Voters/2+1)
}

// votes are the last votes that a server has heard before its decision, its own included.
func (c *contest) votes() map[election.SID]election.Vote {
	last := map[election.SID]election.Vote{}
	for i := range c.events {
		e := &c.events[i]
		if c.decided != nil && e.Line == c.decided.Line && e.file == c.decided.file {
			break
		}
		if e.Kind == Heard {
			last[e.Peer] = e.Vote
		}
	}
	return last
}

// Deciders: what tells the winner's vote from the second best.
const (
	ByEpoch = "EPOCH"
	ByZxid  = "ZXID"
	BySID   = "SID"
)

func decider(winner, second election.Candidate) string {
	switch {
	case winner.PeerEpoch != second.PeerEpoch:
		return ByEpoch
	case winner.Zxid != second.Zxid:
		return ByZxid
	}
	return BySID
}

// summary tells what an election came to, as its lines say it.
func (c *contest) summary(e *election.Ensemble) Election {
	x := Election{Server: c.sid, Process: c.process, Round: c.round, Outcome: c.ended, contest: c}
	x.From, x.To = c.place(&c.events[0]), c.place(&c.events[len(c.events)-1])
	if c.opening != nil {
		x.Own = c.opening.Vote.Candidate.String()
	}
	if c.decided == nil {
		return x
	}
	x.Outcome = c.decided.Mine.String()
	looking, told := c.ballots()
	for _, list := range [2][]ballot{looking, told} {
		for _, b := range list {
			if !e.IsQuorum(b.set(e)) || (b.vote.Leader == c.sid) != (c.decided.Mine == election.Leading) {
				continue
			}
			leader := b.vote.Leader
			x.Leader, x.Vote, x.Final, x.Votes = &leader, b.vote.Candidate.String(), b.vote.Round, b.voters
			x.Told, x.decision = b.vote.State != election.Looking, b.vote.Candidate
			if !x.Told {
				c.second(e, &x)
			}
			return x
		}
	}
	return x
}

// ballot is a vote, and who has it.
type ballot struct {
	vote   election.Vote
	voters []election.SID
}

func (b *ballot) set(e *election.Ensemble) election.Set {
	var set election.Set
	for _, sid := range b.voters {
		if i, ok := e.Position(sid); ok {
			set = set.With(i)
		}
	}
	return set
}

// ballots are the last votes of every server before the decision: those equal to the server's own last
// one, and those of servers that had decided, by leader.
func (c *contest) ballots() (looking, told []ballot) {
	last := c.votes()
	own := c.lastOwn()
	mine, by := ballot{vote: own}, map[election.SID]*ballot{}
	for sid := election.SID(0); sid < election.NoServer; sid++ {
		v, ok := last[sid]
		if !ok {
			continue
		}
		if v.Candidate == own.Candidate && v.Round == own.Round {
			mine.voters = append(mine.voters, sid)
		}
		if v.State == election.Following || v.State == election.Leading {
			b := by[v.Leader]
			if b == nil {
				b = &ballot{vote: v}
				by[v.Leader] = b
			}
			b.voters = append(b.voters, sid)
		}
	}
	for _, b := range by {
		told = append(told, *b)
	}
	slices.SortFunc(told, func(a, b ballot) int { return len(b.voters) - len(a.voters) })
	return []ballot{mine}, told
}

// lastOwn is the vote that the server last sent itself before its decision.
func (c *contest) lastOwn() (own election.Vote) {
	for i := range c.events {
		e := &c.events[i]
		if c.decided != nil && e.Line == c.decided.Line && e.file == c.decided.file {
			break
		}
		if e.Kind == Heard && e.Peer == c.sid && e.Vote.State == election.Looking {
			own = e.Vote
		}
	}
	return own
}

// second finds the best vote of the round that did not win, and what decided.
func (c *contest) second(e *election.Ensemble, x *Election) {
	var best *election.Candidate
	for i := range c.events {
		v := &c.events[i].Vote
		if c.events[i].Kind != Heard || v.State != election.Looking || v.Round != x.Final || v.Leader == x.decision.Leader {
			continue
		}
		if best == nil || election.Beats(e, v.Candidate, *best) {
			best = &v.Candidate
		}
	}
	if best != nil {
		x.Second, x.Decider = best.String(), decider(x.decision, *best)
	}
}
