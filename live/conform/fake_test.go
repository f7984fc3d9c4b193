package conform

import (
	"net"
	"sync"
	"testing"
	"time"

	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/wire"
)

// Times of a fake, all shorter than ZooKeeper's.
const (
	fakeFinalizeWait = 100 * time.Millisecond
	fakeResend       = 100 * time.Millisecond // doubled each time
	fakeInitLimit    = 3 * time.Second        // that it leads is seen after 300 ms without a sign of it, or after several such times
	fakeTries        = 100                    // to connect to a leader
	fakeTriesAgain   = 20 * time.Millisecond
)

// fake is a server that speaks the protocol: the engine, behind an election port. Its threads do what they
// have to at once, but for what it is told to put off.
type fake struct {
	t     *testing.T
	e     *election.Ensemble
	addrs map[election.SID]TargetMember
	l     net.Listener

	mu      sync.Mutex
	closed  bool
	server  election.Server
	out     election.Outputs
	links   map[int]net.Conn // by position
	last    map[int][]byte   // what was sent there last
	timer   *time.Timer      // notification time-out, finalizeWait or initLimit
	resend  time.Duration
	term    int // counts elections and terms: what belongs to an old one comes too late
	learner net.Conn
	tasks   sync.WaitGroup

	ponders time.Duration // between its new state and its new vote, when it decides by what it is told
	shy     chan struct{} // who connects to the election port waits until it is closed, which finding a leader does
}

// newFake starts a fake as the subject of a target.
func newFake(t *testing.T, target *Target, sid election.SID, d election.Disk, breakRule func(*election.Rules)) *fake {
	t.Helper()
	c, err := target.config()
	if err != nil {
		t.Fatal(err)
	}
	c.Ensemble.Fine = true
	if breakRule != nil {
		breakRule(&c.Ensemble.Rules)
	}
	f := &fake{t: t, e: c.Ensemble, addrs: map[election.SID]TargetMember{}, links: map[int]net.Conn{}, last: map[int][]byte{}}
	for _, m := range target.Members {
		f.addrs[m.SID] = m
	}
	if f.l, err = net.Listen("tcp", f.addrs[sid].Election); err != nil {
		t.Fatal(err)
	}
	pos, _ := f.e.Position(sid)
	f.server = election.NewServer(f.e, pos, d)
	f.timer = time.AfterFunc(time.Hour, f.tick)
	f.mu.Lock()
	f.resend = fakeResend
	f.step(&election.Input{Kind: election.Start})
	f.mu.Unlock()
	f.tasks.Go(func() {
		for {
			conn, err := f.l.Accept()
			if err != nil {
				return
			}
			f.tasks.Go(func() { f.accept(conn) })
		}
	})
	t.Cleanup(f.close)
	return f
}

func (f *fake) close() {
	f.l.Close()
	f.mu.Lock()
	f.closed = true
	f.timer.Stop()
	for _, c := range f.links {
		c.Close()
	}
	if f.learner != nil {
		f.learner.Close()
	}
	f.serve()
	f.mu.Unlock()
	f.tasks.Wait()
}

// beShy lets nobody be served until the server has found a leader; serve ends that, and f.mu is held.
func (f *fake) beShy() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.shy = make(chan struct{})
}

func (f *fake) serve() {
	if f.shy != nil {
		close(f.shy)
		f.shy = nil
	}
}

// accept is QuorumCnxManager.handleConnection: of two servers the larger keeps what it has opened.
func (f *fake) accept(conn net.Conn) {
	h, err := wire.ReadHeader(conn)
	f.mu.Lock()
	shy := f.shy
	f.mu.Unlock()
	if shy != nil {
		<-shy
	}
	pos, ok := f.e.Position(election.SID(h.SID))
	switch {
	case err != nil || !ok:
		conn.Close()
	case h.SID > int64(f.server.SID):
		f.keep(pos, conn)
	default:
		conn.Close()
		f.call(pos)
	}
}

// call is QuorumCnxManager.startConnection.
func (f *fake) call(pos int) {
	sid := f.e.Members[pos].SID
	conn, err := net.Dial("tcp", f.addrs[sid].Election)
	if err != nil {
		return
	}
	b, err := wire.Header{Protocol: wire.OneAddress, SID: int64(f.server.SID), Addrs: []string{f.l.Addr().String()}}.AppendBinary(nil)
	if err != nil {
		f.t.Error(err)
	}
	conn.Write(b)
	if sid > f.server.SID {
		conn.Close()
		return
	}
	f.keep(pos, conn)
}

