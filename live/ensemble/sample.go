package ensemble

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/live/server"
)

// askTime is how long a server may take to say what it is.
const askTime = time.Second

// ask asks a server what it is.
func (r *run) ask(ctx context.Context, m configMember) sample {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	s := sample{AtMS: r.clock.ms(), Server: m.SID}
	addr := address(m.Host, server.ClientPort)
	mntr, err := server.FourLetter(ctx, addr, "mntr")
	if err == nil {
		s.PeerState = mntr["zk_peer_state"]
		var srvr map[string]string
		if srvr, err = server.FourLetter(ctx, addr, "srvr"); err == nil {
			s.Mode = srvr["Mode"]
			zxid, _ := strconv.ParseUint(strings.TrimPrefix(srvr["Zxid"], "0x"), 16, 64)
			s.Zxid = hexZxid(zxid)
		}
	}
	if err != nil {
		s.Error = err.Error()
	}
	return s
}

// askAll asks all servers at once.
func (r *run) askAll(ctx context.Context) []sample {
	list := make([]sample, len(r.config.Members))
	var all sync.WaitGroup
	for i, m := range r.config.Members {
		all.Go(func() { list[i] = r.ask(ctx, m) })
	}
	all.Wait()
	return list
}

// sample writes down what servers say and what their disks have, every second.
func (r *run) sample(ctx context.Context) {
	for sleep(ctx, sampleEvery) {
		for _, s := range r.askAll(ctx) {
			if ctx.Err() == nil {
				r.samples.add(s)
			}
		}
		for _, sid := range r.servers.sids() {
			r.servers.sampleDisk(sid, "running")
		}
	}
}

// The states of servers that do their work, as mntr has them.
const (
	leadingNow   = "leading - broadcast"
	followingNow = "following - broadcast"
)

// whole tells whether one server leads and all others follow, and who leads.
func whole(list []sample) (election.SID, bool) {
	var leader election.SID
	for _, s := range list {
		switch {
		case s.PeerState == leadingNow && leader == 0:
			leader = s.Server
		case s.PeerState != followingNow:
			return 0, false
		}
	}
	return leader, leader != 0
}

// awaitRecovery waits until every server takes part.
func (r *run) awaitRecovery(ctx context.Context, limit time.Duration) (recovery, error) {
	began := r.clock.now()
	for {
		var rec recovery
		if err := r.servers.startRefused(); err != nil {
			return rec, err
		}
		rec.States = r.askAll(ctx)
		rec.Leader, rec.Recovered = whole(rec.States)
		rec.WaitedMS = (r.clock.now() - began).Milliseconds()
		rec.Interrupted = ctx.Err() != nil && !rec.Recovered
		if rec.Recovered || rec.Interrupted || r.clock.now()-began > limit {
			return rec, nil
		}
		sleep(ctx, 50*time.Millisecond)
	}
}

// show reports progress.
func (r *run) show(ctx context.Context) {
	if r.Progress == nil {
		return
	}
	for sleep(ctx, progressTick) {
		r.mu.Lock()
		p := Progress{Elapsed: r.clock.now(), Time: r.Time, Doing: r.doing, Acknowledged: r.load.acked.Load(),
			Reads: r.load.reads.Load(), Unknown: r.load.failed.Load()}
		r.mu.Unlock()
		p.Leader, p.Epoch = r.servers.leader()
		r.Progress(p)
	}
}
