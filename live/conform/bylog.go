package conform

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/live/peer"
	"github.com/zkcheck/zkcheck/live/server"
	"github.com/zkcheck/zkcheck/live/subject"
)

// properties make the server tell things apart by messages and not by time: it resends nothing, and a
// leader whose voter looks again gives up at once.
var properties = map[string]string{
	"zookeeper.fastleader.minNotificationInterval": "60000",
	"zookeeper.leader.maxTimeToWaitForEpoch":       "0",
}

// byLog is the evidence of a server that was started for the session: the lines of its log say what it
// has heard and handled.
type byLog struct {
	*Session
	net  *server.Network
	proc *server.Process

	held    bool // a line is awaited first
	heard   map[election.SID]int
	stales  int
	entries int       // elections entered
	played  int       // of those, the one that the session is in
	doubted time.Time // it leads, and has heard a voter look again
}

// open starts a server and its peers. The server is LOOKING in round 1 when it returns.
func open(ctx context.Context, install server.Install, script Script, dir string) (*Session, error) {
	s, err := newSession(ctx, script, subject.Watch{Sends: true, Still: true})
	if err != nil {
		return nil, err
	}
	s.sights = make(chan sight, 256)
	l := &byLog{Session: s, heard: map[election.SID]int{}}
	s.by = l
	if err := l.start(install, dir); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	s.belief.Start(script.Config.Disks[s.pos])
	err = l.awaitFor(startTime, "election", func() bool { return l.entries > 0 })
	if err == nil {
		err = l.entered()
	}
	if err != nil {
		return nil, errors.Join(&Disagreement{Script: &s.script, What: err}, s.Close())
	}
	return s, nil
}

func (l *byLog) start(install server.Install, dir string) (err error) {
	s := l.Session
	if l.net, err = server.NewNetwork(); err != nil {
		return err
	}
	spec := server.Spec{SID: s.script.Subject, Dir: dir, Disk: s.script.Config.Disks[s.pos], Properties: properties,
		LogLevel: "DEBUG", LogFile: filepath.Join(dir, "server.log"),
		TickTime: 2000, InitLimit: 300, SyncLimit: 300} // nothing is to happen by itself
	var members []peer.Member
	for _, m := range s.script.Config.Ensemble.Members {
		host := l.net.Host(m.SID)
		spec.Members = append(spec.Members, server.Member{SID: m.SID, Host: host, Observer: m.Observer, Group: m.Group, Weight: m.Weight})
		if m.SID != s.script.Subject {
			members = append(members, peer.Member{SID: m.SID, Election: fmt.Sprint(host, ":", server.ElectionPort),
				Quorum: fmt.Sprint(host, ":", server.QuorumPort)})
		}
	}
	own := peer.Subject{SID: s.script.Subject, Election: fmt.Sprint(l.net.Host(s.script.Subject), ":", server.ElectionPort)}
	if s.peers, err = peer.New(own, members...); err != nil {
		return err
	}
	if l.proc, err = server.Start(s.ctx, install, spec); err != nil {
		return err
	}
	go watch(s.ctx, l.proc.Lines(), s.sights)
	return nil
}

func (l *byLog) close() error {
	if l.proc != nil {
		l.proc.Kill()
	}
	if l.net != nil {
		return l.net.Close()
	}
	return nil
}

// awaitLine waits for lines of the log.
func (l *byLog) awaitLine(what string, done func() bool) error {
	l.held = true
	err := l.await(what, done)
	l.held = false
	if err != nil {
		return err
	}
	return l.drain()
}

func (l *byLog) tell(from election.SID, v election.Vote) error {
	want := l.heard[from] + 1
	if err := l.send(from, v); err != nil {
		return err
	}
	return l.awaitLine(fmt.Sprintf("line of its log that it has heard %v of server %v", v, from),
		func() bool { return l.heard[from] >= want })
}

// handled is over when the log has noticed an echo twice, in the thread that hears and in the one that
// elects.
func (l *byLog) handled(from election.SID) error {
	want, stales := l.heard[from]+1, l.stales+1
	if err := l.send(from, echo(from)); err != nil {
		return err
	}
	return l.awaitLine("sign that it has handled what it heard", func() bool {
		return l.heard[from] >= want && (l.stales >= stales || l.decided)
	})
}

