package quorum

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/live/peer"
	"github.com/zkcheck/zkcheck/live/server"
	"github.com/zkcheck/zkcheck/wire"
)

// Patience is how long something that must happen may take before it counts as not happening. Nothing waits
// for it that goes as it should.
const Patience = 10 * time.Second

// startTime is how long a process may take from its start to its first vote. Nothing is judged by that, and with
// twenty-five busy processes to a core a JVM listens after 12 s and votes after 15.
const startTime = time.Minute

// silence is how long nobody says anything in a step that waits.
const silence = 60 * time.Millisecond

// Process is a server that runs.
type Process struct {
	Kill func()          // kill -9; returns when it is gone
	Done <-chan struct{} // closed when it has ended
}

// Starter starts a server; what it finds on its disk, and the epochs that it writes, are those of live/server.
type Starter func(ctx context.Context, s server.Spec) (Process, error)

// Host is where servers run.
type Host struct {
	Start    Starter
	Version  string // whose differences are allowed
	Patience time.Duration
}

// Real is this machine.
func Real(i server.Install) Host {
	return Host{Version: i.Version, Patience: Patience, Start: func(ctx context.Context, s server.Spec) (Process, error) {
		p, err := server.Start(ctx, i, s)
		if err != nil {
			return Process{}, err
		}
		return Process{Kill: p.Kill, Done: p.Done()}, nil
	}}
}

// properties: it says everything once; a leader whose voter looks again gives up, after a time in which it can
// hear its own vote late, and would take that for one; the transactions that a leader has on its disk are not too
// many for a DIFF.
var properties = map[string]string{
	"zookeeper.fastleader.minNotificationInterval": "60000",
	"zookeeper.leader.maxTimeToWaitForEpoch":       "200",
	"zookeeper.snapshotSizeFactor":                 "1.0",
	"zookeeper.preAllocSize":                       "0",
}

// Times of the server: nothing is to happen by itself, but that a leader looks often at its followers.
const (
	tickTime = 50   // ms
	limit    = 1200 // ticks: initLimit and syncLimit
)

// session is one server on one disk, with its peers.
type session struct {
	script *Script
	start  Starter
	ctx    context.Context
	cancel context.CancelFunc

	patience time.Duration

	net    *server.Network
	spec   server.Spec
	proc   Process
	peers  *peer.Peers
	ports  *ports
	voters []election.SID // the others
	belief *belief
	config string // as the server's own notifications have it

	up    map[election.SID]bool          // election connections
	heard map[election.SID]election.Vote // LOOKING votes of the server for itself, the last of each peer
	own   election.Vote                  // that of the election that goes on
	disk  election.Disk                  // epochs, as they were read last

	links map[election.SID]*link
	term  term
	seen  []string
	count Witness
}

// open starts a server with its peers, and waits until it looks for a leader.
func open(ctx context.Context, host Host, script *Script, dir string) (*session, error) {
	s := &session{script: script, start: host.Start, patience: host.Patience, up: map[election.SID]bool{}, heard: map[election.SID]election.Vote{},
		links: map[election.SID]*link{}, count: Witness{}}
	s.ctx, s.cancel = context.WithCancel(ctx)
	err := s.begin(dir)
	if err == nil {
		s.belief.start(script.Disk, script.log())
		err = s.entered()
	}
	if err != nil {
		return nil, errors.Join(s.disagree(0, err), s.close())
	}
	return s, nil
}

