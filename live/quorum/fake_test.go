package quorum

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/live/server"
	"github.com/zkcheck/zkcheck/wire"
)

// fakes starts servers that are made of the engine: one state of a belief, behind an election port and a quorum
// port. Its threads do what they have to at once, one after the other.
type fakes struct {
	t       *testing.T
	version string
	mu      sync.Mutex
	disks   map[string]*state // by directory: what a process has left
}

func newFakes(t *testing.T, version string) *fakes {
	return &fakes{t: t, version: version, disks: map[string]*state{}}
}

func (fs *fakes) host() Host { return Host{Start: fs.start, Version: fs.version, Patience: Patience} }

type fake struct {
	*fakes
	b     *belief
	st    *state
	spec  server.Spec
	at    map[election.SID]string
	l, lq net.Listener // election and quorum port
	done  chan struct{}

	mu     sync.Mutex
	closed bool
	links  map[int]net.Conn // election
	quorum map[int]net.Conn // quorum port
	last   map[int][]byte   // notification
}

func (fs *fakes) start(_ context.Context, s server.Spec) (Process, error) {
	var members []election.Member
	f := &fake{fakes: fs, spec: s, at: map[election.SID]string{}, done: make(chan struct{}), links: map[int]net.Conn{},
		quorum: map[int]net.Conn{}, last: map[int][]byte{}}
	for _, m := range s.Members {
		members = append(members, election.Member{SID: m.SID})
		f.at[m.SID] = m.Host
	}
	e, err := election.NewEnsemble(members)
	if err != nil {
		return Process{}, err
	}
	f.b = newBelief(e, s.SID, Allow(fs.version))
	fs.mu.Lock()
	left := fs.disks[s.Dir]
	fs.mu.Unlock()
	if left == nil {
		f.b.start(s.Disk, (&Script{Disk: s.Disk}).log())
	} else {
		f.b.states = []*state{left}
		if err := f.b.killed(); err != nil {
			return Process{}, err
		}
	}
	f.st = f.b.states[0].clone()
	if f.l, err = net.Listen("tcp", fmt.Sprint(f.at[s.SID], ":", server.ElectionPort)); err != nil {
		return Process{}, err
	}
	go f.accept(f.l, f.elects)
	f.mu.Lock()
	f.after(election.Following)
	f.mu.Unlock()
	return Process{Kill: f.kill, Done: f.done}, nil
}

func (f *fake) kill() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return
	}
	f.closed = true
	f.l.Close()
	f.endTerm()
	for _, c := range f.links {
		c.Close()
	}
	f.fakes.mu.Lock()
	f.disks[f.spec.Dir] = f.st
	f.fakes.mu.Unlock()
	close(f.done)
}

func (f *fake) accept(l net.Listener, serve func(net.Conn)) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		go serve(conn)
	}
}

// elects is QuorumCnxManager: of two servers the larger keeps what it has opened.
func (f *fake) elects(conn net.Conn) {
	h, err := wire.ReadHeader(conn)
	pos, ok := f.b.e.Position(election.SID(h.SID))
	if err != nil || !ok {
		conn.Close()
		return
	}
	if h.SID < int64(f.spec.SID) {
		conn.Close()
		if conn, err = net.Dial("tcp", fmt.Sprint(f.at[election.SID(h.SID)], ":", server.ElectionPort)); err != nil {
			return
		}
		b, _ := wire.Header{Protocol: wire.OneAddress, SID: int64(f.spec.SID), Addrs: []string{f.l.Addr().String()}}.AppendBinary(nil)
		conn.Write(b)
	}
	f.mu.Lock()
	if f.closed {
		conn.Close()
	}
	f.links[pos] = conn
	conn.Write(f.last[pos])
	f.mu.Unlock()
	for {
		b, err := wire.ReadFrame(conn, nil)
		if err != nil {
			return
		}
		n, _ := wire.ParseNotification(b)
		v, err := n.Vote()
		f.mu.Lock()
		if err == nil && !f.closed {
			f.hears(pos, v)
		}
		f.mu.Unlock()
	}
}

// hears takes a notification; f.mu is held, as in all that follow.
func (f *fake) hears(from int, v election.Vote) {
	was := f.st.server.State
	f.st = f.st.clone()
	if was == election.Looking {
		f.b.tell(f.st, from, v)
		if f.st.server.Waiting {
			f.b.step(f.st, &election.Input{Kind: election.Decide})
		}
	} else if was == election.Leading && v.State == election.Looking {
		f.b.ending = true
	}
	if was == election.Looking && f.st.server.State != was {
		f.b.queue, f.b.ending = [election.MaxServers][]input{}, false
		f.st.taken, f.st.closing = [election.MaxServers]uint8{}, 0
		if f.st.server.State == election.Leading {
			f.st.beside.leads(&f.st.server)
			f.lead()
		} else {
			f.follow()
		}
	}
	f.after(was)
}

func (f *fake) follow() {
	leader := f.st.server.Vote.Leader
	pos, _ := f.b.e.Position(leader)
	conn, err := net.Dial("tcp", address(f.at[leader]))
	if err != nil {
		f.t.Error(err)
		return
	}
	f.quorum[pos] = conn
	go f.reads(pos, conn, bufio.NewReader(conn))
}

