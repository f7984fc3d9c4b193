package props

import (
	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/election"
)

// What must be true of messages that no server of the ensemble could have sent: P15, as far as it speaks of
// servers. That bytes are read right is the business of package wire.
func garbledProperties() []Property {
	return []Property{
		{ID: "P15", Name: "malformed-changes-nothing", Kind: Always,
			Doc:    "what cannot be read, and a vote for a stranger, changes nothing; the next message is received",
			Speaks: cluster.By(cluster.Garble) | cluster.By(cluster.Stranger) | cluster.By(cluster.Deliver), Own: true, Check: malformedChangesNothing},
	}
}

// malformedChangesNothing. A vote for a stranger does one thing in ZooKeeper: one that is better than the
// proposal ends finalizeWait, whose loop looks at no sid, before it is dropped (lookForLeader). The receive
// path answers it like any other that lags, and in the fine grain queues it. The witness: it came to a server
// that looks for a leader.
func malformedChangesNothing(st Step) (Outcome, error) {
	if st.Action.Kind != cluster.Garble && st.Action.Kind != cluster.Stranger {
		return receives(st)
	}
	was, is := *st.Before.Servers[st.After.Actor], *st.After.Servers[st.After.Actor]
	if st.Action.Kind == cluster.Stranger {
		if was.Waiting = is.Waiting; st.System.Ensemble.Fine {
			return Held, nil
		}
	}
	if was != is {
		return violated("server %v is not what it was after %v: it was %v with proposal %v in round %d, it is %v with %v in %d",
			is.SID, st.Action, was.State, was.Proposal, was.Round, is.State, is.Proposal, is.Round)
	}
	return held(is.State == election.Looking)
}

// receives: a notification that comes in does something, if it is a vote of this round or a later one to a
// server that looks for a leader.
func receives(st Step) (Outcome, error) {
	in := &st.After.In
	if st.System.Limits.Garbles == 0 || st.Action.Kind != cluster.Deliver || st.Action.N > 0 || st.After.Out.Decided {
		return Silent, nil
	}
	was, is := st.Before.Servers[st.After.Actor], st.After.Servers[st.After.Actor]
	if was.State != election.Looking || int(in.From) >= st.System.Ensemble.Voters {
		return Silent, nil
	}
	if st.System.Ensemble.Fine {
		if is.Queued() != was.Queued()+1 {
			return violated("server %v did not queue the vote of server %v: it is deaf", is.SID, st.sid(int(in.From)))
		}
		return Held, nil
	}
	if was.Waiting || !counts(st, &in.Vote, is) {
		return Silent, nil
	}
	if votes, present := is.Votes(election.Recvset); !present.Has(int(in.From)) || votes[in.From].Candidate != in.Vote.Candidate {
		return violated("server %v did not count the vote %v of server %v: it is deaf", is.SID, in.Vote, st.sid(int(in.From)))
	}
	return Held, nil
}
