package props

import (
	"github.com/anishathalye/porcupine"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/model"
)

// clients are what those who write and read see of a run. On every server that serves, for as long as it
// does, one reads: the plain reads of a client that stays with its server, after each step in which its
// server could show something new. On a leader that client also syncs first, as long as no later epoch is
// established: a sync is no quorum operation in ZooKeeper, and a deposed leader answers it with what it has
// (lesson one-serving-leader). Each write is by a client of its own, who reads when it is answered.
type clients struct {
	ops     []model.ClientOp
	open    map[uint8]int // by value, the place in ops of a write that was not answered
	session [election.MaxServers]int
	serving [election.MaxServers]bool
	next    int
}

// maxClientOps bounds what is kept of a run: a judge must not grow without end.
const maxClientOps = 512

func (c *clients) begin() {
	clear(c.open)
	c.ops, c.serving, c.next = c.ops[:0], [election.MaxServers]bool{}, 0
}

// client is somebody new.
func (c *clients) client() int {
	c.next++
	return c.next
}

// record looks at a step that ended at the given time.
func (c *clients) record(after *cluster.State, clock int64) {
	for i := range after.Servers {
		v := after.Servers[i]
		serves := after.Up.Has(i) && v.State != election.Looking && v.Phase == election.Broadcast
		if serves && !c.serving[i] {
			c.session[i] = c.client()
		}
		c.serving[i] = serves
	}
	if after.Actor < 0 || len(c.ops) >= maxClientOps {
		return
	}
	v := after.Servers[after.Actor]
	for _, f := range after.Out.Facts {
		switch f.Kind {
		case election.Proposed:
			if c.open == nil {
				c.open = map[uint8]int{}
			}
			c.open[f.Txn.Value] = len(c.ops)
			c.ops = append(c.ops, model.ClientOp{Client: c.client(), Kind: model.Write, Value: uint64(f.Txn.Value),
				Zxid: f.Txn.Zxid, Call: 2 * clock, Unknown: true})
		case election.Replied:
			if at, ok := c.open[f.Txn.Value]; ok && f.Txn.Value != 0 {
				c.ops[at].Return, c.ops[at].Unknown = 2*clock, false
				delete(c.open, f.Txn.Value)
				c.read(v, c.ops[at].Client, model.PlainRead, 2*clock+1)
			}
		}
	}
	if !c.serving[after.Actor] {
		return
	}
	c.read(v, c.session[after.Actor], model.PlainRead, 2*clock+1)
	if v.State == election.Leading && !deposed(after, v) {
		c.read(v, c.session[after.Actor], model.SyncedRead, 2*clock+1)
	}
}

// read adds what a server shows, unless the same client has just seen that.
func (c *clients) read(v *election.Server, client int, kind model.ClientKind, now int64) {
	o := model.ClientOp{Client: client, Kind: kind, Call: now, Return: now}
	if n := v.Committed(); n > 0 {
		if t := v.History().At(n - 1); t.Value != 0 {
			o.Value, o.Zxid = uint64(t.Value), t.Zxid
		}
	}
	for i := len(c.ops) - 1; i >= 0; i-- {
		if p := &c.ops[i]; p.Kind == kind && p.Client == client {
			if p.Value == o.Value && kind == model.PlainRead {
				return
			}
			break
		}
	}
	c.ops = append(c.ops, o)
}

// deposed tells whether an epoch after that of the leader is established.
func deposed(s *cluster.State, leader *election.Server) bool {
	for i := range s.Servers {
		if s.Servers[i].Disk.CurrentEpoch > leader.Epoch {
			return true
		}
	}
	return false
}

// judge asks both models. The witness: a write was answered, and somebody read it in another term.
func (c *clients) judge() (Outcome, error) {
	written, read := false, false
	for _, o := range c.ops {
		written = written || o.Kind == model.Write && !o.Unknown
		read = read || o.Kind != model.Write && o.Value != 0
	}
	if len(c.ops) == 0 {
		return Silent, nil
	}
	if err := model.ClientEvidence(c.ops); err != nil {
		return Violated, err
	}
	if err := model.CheckMonotone(c.ops); err != nil {
		return Violated, err
	}
	if result, _ := model.CheckClients(c.ops, 0); result != porcupine.Ok {
		return violated("the register of the clients is not linearizable (porcupine: %v)", result)
	}
	return held(written && read)
}