func (f *fake) lead() {
	var err error
	if f.lq, err = net.Listen("tcp", address(f.at[f.spec.SID])); err != nil {
		f.t.Error(err)
		return
	}
	go f.accept(f.lq, func(conn net.Conn) {
		r := bufio.NewReader(conn)
		p, err := wire.ReadQuorumPacket(r)
		if err != nil {
			conn.Close()
			return
		}
		info, err := wire.ParseLearnerInfo(p.Data)
		if err != nil {
			f.t.Error(err)
		}
		pos, _ := f.b.e.Position(election.SID(info.SID))
		f.mu.Lock()
		if f.quorum[pos] != nil {
			f.input(pos, input{closed: true}) // whoever reads it is late
		}
		if f.st.server.State != election.Leading {
			f.mu.Unlock()
			conn.Close()
			return
		}
		f.quorum[pos] = conn
		f.takes(pos, p, nil)
		f.mu.Unlock()
		f.reads(pos, conn, r)
	})
}

// reads takes packets until the connection ends.
func (f *fake) reads(pos int, conn net.Conn, r *bufio.Reader) {
	for {
		p, err := wire.ReadQuorumPacket(r)
		var snapshot *wire.Snapshot
		if err == nil && p.Type == wire.PacketSnap {
			var s wire.Snapshot
			s, err = wire.ReadSnapshot(r)
			snapshot = &s
		}
		f.mu.Lock()
		if f.quorum[pos] != conn || f.closed {
			f.mu.Unlock()
			conn.Close()
			return
		}
		if err != nil {
			delete(f.quorum, pos)
			f.input(pos, input{closed: true})
			f.mu.Unlock()
			conn.Close()
			return
		}
		f.takes(pos, p, snapshot)
		f.mu.Unlock()
	}
}

func (f *fake) takes(pos int, p wire.QuorumPacket, snapshot *wire.Snapshot) {
	if p.Type == wire.PacketRequest {
		f.input(pos, input{write: true})
		return
	}
	said, ok, err := ofWire(p)
	if err != nil {
		f.t.Error(err)
	}
	if !ok {
		return
	}
	in := input{packet: toEngine(said, f.st.server.Epoch)}
	if snapshot != nil { // which transactions are in it the fake knows as ZooKeeper does not: by a node of the test
		log := election.NewLog(historyIn(snapshot), true)
		in.snapshot, in.packet.Count = &log, uint8(log.Len())
	}
	f.input(pos, in)
}

func (f *fake) input(pos int, in input) {
	was := f.st.server.State
	f.b.queue[pos] = append(f.b.queue[pos], in)
	f.after(was)
}

// after lets the server go on by itself, and says what it has to say.
func (f *fake) after(was election.State) {
	for range 100 {
		list := f.b.alone(f.st)
		if len(list) == 0 {
			break
		}
		f.st = list[0]
	}
	f.st = f.st.clone()
	f.writeEpochs()
	for pos := range f.b.e.Members {
		for _, s := range f.st.unseen[pos] {
			p, err := toWire(s, f.spec.SID, "")
			var b []byte
			if err == nil {
				b, err = p.AppendBinary(nil)
			}
			if s.Kind == election.Snap {
				b, err = tree(s.Zxid).AppendBinary(b)
			}
			if err != nil {
				f.t.Error(err)
			}
			if c := f.quorum[pos]; c != nil {
				c.Write(b)
			}
		}
		f.st.unseen[pos] = nil
		if c := f.quorum[pos]; c != nil && f.st.closing.Has(pos) {
			c.Close()
			delete(f.quorum, pos)
		}
	}
	f.st.closing = 0
	if f.st.server.State == election.Looking && was != election.Looking {
		f.endTerm()
		f.looks()
	}
}

func (f *fake) endTerm() {
	if f.lq != nil {
		f.lq.Close()
		f.lq = nil
	}
	for pos, c := range f.quorum {
		c.Close()
		delete(f.quorum, pos)
	}
}

// looks tells everybody its vote.
func (f *fake) looks() {
	s := &f.st.server
	v := election.Vote{Candidate: s.Initial(f.b.e), Round: s.Round, Version: election.WireVersion}
	n, err := wire.FromVote(v, "")
	if err != nil {
		f.t.Error(err)
	}
	for pos := range f.b.e.Members {
		if pos == f.b.pos {
			continue
		}
		if f.last[pos], err = n.AppendFrame(nil); err != nil {
			f.t.Error(err)
		}
		if c := f.links[pos]; c != nil {
			c.Write(f.last[pos])
		}
	}
}

func (f *fake) writeEpochs() {
	dir := filepath.Join(server.DataDir(f.spec.Dir), "version-2")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		f.t.Error(err)
	}
	for name, e := range map[string]uint32{"acceptedEpoch": f.st.server.Disk.AcceptedEpoch, "currentEpoch": f.st.server.Disk.CurrentEpoch} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path+".tmp", strconv.AppendUint(nil, uint64(e), 10), 0o644); err != nil {
			f.t.Error(err)
		}
		if err := os.Rename(path+".tmp", path); err != nil {
			f.t.Error(err)
		}
	}
}

// historyIn are the transactions of a snapshot: each has made a node.
func historyIn(s *wire.Snapshot) (list []election.Zxid) {
	for _, n := range s.Nodes {
		if string(n.Data) == "zkcheck" {
			list = append(list, n.Stat.Czxid)
		}
	}
	return list
}
