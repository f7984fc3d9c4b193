package bridge

import (
	"fmt"
	"slices"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/model/tla"
)

// crossing is one step on its way over: what was and what is, by the engine, and what has to be, by the module.
type crossing struct {
	Step
	b             *Bridge
	was, is, want picture

	bare    picture // what the module has of what was
	module  tla.State
	enabled []tla.Action
}

// note notes that a difference occurred.
func (x *crossing) note(d Difference) { x.Differences |= 1 << d }

// take finds out what the module makes of a step.
func (x *crossing) take(by cluster.Action) error {
	pos, ok := x.b.system.Ensemble.Position(by.From)
	if !ok || by.N != 0 {
		return fmt.Errorf("the module has no such step")
	}
	i := x.b.number[pos]
	switch by.Kind {
	case cluster.Start:
		return x.starts(i)
	case cluster.Timeout:
		return x.timesOut(i)
	case cluster.Deliver:
		to, _ := x.b.system.Ensemble.Position(by.To)
		if to == pos {
			x.receiveOwn(i)
			return nil
		}
		return x.receive(x.b.number[to], i)
	case cluster.Handle:
		return x.handle(i)
	case cluster.Decide:
		return x.decide(i)
	case cluster.GiveUp:
		if err := x.run(x.one(tla.ZabTimeout, i)); err != nil {
			return err
		}
		x.tellOwn(i)
		return nil
	}
	return fmt.Errorf("the module has no such step")
}

func (x *crossing) one(k tla.Kind, i int) tla.Action { return tla.Action{Kind: k, I: uint8(i + 1)} }

// run lets a server of the module act, on what it has of what was. What servers send to themselves stays as it was, but in
// the queue of the one that acts.
func (x *crossing) run(actions ...tla.Action) error {
	x.bare.copyFrom(x.was)
	return x.runBare(actions...)
}

func (x *crossing) runBare(actions ...tla.Action) error {
	x.Actions = actions
	x.bare.strip()
	var err error
	if x.module, err = x.b.module.Pack(x.bare); err != nil {
		return err
	}
	for _, a := range actions {
		x.enabled = x.b.module.Actions(&x.module, x.enabled[:0])
		if !slices.Contains(x.enabled, a) {
			return fmt.Errorf("the module's %v is not enabled", a)
		}
		x.b.module.Apply(&x.module, a)
	}
	x.want = x.b.module.ViewTo(x.want, &x.module)
	for i := range x.want {
		w, was := &x.want[i], &x.was[i]
		w.In[i] = append(w.In[i], was.In[i]...)
		w.ReceiveVotes[i], w.OutOfElection[i] = was.ReceiveVotes[i], was.OutOfElection[i]
		if i != int(actions[0].I)-1 {
			w.Queue = append(w.Queue[:0], was.Queue...)
		}
	}
	return nil
}

// starts: the module's server has had a time-out before anything came, and handles it now.
func (x *crossing) starts(i int) error {
	if err := x.run(x.one(tla.HandleNotmsg, i)); err != nil {
		return err
	}
	x.tellOwn(i)
	return nil
}

// timesOut: NotmsgTimeout and HandleNotmsg, by which a LOOKING server sends its vote. The module's does so only when nothing
// is on its way to it: what is, is set aside meanwhile.
func (x *crossing) timesOut(i int) error {
	x.bare.copyFrom(x.was)
	p := &x.bare[i]
	for j := range p.In {
		if j != i && len(p.In[j]) > 0 {
			p.In[j] = p.In[j][:0]
			x.note(EarlyTimeout)
		}
	}
	if err := x.runBare(x.one(tla.NotmsgTimeout, i), x.one(tla.HandleNotmsg, i)); err != nil {
		return err
	}
	for j, in := range x.was[i].In {
		if j != i {
			x.want[i].In[j] = append(x.want[i].In[j], in...)
		}
	}
	x.tellOwn(i)
	return nil
}

// tellOwn: whoever sends to all sends to itself.
func (x *crossing) tellOwn(i int) {
	w := &x.want[i]
	w.In[i] = append(w.In[i], tla.Message{From: i + 1, Vote: w.Vote})
}

func (x *crossing) receive(i, j int) error {
	action := x.one(tla.ReceiveNotmsg, i)
	action.J = uint8(j + 1)
	if err := x.run(action); err != nil {
		return err
	}
	if w := &x.want[i]; w.State == tla.Looking {
		last := w.Queue[len(w.Queue)-1]
		w.Queue = append(append(w.Queue[:0], x.was[i].Queue...), last)
	}
	return nil
}

// receiveOwn is ReceiveNotmsg of a server from itself, which the module does not have.
func (x *crossing) receiveOwn(i int) {
	x.want.copyFrom(x.was)
	w := &x.want[i]
	n := w.In[i][0]
	w.In[i] = slices.Delete(w.In[i], 0, 1)
	looking := w.State == tla.Looking
	if looking {
		w.Queue = append(w.Queue, n)
	}
	if n.State == tla.Looking && (!looking || n.Round < w.Round) {
		x.note(OwnAnswer)
		x.tellOwn(i)
	}
}

// decide: finalizeWait is over.
func (x *crossing) decide(i int) error {
	if err := x.run(x.one(tla.WaitNewNotmsg, i)); err != nil {
		return err
	}
	was, w := &x.was[i], &x.want[i]
	if w.State == tla.Leading && !same(was.ReceiveVotes[i], was.Vote) {
		x.note(WithoutOwn)
		w.Voters[i] = false
	}
	return nil
}

// settle is what follows every step: what limits lose is lost, and who has left LOOKING forgets.
func (x *crossing) settle(after *cluster.State) {
	for i := range x.want {
		w := &x.want[i]
		most, lost := x.b.system.Limits.ChannelLen, Bounded
		if !after.Started.Has(x.b.position[i]) {
			most, lost = 1, Unconnected
		}
		for j := range w.In {
			if j == i {
				x.cutTo(&w.In[j], cluster.MaxChannel, Bounded)
			} else {
				x.cutTo(&w.In[j], most, lost)
			}
		}
		if w.State == tla.Looking {
			continue
		}
		if len(w.Queue) > 0 && x.was[i].State == tla.Looking {
			x.note(Leftover)
		}
		w.Queue, w.Waits = w.Queue[:0], false
		clear(w.ReceiveVotes)
		clear(w.OutOfElection)
	}
}

// cutTo leaves the newest messages of a channel.
func (x *crossing) cutTo(channel *[]tla.Message, most int, lost Difference) {
	if n := len(*channel); n > most {
		x.note(lost)
		*channel = slices.Delete(*channel, 0, n-most)
	}
}