func (s *session) begin(dir string) (err error) {
	e, err := s.script.ensemble()
	if err != nil {
		return err
	}
	s.belief = newBelief(e, s.script.Subject, Allow(s.script.Version))
	if s.script.Broken != "" {
		rule, err := FindRule(s.script.Broken)
		if err != nil {
			return err
		}
		s.belief.early = rule.early
	}
	if s.net, err = server.NewNetwork(); err != nil {
		return err
	}
	s.spec = server.Spec{SID: s.script.Subject, Dir: dir, Disk: s.script.Disk, Properties: properties,
		LogFile: filepath.Join(dir, "server.log"), TickTime: tickTime, InitLimit: limit, SyncLimit: limit}
	var members []peer.Member
	var config wire.Config
	for _, m := range e.Members {
		host := s.net.Host(m.SID)
		s.spec.Members = append(s.spec.Members, server.Member{SID: m.SID, Host: host})
		config.Members = append(config.Members, wire.Member{SID: int64(m.SID), Host: host, QuorumPort: server.QuorumPort, ElectionPort: server.ElectionPort})
		if m.SID != s.script.Subject {
			s.voters = append(s.voters, m.SID)
			members = append(members, peer.Member{SID: m.SID, Election: s.electionPort(m.SID)})
		}
	}
	s.config = config.String()
	if err := s.script.writeDisk(server.DataDir(dir)); err != nil {
		return err
	}
	if s.peers, err = peer.New(peer.Subject{SID: s.script.Subject, Election: s.electionPort(s.script.Subject)}, members...); err != nil {
		return err
	}
	if s.ports, err = openPorts(s.ctx, s.net.Host, s.script.Subject, s.voters); err != nil {
		return err
	}
	return s.run()
}

func (s *session) electionPort(sid election.SID) string {
	return fmt.Sprint(s.net.Host(sid), ":", server.ElectionPort)
}

// run starts a process on the disk as it is, and waits until it looks for a leader.
func (s *session) run() (err error) {
	if s.proc, err = s.start(s.ctx, s.spec); err != nil {
		return err
	}
	for _, v := range s.voters {
		if err := s.connect(v); err != nil {
			return err
		}
	}
	return s.awaitFor(startTime, "vote of its own", s.left)
}

// connect makes an election connection. The server can close one that has just been made (finding 6 of
// docs/fidelity.md); then there is another.
func (s *session) connect(v election.SID) error {
	for start := time.Now(); ; {
		ctx, cancel := context.WithTimeout(s.ctx, time.Second)
		err := s.peers.Connect(ctx, v)
		cancel()
		if err == nil || s.ctx.Err() != nil {
			return s.ctx.Err()
		}
		select {
		case <-s.proc.Done:
			return &Unexplained{What: "its process has ended", Could: s.belief.describe(s.belief.states)}
		default:
		}
		if time.Since(start) > startTime {
			return err
		}
	}
}

// close ends the server and the peers.
func (s *session) close() (err error) {
	s.cancel()
	if s.proc.Kill != nil {
		s.proc.Kill()
	}
	for _, k := range s.links {
		k.drop()
	}
	if s.ports != nil {
		err = s.ports.close()
	}
	if s.peers != nil {
		err = errors.Join(err, s.peers.Close())
	}
	if s.net != nil {
		err = errors.Join(err, s.net.Close())
	}
	return err
}

// note keeps what happened, for people.
func (s *session) note(format string, args ...any) {
	s.seen = append(s.seen, fmt.Sprintf(format, args...))
}

// await takes what is seen until the condition holds.
func (s *session) await(what string, done func() bool) error {
	return s.awaitFor(s.patience, what, done)
}

func (s *session) awaitFor(patience time.Duration, what string, done func() bool) error {
	patient := time.NewTimer(patience)
	defer patient.Stop()
	missing := &Unexplained{What: fmt.Sprintf("for %v there is no %s", patience, what)}
	for !done() {
		select {
		case <-patient.C:
			missing.Could = s.belief.describe(s.belief.states)
			return missing
		default:
		}
		if err := s.take(patient.C, missing); err != nil {
			return err
		}
	}
	return nil
}

// take takes one thing that is seen. When patience ends, something is missing.
func (s *session) take(patient <-chan time.Time, missing *Unexplained) error {
	select {
	case h := <-s.ports.heard:
		return s.happened(h)
	case e, ok := <-s.peers.Events():
		if !ok {
			return peer.ErrClosed
		}
		return s.event(e)
	case <-s.proc.Done:
		if s.ctx.Err() != nil {
			return s.ctx.Err()
		}
		return &Unexplained{What: "its process has ended", Could: s.belief.describe(s.belief.states)}
	case <-s.ctx.Done():
		return s.ctx.Err()
	case <-patient:
		missing.Could = s.belief.describe(s.belief.states)
		return missing
	}
}

