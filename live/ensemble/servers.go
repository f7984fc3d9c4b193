package ensemble

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/live/server"
)

// servers are the processes of a run, and what is wrong with them at the moment.
type servers struct {
	ctx     context.Context
	install server.Install
	fabric  *fabric
	dir     string
	clock   clock
	faults  *journal[fault]
	disks   *journal[diskSample]

	watching sync.WaitGroup
	mu       sync.Mutex
	all      map[election.SID]*member
	leads    election.SID // who served last, 0 if that term is known to be over
	epoch    uint32       // that it serves or served
	ambush   map[Verb]int // how many followers are to crash as they join
}

// member is a server of the ensemble.
type member struct {
	spec    server.Spec
	proc    *server.Process // nil while it is down
	lives   int
	paused  bool
	joining bool // a leader was found, and this server is not up to date
	refused bool // its disk is one that ZooKeeper does not start with
}

// clock counts the time of a run.
type clock struct{ start time.Time }

func (c clock) now() time.Duration { return time.Since(c.start) }
func (c clock) ms() int64          { return c.now().Milliseconds() }

// Client sessions outlive short pauses of a server, so that a client can meet a leader that has missed its end.
const maxSessionTimeout = 10 * time.Second

// A leader keeps the last 500 transactions in memory. A follower that lacks more gets them from the log on disk, or a snapshot if they
// are many for the size of the data. Without the former both ways of synchronising happen in a run.
const noLogSync = "-1"

func newServers(ctx context.Context, r *run, f *fabric) *servers {
	s := &servers{ctx: ctx, install: r.install, fabric: f, dir: r.dir, clock: r.clock, faults: r.faults, disks: r.disks,
		all: map[election.SID]*member{}, ambush: map[Verb]int{}}
	for _, m := range r.config.Members {
		spec := server.Spec{SID: m.SID, Dir: filepath.Join(r.dir, dataDir, m.SID.String()),
			Config:     map[string]string{"maxSessionTimeout": fmt.Sprint(maxSessionTimeout.Milliseconds())},
			Properties: map[string]string{"zookeeper.snapshotSizeFactor": noLogSync}}
		for _, other := range r.config.Members {
			host := other.Host
			if other.SID != m.SID {
				host = m.Peers[other.SID]
			}
			spec.Members = append(spec.Members, server.Member{SID: other.SID, Host: host})
		}
		s.all[m.SID] = &member{spec: spec}
	}
	return s
}

func (s *servers) sids() []election.SID {
	var list []election.SID
	for sid := range s.all {
		list = append(list, sid)
	}
	slices.Sort(list)
	return list
}

// startDown starts every server that is down. A disk that ZooKeeper has refused is mended before.
func (s *servers) startDown() ([]election.SID, error) {
	var started []election.SID
	for _, sid := range s.sids() {
		if s.isUp(sid) {
			continue
		}
		s.mend(sid)
		if err := s.start(sid); err != nil {
			return started, err
		}
		started = append(started, sid)
	}
	return started, nil
}

// startRefused starts the servers that are down because of their disks.
func (s *servers) startRefused() error {
	for _, sid := range s.sids() {
		s.mu.Lock()
		refused := s.all[sid].refused
		s.mu.Unlock()
		if !refused {
			continue
		}
		s.mend(sid)
		if err := s.start(sid); err != nil {
			return err
		}
	}
	return nil
}

// mend does to a disk that was refused what its server was about to do when it crashed, and what an administrator has to do:
// write currentEpoch. The server had accepted that epoch, and has told nobody yet that it has followed. A disk that is damaged in another
// way stays as it is, and its server will end again.
func (s *servers) mend(sid election.SID) {
	s.mu.Lock()
	m := s.all[sid]
	refused := m.refused
	m.refused = false
	s.mu.Unlock()
	if !refused {
		return
	}
	note := ""
	if before, after, err := server.MendEpoch(server.DataDir(m.spec.Dir)); err != nil {
		note = err.Error()
	} else {
		note = fmt.Sprintf("currentEpoch was %d, is %d", before, after)
	}
	s.faults.add(fault{AtMS: s.clock.ms(), Step: mendStep, Servers: sidList{sid}, Note: note})
}

// distinct sorts sids and takes each of them once.
func distinct(list []election.SID) []election.SID {
	slices.Sort(list)
	return slices.Compact(list)
}

func (s *servers) isUp(sid election.SID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.all[sid].proc != nil
}

func (s *servers) start(sid election.SID) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.all[sid]
	m.lives++
	m.spec.LogFile = filepath.Join(s.dir, logsDir, logName(sid, m.lives))
	p, err := server.Start(s.ctx, s.install, m.spec)
	if err != nil {
		return err
	}
	m.proc, m.paused, m.joining = p, false, false
	s.watching.Go(func() { s.watch(sid, p) })
	return nil
}