func (l *byLog) waited(must bool) error {
	if !must {
		// Either it has decided soon, or it is not in finalizeWait: then it handles what comes.
		return l.own()
	}
	return l.awaitLine("decision after finalizeWait", func() bool { return l.decided })
}

func (l *byLog) settled() error {
	if sure, _ := l.belief.CanSettle(); !sure || l.decided && l.state == election.Leading {
		return nil // nothing shows that its threads are through: a stale vote may still be told
	}
	return l.belief.Settled()
}

func (l *byLog) entered() error {
	entries := l.played + 1
	if err := l.await("vote of its own in a new election", func() bool {
		least, most := l.belief.Unheard()
		return l.entries >= entries && len(l.pending) == 0 && least == 0 && most == 0
	}); err != nil {
		return err
	}
	if err := l.over("vote of its own in a new election"); err != nil {
		return err
	}
	if err := l.belief.Settled(); err != nil {
		return err
	}
	l.played = l.entries
	l.begin()
	return nil
}

// depose: a leader gives up when a voter that elected it looks again; it notices once it waits for
// followers.
func (l *byLog) depose() error {
	entries := l.played + 1
	e := l.script.Config.Ensemble
	for start := time.Now(); l.entries < entries && time.Since(start) < patience; {
		for _, m := range e.Members[:e.Voters] {
			if m.SID == l.script.Subject || l.entries >= entries {
				continue
			}
			if err := l.lookAgain(m.SID, entries); err != nil {
				return err
			}
		}
	}
	return nil
}

// giveUpTime is how long a leader is given to give up before the next voter looks again.
const giveUpTime = 10 * time.Millisecond

func (l *byLog) lookAgain(from election.SID, entries int) error {
	want := l.heard[from] + 1
	if err := l.send(from, echo(from)); err != nil {
		return err
	}
	if err := l.awaitLine("line of its log that it has heard a voter look again", func() bool { return l.heard[from] >= want }); err != nil {
		return err
	}
	moment := time.NewTimer(giveUpTime)
	defer moment.Stop()
	for l.entries < entries {
		select {
		case e := <-l.peers.Events():
			if err := l.event(e); err != nil {
				return err
			}
		case line := <-l.sights:
			if err := l.line(line); err != nil {
				return err
			}
		case <-moment.C:
			return nil
		}
	}
	return nil
}

// line takes a line of the log. Lines of one thread come in order, and no line waits for the wire.
func (l *byLog) line(line sight) error {
	switch line.kind {
	case heard:
		l.note("hears %v of server %v", line.vote, line.from)
		l.heard[line.from]++
		if l.decided && l.state == election.Leading && !l.again && line.vote.State == election.Looking {
			l.doubted = time.Now()
		}
		if err := l.belief.Hear(line.from, line.vote); err != nil {
			return err
		}
	case stale:
		l.stales++
	case leaving:
		l.note("is %v, leader %v", line.state, line.vote.Leader)
		l.decided, l.state, l.leader = true, line.state, line.vote.Leader
		if err := l.belief.DecidedFor(line.state, line.vote.Candidate); err != nil {
			return err
		}
		if line.state == election.Leading {
			l.belief.MayEnd() // a voter that looks again, as all do that show that it has heard, ends its term
		}
	case entering:
		l.note("enters an election")
		if l.entries++; l.entries > 1 {
			l.again = true
			if err := l.belief.GaveUp(nil); err != nil {
				return err
			}
		}
	case ended:
		if l.ctx.Err() != nil {
			return l.ctx.Err()
		}
		if l.entries == 0 {
			return fmt.Errorf("server %v ends before it looks for a leader: its log is %s", l.script.Subject, l.proc.Spec.LogFile)
		}
		return &subject.Unexplained{What: "its process has ended", Could: l.belief.Explain()}
	}
	return l.drain()
}

func (l *byLog) saw(peer.Event) error { return nil }

// unexplained: a line can come that explains it.
func (l *byLog) unexplained(error) error { return nil }

// doubt is how long a leader that has heard a voter look again may take to show in its log that it has
// given up. Until then what it tells can be from before or after.
const doubt = 50 * time.Millisecond

// blind: the log may be read a little later than the wire, though it was written before. While a line of
// it is awaited, the wire waits.
func (l *byLog) blind() (wait bool, again time.Duration) {
	if !l.again && !l.doubted.IsZero() && time.Since(l.doubted) < doubt {
		return true, doubt / 4
	}
	return l.held, 0
}