// quiet takes what is seen for a moment in which nobody says anything.
func (s *session) quiet() error { return s.quietFor(silence) }

func (s *session) quietFor(moment time.Duration) error {
	over := time.NewTimer(moment)
	defer over.Stop()
	for {
		select {
		case h := <-s.ports.heard:
			if err := s.happened(h); err != nil {
				return err
			}
		case e := <-s.peers.Events():
			if err := s.event(e); err != nil {
				return err
			}
		case <-over.C:
			return nil
		case <-s.ctx.Done():
			return s.ctx.Err()
		}
	}
}

// event takes what the server did at an election port. Of that only its own votes matter here.
func (s *session) event(e peer.Event) error {
	switch e.Kind {
	case peer.Connected, peer.Disconnected:
		s.up[e.Peer] = e.Kind == peer.Connected
	case peer.Received:
		if e.Notification.Config != "" {
			s.config = e.Notification.Config
		}
		v, err := e.Notification.Vote()
		if err == nil && v.State == election.Looking && v.Leader == s.script.Subject {
			s.heard[e.Peer] = v
		}
	}
	return nil
}

// entered waits until the server looks for a leader in a new round, and compares its vote and its disk. One
// peer that hears of it is enough: an answer that comes late can take the place of the vote for another.
func (s *session) entered() error {
	if err := s.await("vote of its own", s.left); err != nil {
		return err
	}
	if s.term.leads { // who made it give up is answered, perhaps with half of the new vote
		if err := s.quietFor(giveUpTime); err != nil {
			return err
		}
	}
	round := s.own.Round
	for _, v := range s.heard {
		if s.own == (election.Vote{}) || int64(v.Round) > int64(round) {
			s.own = v
		}
	}
	s.note("looks for a leader, with zxid %v and currentEpoch %d", s.own.Zxid, s.own.PeerEpoch)
	if err := s.belief.looks(s.own.Zxid, s.own.PeerEpoch); err != nil {
		return err
	}
	return s.readDisk()
}

// readDisk compares the epochs on the disk.
func (s *session) readDisk() (err error) {
	if s.disk, err = server.ReadEpochs(server.DataDir(s.spec.Dir)); err != nil {
		return err
	}
	return s.belief.onDisk(s.disk)
}

// settle waits until the server can be through with all that it has to do and to say. A leader that has given up is:
// a connection that comes in that moment stays open, and nobody serves it (Leader.shutdown, LearnerHandler.run).
func (s *session) settle() error {
	done := func() bool { return s.term.leads && s.left() || s.belief.rests() }
	if err := s.await("end of what it has to do", done); err != nil {
		return err
	}
	if s.term.leads && s.left() {
		return nil
	}
	return s.readDisk()
}

// disagree makes a disagreement of what the belief does not explain; other errors stay what they are.
func (s *session) disagree(step int, err error) error {
	var u *Unexplained
	switch {
	case err == nil:
		return nil
	case s.ctx.Err() != nil:
		return s.ctx.Err()
	case !errors.As(err, &u):
		return err
	}
	return &Disagreement{Script: s.script, Step: step, What: err, Seen: s.seen}
}

// Disagreement is something that the server did, or did not do, and that the engine has no explanation for.
type Disagreement struct {
	Script *Script
	Step   int // from 1; 0 before the first
	What   error
	Seen   []string
}

func (d *Disagreement) Error() string {
	where := "before the first step"
	if d.Step > 0 && d.Step <= len(d.Script.Steps) {
		where = fmt.Sprintf("at step %d, %v", d.Step, d.Script.Steps[d.Step-1])
	}
	return fmt.Sprintf("%s: %v", where, d.What)
}
