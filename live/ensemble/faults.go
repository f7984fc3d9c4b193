package ensemble

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/zkcheck/zkcheck/election"
)

// driver lets a schedule happen.
type driver struct {
	*servers
	served func(epoch uint32) bool // have enough writes of the epoch been acknowledged?
	show   func(fault string)
}

// maxHold is how long a fault waits for the present term to have acknowledged writes. A machine that is
// slower than that gets the fault all the same, and the judge says which term was empty.
const maxHold = 20 * time.Second

// drive carries out the steps. What is held back holds back all that follows, so that faults last as long as they were
// drawn; steps that find no time before the end do not happen.
func (d *driver) drive(ctx context.Context, steps []Step, end time.Duration) error {
	var held time.Duration
	d.faults.add(fault{AtMS: d.clock.ms(), Step: beginStep})
	for _, step := range steps {
		if !sleep(ctx, step.At+held-d.clock.now()) {
			return nil
		}
		note := ""
		if step.Quiet {
			d.disarm()
			before := d.clock.now()
			d.hold(ctx, end)
			if waited := d.clock.now() - before; waited > 10*time.Millisecond {
				held += waited
				note = fmt.Sprintf("held back %d ms", waited.Milliseconds())
			}
		}
		if d.clock.now() >= end {
			return nil
		}
		servers, err := d.apply(step)
		if err != nil {
			return fmt.Errorf("fault %s: %w", step, err)
		}
		d.faults.add(fault{AtMS: d.clock.ms(), Step: step.String(), Servers: servers, Note: note})
		d.show(fmt.Sprintf("%s (%v)", step, sidList(servers)))
	}
	return nil
}

// sleep is false if the context ended before.
func sleep(ctx context.Context, t time.Duration) bool {
	timer := time.NewTimer(t)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}

// hold waits until the present term has acknowledged enough writes.
func (d *driver) hold(ctx context.Context, end time.Duration) {
	for limit := min(end, d.clock.now()+maxHold); d.clock.now() < limit; {
		if sid, epoch := d.leader(); sid != 0 && d.served(epoch) {
			return
		}
		if !sleep(ctx, 20*time.Millisecond) {
			return
		}
	}
}

// apply is one step, and the servers that it met.
func (d *driver) apply(s Step) ([]election.SID, error) {
	switch s.Verb {
	case Restart:
		return d.startDown()
	case Resume:
		return d.resume()
	case Heal:
		var met []election.SID
		for _, p := range d.fabric.heal() {
			met = append(met, p.a, p.b)
		}
		return distinct(met), nil
	case AmbushNewleader, AmbushSnapshot:
		d.arm(s.Verb)
		return nil, nil
	}
	leads, _ := d.leader()
	up := d.up()
	target, ok := s.Target.resolve(leads, up)
	if !ok {
		return nil, nil // nobody is left to be broken
	}
	switch s.Verb {
	case Crash:
		d.crash(target, nil)
		return []election.SID{target}, nil
	case Pause:
		return []election.SID{target}, d.pause(target)
	case Cut:
		return d.links(target, leads, up, s.Peer, d.fabric.cutLink), nil
	case Stall:
		return d.links(target, leads, up, s.Peer, d.fabric.stallLink), nil
	}
	return nil, errors.New("unknown verb")
}

// links does something to the link between a server and a peer, or to all links of the server.
func (d *driver) links(target, leads election.SID, up []election.SID, peer Target, do func(x, y election.SID)) []election.SID {
	if peer != (Target{}) {
		other, ok := peer.resolve(leads, up)
		if !ok || other == target {
			return nil
		}
		do(target, other)
		return []election.SID{target, other}
	}
	for _, other := range d.sids() {
		if other != target {
			do(target, other)
		}
	}
	return []election.SID{target}
}

func (s *servers) arm(v Verb) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ambush[v]++
}

// disarm gives up the ambushes into which nobody has run.
func (s *servers) disarm() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.ambush)
}

// repair ends every fault.
func (d *driver) repair() error {
	d.disarm()
	healed := d.fabric.heal()
	resumed, err1 := d.resume()
	started, err2 := d.startDown()
	d.faults.add(fault{AtMS: d.clock.ms(), Step: endStep, Servers: distinct(append(resumed, started...)),
		Note: fmt.Sprintf("healed %d links, resumed [%v], restarted [%v]", len(healed), sidList(resumed), sidList(started))})
	return errors.Join(err1, err2)
}
