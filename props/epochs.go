package props

import (
	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/model"
)

// What must be true of epochs: P1, P2, P16, P18, P19.
func epochProperties() []Property {
	return []Property{
		{ID: "P1", Name: "one-leader-per-epoch", Kind: Always, Track: cluster.Track{Epochs: true},
			Doc:    "no epoch is established by two servers, now or over the whole run",
			Speaks: cluster.LeaderIsUp, Doubts: cluster.LeadersAreUp | cluster.Happened(election.Established), Check: oneLeaderPerEpoch},
		{ID: "P2", Name: "epochs-never-go-back", Kind: Always,
			Doc:    "acceptedEpoch and currentEpoch on a disk only grow, and acceptedEpoch >= currentEpoch",
			Speaks: cluster.AnyAction &^ cluster.By(cluster.Wipe), Doubts: cluster.DiskMoved, Own: true, Check: epochsNeverGoBack},
		{ID: "P16", Name: "promised-before-told", Kind: Always,
			Doc:    "who sends LEADERINFO(e) has acceptedEpoch >= e on its own disk",
			Speaks: cluster.Sent, Own: true, Check: promisedBeforeTold},
		{ID: "P18", Name: "fixed-epoch-is-new", Kind: Always,
			Doc:    "the epoch a leader fixes is above every acceptedEpoch it heard, its own included",
			Speaks: cluster.Happened(election.EpochFixed), Own: true, Check: fixedEpochIsNew},
		{ID: "P19", Name: "counted-acks-are-promises", Kind: Always,
			Doc:    "a counted ACKEPOCH(e) came with its sender's disk write of acceptedEpoch = e",
			Speaks: cluster.Sent | cluster.Happened(election.AckCounted), Own: true, Check: countedAcksArePromises},
	}
}

// established tells whether the server is a leader that has established its epoch.
func established(s *election.Server) bool {
	return s.State == election.Leading && s.Phase >= election.Synchronization && s.Stage() != election.Establishing
}

// oneLeaderPerEpoch. The witness: an epoch is established in a run that has established another.
func oneLeaderPerEpoch(st Step) (Outcome, error) {
	var lone *election.Server
	for i := range st.After.Servers {
		if a := st.After.Servers[i]; established(a) && st.After.Up.Has(i) {
			lone = a
			for k := range i {
				if b := st.After.Servers[k]; established(b) && a.Epoch == b.Epoch && st.After.Up.Has(k) {
					return violated("epoch %d has two established leaders, server %v and server %v", a.Epoch, b.SID, a.SID)
				}
			}
		}
	}
	if lone == nil {
		return Silent, nil
	}
	again := false
	for _, f := range st.After.Out.Facts {
		if f.Kind != election.Established {
			continue
		}
		leader := st.actor().SID
		if first, ok := st.Before.EstablishedBy(f.Epoch); ok && first != leader {
			return violated("server %v established epoch %d, which server %v had established before", leader, f.Epoch, first)
		}
		again = st.Before.EstablishedEpochs() > 0
	}
	return held(again)
}

// epochsNeverGoBack. The witness: an epoch on a disk grew. A wiped disk starts again.
func epochsNeverGoBack(st Step) (Outcome, error) {
	if st.Action.Kind == cluster.Wipe {
		return Silent, nil
	}
	grew := false
	for i := range st.After.Servers {
		was, is := &st.Before.Servers[i].Disk, &st.After.Servers[i].Disk
		if was.AcceptedEpoch == is.AcceptedEpoch && was.CurrentEpoch == is.CurrentEpoch {
			continue
		}
		switch {
		case is.AcceptedEpoch < was.AcceptedEpoch:
			return violated("server %v: acceptedEpoch on disk went back from %d to %d", st.sid(i), was.AcceptedEpoch, is.AcceptedEpoch)
		case is.CurrentEpoch < was.CurrentEpoch:
			return violated("server %v: currentEpoch on disk went back from %d to %d", st.sid(i), was.CurrentEpoch, is.CurrentEpoch)
		case is.AcceptedEpoch < is.CurrentEpoch:
			return violated("server %v: acceptedEpoch %d on disk is below currentEpoch %d", st.sid(i), is.AcceptedEpoch, is.CurrentEpoch)
		}
		grew = true
	}
	return held(grew)
}

func promisedBeforeTold(st Step) (Outcome, error) {
	for _, p := range st.After.Out.Packets {
		if p.Packet.Kind != election.LeaderInfo {
			continue
		}
		if a := st.actor(); a.Disk.AcceptedEpoch < p.Packet.Epoch {
			return violated("server %v sent LEADERINFO(%d) to server %v with acceptedEpoch %d on its disk",
				a.SID, p.Packet.Epoch, st.sid(int(p.To)), a.Disk.AcceptedEpoch)
		}
		return Witnessed, nil
	}
	return Silent, nil
}

func fixedEpochIsNew(st Step) (Outcome, error) {
	for _, f := range st.After.Out.Facts {
		if f.Kind == election.EpochFixed {
			highest := max(f.Max, st.Before.Servers[st.After.Actor].Disk.AcceptedEpoch)
			if f.Epoch <= highest {
				return violated("server %v fixed epoch %d after hearing acceptedEpoch %d", st.actor().SID, f.Epoch, highest)
			}
			return Witnessed, nil
		}
	}
	return Silent, nil
}

// countedAcksArePromises looks where the ack is sent, so that its word for having written is not taken
// for it, and where it is counted.
func countedAcksArePromises(st Step) (Outcome, error) {
	for i := range st.After.Out.Packets {
		p := &st.After.Out.Packets[i].Packet
		if p.Kind != election.AckEpoch || p.NoCount {
			continue
		}
		was, is := st.Before.Servers[st.After.Actor].Disk.AcceptedEpoch, st.actor().Disk.AcceptedEpoch
		if is != p.Epoch || was >= p.Epoch {
			return violated("server %v sent an ACKEPOCH(%d) to be counted, its acceptedEpoch on disk went from %d to %d",
				st.actor().SID, p.Epoch, was, is)
		}
		return Held, nil
	}
	for _, f := range st.After.Out.Facts {
		if f.Kind == election.AckCounted {
			if !f.Flag {
				return violated("server %v counted ACKEPOCH(%d) of server %v, which did not write acceptedEpoch %d when it sent it",
					st.actor().SID, f.Epoch, st.sid(int(f.Peer)), f.Epoch)
			}
			return Witnessed, nil
		}
	}
	return Silent, nil
}

// quorums is the part of P6 that is about epochs: who was heard when one was fixed, whose ACKEPOCHs
// established it, and whose acks of NEWLEADER made its leader serve. Each is a quorum with the leader.
func quorums(st Step, f election.Fact) error {
	set, did := election.Set(f.Max), "established"
	switch f.Kind {
	case election.EpochFixed:
		did = "fixed"
		set = st.Before.Servers[st.After.Actor].Heard().With(st.After.Actor)
		if st.After.In.Kind == election.PacketIn {
			set = st.Before.Servers[st.After.Actor].Heard().With(int(st.After.In.From))
		}
	case election.Serving:
		did = "serves"
	}
	var array [election.MaxServers]election.SID
	sids := array[:0]
	for i := range st.members() {
		if set.Has(i) {
			sids = append(sids, st.sid(i))
		}
	}
	return model.LeaderQuorum(st.members(), st.actor().SID, did, f.Epoch, sids)
}
