package election

import "fmt"

func (s *Server) DebugFields(prefix string, out map[string]string) {
	put := func(k string, v any) { out[prefix+k] = fmt.Sprint(v) }
	put("Disk", s.Disk)
	put("mem", Disk{s.Zxid, s.AcceptedEpoch, s.CurrentEpoch})
	put("State", s.State)
	put("Phase", s.Phase)
	put("Round", s.Round)
	put("Vote", s.Vote)
	put("Proposal", s.Proposal)
	put("Waiting", s.Waiting)
	put("Epoch", s.Epoch)
	put("Offered", s.Offered)
	put("heard", s.heard)
	put("candidate", s.candidate)
	put("heardMax", s.heardMax)
	put("acked", s.acked)
	put("newAcked", s.newAcked)
	put("awaitInfo", s.awaitInfo)
	put("awaitSync", s.awaitSync)
	put("awaiting", s.awaiting)
	put("inSync", s.inSync)
	put("forwarding", s.forwarding)
	put("lapsed", s.lapsed)
	put("acks", s.acks)
	put("Memo", s.Memo)
	put("sync", s.sync)
	put("pending", s.pending)
	put("committed", s.committed)
	put("lag", s.lag)
	for i := 0; i < 4; i++ {
		v := "-"
		if s.recvset.present.Has(i) {
			v = fmt.Sprint(s.recvset.votes[i])
		}
		put(fmt.Sprintf("recvset%d", i), v)
		v = "-"
		if s.outofelection.present.Has(i) {
			v = fmt.Sprint(s.outofelection.votes[i])
		}
		put(fmt.Sprintf("outof%d", i), v)
	}
	put("disk", s.disk.String())
	put("log", s.log.String())
}