// watch reads the log of a process until its end.
func (s *servers) watch(sid election.SID, p *server.Process) {
	lines := p.Lines()
	why, mendable := "", false
	for {
		line, err := lines.Next(context.Background()) // the end of the process ends the log
		if err != nil {
			break
		}
		e, ok := parseEvent(line.Text)
		switch {
		case ok && e.kind == refused:
			why, mendable = line.Text, true
		case ok:
			s.notice(sid, p, e)
		case strings.Contains(line.Text, "ERROR") && !mendable:
			why = line.Text
		}
	}
	s.mu.Lock()
	m := s.all[sid]
	byItself := m.proc == p
	if byItself {
		m.proc, m.refused = nil, mendable
	}
	s.lost(sid)
	s.mu.Unlock()
	if byItself && s.ctx.Err() == nil {
		s.faults.add(fault{AtMS: s.clock.ms(), Step: exitStep, Servers: sidList{sid}, Note: why})
		s.sampleDisk(sid, "stopped")
	}
}

// notice follows the terms as they go, for targets of faults, and springs ambushes.
func (s *servers) notice(sid election.SID, p *server.Process, e event) {
	s.mu.Lock()
	joining := s.all[sid].joining
	switch e.kind {
	case serving:
		if e.epoch > s.epoch {
			s.leads, s.epoch = sid, e.epoch
		}
	case looking:
		s.lost(sid)
		s.all[sid].joining = false
	case following:
		s.all[sid].joining = true
	case synced:
		s.all[sid].joining = false
	}
	verb := map[eventKind]Verb{newleader: AmbushNewleader, snapshot: AmbushSnapshot}[e.kind]
	sprung := joining && s.ambush[verb] > 0
	if sprung {
		s.ambush[verb]--
	}
	s.mu.Unlock()
	if sprung && s.crash(sid, p) {
		s.faults.add(fault{AtMS: s.clock.ms(), Step: string(verb), Servers: sidList{sid}, Note: "sprung"})
	}
}

func (s *servers) lost(sid election.SID) {
	if s.leads == sid {
		s.leads = 0
	}
}

// leader is who serves the newest epoch, 0 if nobody does. Its epoch is at least that of all before.
func (s *servers) leader() (election.SID, uint32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.leads, s.epoch
}

// up are the servers that run and are not paused.
func (s *servers) up() []election.SID {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []election.SID
	for sid, m := range s.all {
		if m.proc != nil && !m.paused {
			list = append(list, sid)
		}
	}
	slices.Sort(list)
	return list
}

// crash kills a process and looks at the disk that it leaves. It is false if that process was not running any more.
func (s *servers) crash(sid election.SID, which *server.Process) bool {
	s.mu.Lock()
	m := s.all[sid]
	p := m.proc
	if p == nil || which != nil && which != p {
		s.mu.Unlock()
		return false
	}
	m.proc, m.paused = nil, false
	s.lost(sid)
	s.mu.Unlock()
	p.Kill()
	s.sampleDisk(sid, "stopped")
	return true
}

func (s *servers) pause(sid election.SID) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.all[sid]
	if m.proc == nil {
		return nil
	}
	m.paused = true // a leader that wakes in time goes on leading
	return m.proc.Pause()
}

// resume lets every paused server go on.
func (s *servers) resume() ([]election.SID, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []election.SID
	var errs []error
	for sid, m := range s.all {
		if m.paused && m.proc != nil {
			list = append(list, sid)
			errs = append(errs, m.proc.Resume())
		}
		m.paused = false
	}
	slices.Sort(list)
	return list, errors.Join(errs...)
}

// sampleDisk writes down what is on the disk of a server that is stopped, or its epochs if it runs.
func (s *servers) sampleDisk(sid election.SID, when string) {
	at := s.clock.ms()
	dir := server.DataDir(s.all[sid].spec.Dir)
	read := server.ReadDisk
	if when == "running" {
		read = server.ReadEpochs
	}
	d, err := read(dir)
	if err != nil {
		s.faults.add(fault{AtMS: at, Step: diskStep, Servers: sidList{sid}, Note: err.Error()})
		return
	}
	s.disks.add(diskSample{at, s.clock.ms(), sid, when, d.CurrentEpoch, d.AcceptedEpoch, hexZxid(d.Zxid)})
}

// end kills everything and looks at all disks.
func (s *servers) end() {
	for _, sid := range s.sids() {
		s.mu.Lock()
		p := s.all[sid].proc
		s.all[sid].proc = nil
		s.mu.Unlock()
		if p != nil {
			p.Kill()
		}
	}
	s.watching.Wait()
	for _, sid := range s.sids() {
		s.sampleDisk(sid, "end")
	}
}