// keep reads a connection. What was sent last is sent again at its beginning.
func (f *fake) keep(pos int, conn net.Conn) {
	defer conn.Close()
	f.mu.Lock()
	if f.closed {
		f.mu.Unlock()
		return
	}
	if old := f.links[pos]; old != nil {
		old.Close()
	}
	f.links[pos] = conn
	conn.Write(f.last[pos])
	f.mu.Unlock()
	for {
		b, err := wire.ReadFrame(conn, nil)
		f.mu.Lock()
		if err != nil || f.closed || f.links[pos] != conn {
			if f.links[pos] == conn {
				delete(f.links, pos)
			}
			f.mu.Unlock()
			return
		}
		if n, err := wire.ParseNotification(b); err != nil {
			f.t.Error(err)
		} else if v, err := n.Vote(); err != nil {
			f.t.Error(err)
		} else {
			f.step(&election.Input{Kind: election.Notification, From: uint8(pos), Vote: v})
		}
		f.mu.Unlock()
	}
}

// step takes a step, and all that follow from it; f.mu is held. Of a wrong rule they could go on for ever.
func (f *fake) step(in *election.Input) {
	was := f.server.State
	list := []election.Input{*in}
	for n := 0; len(list) > 0 && n < 50; n++ {
		f.out.Reset()
		list[0].Halfway = f.ponders > 0 && list[0].Kind == election.Handle && f.server.Divides(f.e, &list[0])
		f.server.Step(f.e, &list[0], &f.out)
		list = list[1:]
		switch f.server.Stage() {
		case election.Deciding:
			time.AfterFunc(f.ponders, f.decided)
		case election.Adopting:
			list = append([]election.Input{{Kind: election.Resume}}, list...)
		}
		for _, note := range f.out.Notes {
			if int(note.To) == f.server.Position() {
				list = append(list, election.Input{Kind: election.Notification, From: note.To, Vote: note.Vote})
			} else {
				f.send(int(note.To), note.Vote)
			}
		}
		if f.out.Connect >= 0 && f.server.State == election.Following {
			term := f.term
			if f.server.State != was {
				term++
			}
			f.learn(f.addrs[f.e.Members[f.out.Connect].SID].Quorum, term)
		}
		if f.server.State == election.Looking && f.server.Queued() > 0 && f.server.Stage() == election.Whole {
			list = append([]election.Input{{Kind: election.Handle}}, list...)
		}
	}
	if f.server.State != was {
		f.term++
		f.resend = fakeResend
	}
	switch {
	case f.server.Stage() != election.Whole:
	case f.server.State == election.Leading && was != election.Leading:
		f.timer.Reset(fakeInitLimit)
	case f.server.State == election.Looking && f.server.Waiting:
		f.timer.Reset(fakeFinalizeWait)
	case f.server.State == election.Looking:
		f.timer.Reset(f.resend)
	}
}

// decided is the second half of a decision.
func (f *fake) decided() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.closed && f.server.Stage() == election.Deciding {
		f.step(&election.Input{Kind: election.Resume})
	}
}

// tick is the timer of whatever the server waits for.
func (f *fake) tick() {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.closed:
	case f.server.State == election.Leading:
		f.step(&election.Input{Kind: election.GiveUp})
	case f.server.State == election.Looking && f.server.Waiting:
		f.step(&election.Input{Kind: election.Decide})
	case f.server.State == election.Looking:
		f.resend *= 2
		f.step(&election.Input{Kind: election.Timeout})
	}
}

func (f *fake) send(pos int, v election.Vote) {
	n, err := wire.FromVote(v, "")
	if err == nil {
		f.last[pos], err = n.AppendFrame(nil)
	}
	if err != nil {
		f.t.Error(err)
	}
	if conn := f.links[pos]; conn != nil {
		conn.Write(f.last[pos])
	} else if !f.closed {
		f.tasks.Go(func() { f.call(pos) })
	}
}

// learn follows a leader until it hangs up. A leader that does not listen yet is waited for (Learner.connectToLeader).
func (f *fake) learn(addr string, term int) {
	f.tasks.Go(func() {
		conn, err := net.Dial("tcp", addr)
		for tries := 1; err != nil && tries < fakeTries && f.follows(term); tries++ {
			time.Sleep(fakeTriesAgain)
			conn, err = net.Dial("tcp", addr)
		}
		if err == nil {
			f.mu.Lock()
			if f.learner = conn; f.closed {
				conn.Close()
			}
			f.serve()
			f.mu.Unlock()
			conn.Write([]byte("epoch"))
			conn.Read(make([]byte, 1))
			conn.Close()
		}
		f.mu.Lock()
		defer f.mu.Unlock()
		if !f.closed && f.term == term && f.server.State == election.Following {
			f.step(&election.Input{Kind: election.GiveUp})
		}
	})
}

// follows tells whether the term goes on.
func (f *fake) follows(term int) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return !f.closed && f.term == term && f.server.State == election.Following
}
