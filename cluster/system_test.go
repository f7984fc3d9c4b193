package cluster

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/zkcheck/zkcheck/election"
)

// faulty is limits with every budget above 0.
func faulty(channelLen int) Limits {
	return Limits{Crashes: 3, Restarts: 2, Cuts: 2, Resets: 2, Drops: 2, Dups: 2, Wipes: 1, Garbles: 2,
		GiveUps: 2, Writes: 3, Timeouts: Unlimited, Rounds: 6, Epochs: 2, ChannelLen: channelLen, Lags: 4, Inbox: 3}
}

var trackAll = Track{Epochs: true, Hurry: true, Initials: true, Commits: true, Replies: true}

// mixedDisks differ in all that a disk has: zxid, epoch, and a promise beyond currentEpoch.
func mixedDisks(n int) []election.Disk {
	kinds := []election.Disk{{}, {Zxid: 8, AcceptedEpoch: 1, CurrentEpoch: 1}, {AcceptedEpoch: 2},
		{Zxid: election.NewZxid(1, 7), AcceptedEpoch: 3, CurrentEpoch: 1}, {Zxid: 8, AcceptedEpoch: 1, CurrentEpoch: 1}}
	disks := make([]election.Disk, n)
	for i := range disks {
		disks[i] = kinds[i%len(kinds)]
	}
	return disks
}

// voters is n members with SIDs 1..n.
func voters(n int) []election.Member {
	var members []election.Member
	for i := range n {
		members = append(members, election.Member{SID: election.SID(i + 1)})
	}
	return members
}

// weighted is a hierarchical ensemble: a weight for each voter, in groups in turn.
func weighted(groups int, weights ...uint8) []election.Member {
	members := voters(len(weights))
	for i, w := range weights {
		members[i].Weight, members[i].Group = w, uint8(i%groups+1)
	}
	return members
}

func mustSystem(t testing.TB, members []election.Member, c Config) *System {
	t.Helper()
	var err error
	if c.Ensemble, err = election.NewEnsemble(members); err != nil {
		t.Fatal(err)
	}
	if c.Disks == nil {
		c.Disks = mixedDisks(len(members))
	}
	y, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return y
}

// eachSystem runs a subtest for clusters of many kinds, with history tracked and without.
func eachSystem(t *testing.T, f func(t *testing.T, y *System)) {
	observers := append(voters(3), election.Member{SID: 0, Observer: true}, election.Member{SID: 200, Observer: true})
	equal := make([]election.Disk, 3)
	for _, c := range []struct {
		name    string
		members []election.Member
		config  Config
		fine    bool
	}{
		{"1 voter", voters(1), Config{Limits: faulty(1)}, false},
		{"1 voter, fine", voters(1), Config{Limits: faulty(1)}, true},
		{"2 voters, fine", voters(2), Config{Limits: faulty(1)}, true},
		{"3 voters, fine", voters(3), Config{Limits: faulty(1)}, true},
		{"observers, fine", observers, Config{Limits: faulty(2)}, true},
		{"weights, fine", weighted(3, 1, 2, 1, 0, 3, 1), Config{Limits: faulty(1), FIFO: true}, true},
		{"2 voters", []election.Member{{SID: 0}, {SID: 254}}, Config{Limits: faulty(2)}, false},
		{"3 voters", voters(3), Config{Limits: faulty(1)}, false},
		{"3 voters, empty disks", voters(3), Config{Limits: faulty(1), Disks: equal}, false},
		{"3 voters, no faults", voters(3), Config{Limits: DefaultLimits(), Disks: equal}, false},
		{"3 voters, calm", voters(3), Config{Limits: Limits{Crashes: 1, Cuts: 1, Writes: 1, Timeouts: Unlimited, Rounds: 3, Epochs: 2, ChannelLen: 1, Inbox: 3, Calm: 1}}, false},
		{"3 voters, discovery", voters(3), Config{Phases: ThroughDiscovery,
			Limits: Limits{Crashes: 1, Cuts: 1, Timeouts: 1, Rounds: 1, Epochs: 1, ChannelLen: 1, Inbox: 3}}, false},
		{"4 voters", voters(4), Config{Limits: faulty(2)}, false},
		{"5 voters", voters(5), Config{Limits: faulty(3)}, false},
		{"7 voters", voters(7), Config{Limits: faulty(1)}, false},
		{"observers", observers, Config{Limits: faulty(4), FIFO: true}, false},
		{"weights", weighted(3, 1, 2, 1, 0, 3, 1), Config{Limits: faulty(1)}, false},
		{"one is heavy", weighted(1, 5, 1, 1), Config{Limits: faulty(2), FIFO: true}, false},
	} {
		for _, track := range []Track{{}, trackAll} {
			c.config.Track = track
			y := mustSystem(t, c.members, c.config)
			y.Ensemble.Fine = c.fine
			t.Run(fmt.Sprintf("%s/track=%v", c.name, track.Epochs), func(t *testing.T) { f(t, y) })
		}
	}
}

// walk makes a random walk of so many steps: mostly actions that are no faults, and often those that
// bring a term forward, because the others rarely let one serve. From a dead end it starts again. visit
// sees each state but the first, and what led to it.
func walk(y *System, seed uint64, steps int, visit func(before *State, a Action, after *State)) {
	r := rand.New(rand.NewPCG(seed, 5))
	var before State
	current := y.Init()[0]
	var actions, good, forward []Action
	for range steps {
		actions, good, forward = y.Actions(&current, actions[:0]), good[:0], forward[:0]
		for _, a := range actions {
			switch a.Kind {
			case Offer, Packet, Decide, Handle, Resume, Write, Flush:
				forward = append(forward, a)
			}
			if !a.Kind.Fault() {
				good = append(good, a)
			}
		}
		from := actions
		switch dice := r.IntN(12); {
		case len(actions) == 0:
			current = y.Init()[0]
			continue
		case dice < 3 && len(forward) > 0:
			from = forward
		case dice < 10 && len(good) > 0:
			from = good
		}
		a := from[r.IntN(len(from))]
		y.Copy(&before, &current)
		y.Apply(&current, a)
		visit(&before, a, &current)
	}
}

// TestInvariants are the engine's and the network's own, whatever the protocol says.
func TestInvariants(t *testing.T) {
	eachSystem(t, func(t *testing.T, y *System) {
		for seed := range uint64(8) {
			walk(y, seed, 200, func(_ *State, a Action, s *State) {
				checkServers(t, y, s, a)
				checkNetwork(t, y, s, a)
			})
			if t.Failed() {
				return
			}
		}
	})
}

func checkServers(t *testing.T, y *System, s *State, a Action) {
	if s.Up&^s.Started != 0 {
		t.Errorf("after %v: up %b but started %b", a, s.Up, s.Started)
	}
	for i := range s.Servers {
		v := s.Servers[i]
		if v.SID != y.sid(i) || v.Position() != i {
			t.Errorf("after %v: server %v at position %d says it is at %d", a, v.SID, i, v.Position())
		}
		if !s.Up.Has(i) {
			down := election.NewServer(y.Ensemble, i, v.Disk)
			down.SetHistory(v.OnDisk())
			if *v != down {
				t.Errorf("after %v: server %v is down and has more than its disk: %+v", a, v.SID, *v)
			}
			continue
		}
		switch looking := v.State == election.Looking; {
		case looking != (v.Phase == election.Election) && v.Stage() != election.Deciding:
			t.Errorf("after %v: server %v is %v in %v", a, v.SID, v.State, v.Phase)
		case y.Ensemble.Fine && (v.Stage() != election.Whole || v.Held() || y.left(s, cutLags) > 0):
			// What is dead in a whole server may be seen yet.
		case !looking && (v.Proposal != election.Candidate{} || v.Waiting || !emptyTables(v)):
			t.Errorf("after %v: server %v is %v and keeps of its election: %+v", a, v.SID, v.State, *v)
		case looking && (v.Epoch != 0 || v.Offered || v.Heard()|v.Acked()|v.InSync() != 0):
			t.Errorf("after %v: server %v is LOOKING and keeps of its term: %+v", a, v.SID, *v)
		case looking && y.n == y.Ensemble.Voters && v.Vote != election.Vote{}:
			t.Errorf("after %v: server %v is LOOKING and keeps a vote that nobody asks for: %v", a, v.SID, v.Vote)
		case v.State == election.Observing && i < y.Ensemble.Voters, v.State != election.Looking && v.State != election.Observing && i >= y.Ensemble.Voters:
			t.Errorf("after %v: server %v is %v; voters %d", a, v.SID, v.State, y.Ensemble.Voters)
		case v.AcceptedEpoch != v.Disk.AcceptedEpoch || v.CurrentEpoch != v.Disk.CurrentEpoch:
			t.Errorf("after %v: server %v has other epochs in memory than on its disk %v: %+v", a, v.SID, v.Disk, *v)
		}
	}
}

func emptyTables(v *election.Server) bool {
	fields := reflect.ValueOf(v).Elem()
	return fields.FieldByName("recvset").IsZero() && fields.FieldByName("outofelection").IsZero()
}

func checkNetwork(t *testing.T, y *System, s *State, a Action) {
	for i := range s.notes {
		c, from, to := &s.notes[i], i/y.n, i%y.n
		switch {
		case from == to:
			if c.hasLast || c.n > 0 && (!y.Ensemble.Fine || !s.Up.Has(to)) {
				t.Errorf("after %v: server at %d tells itself %d, last %v", a, from, c.n, c.hasLast)
			}
		case int(c.n) > y.Limits.ChannelLen || c.n > 0 && c.hasLast:
			t.Errorf("after %v: channel %d->%d holds %d, last %v", a, from, to, c.n, c.hasLast)
		case c.n > 0 && !y.reachable(s, from, to):
			t.Errorf("after %v: a notification %d->%d flies without a connection", a, from, to)
		case c.n > 0 && to >= y.Ensemble.Voters && from >= y.Ensemble.Voters:
			t.Errorf("after %v: observers %d and %d talk", a, from, to)
		case (c.n > 0 || c.hasLast) && !s.Up.Has(from):
			t.Errorf("after %v: server at %d is down and still has something to send", a, from)
		}
	}
	for i := range s.links {
		l := &s.links[i]
		learns := s.Up.Has(i) && (s.Servers[i].State == election.Following || s.Servers[i].State == election.Observing) &&
			s.Servers[i].Stage() != election.Deciding
		switch {
		case learns != (l.status != noLink):
			t.Errorf("after %v: position %d learns: %v, but its link is %+v", a, i, learns, *l)
		case l.status == noLink:
		case int(l.leader) >= y.Ensemble.Voters || int(l.leader) == i:
			t.Errorf("after %v: the link of %d goes to %d", a, i, l.leader)
		case l.up.n > maxPackets || l.down.n > maxPackets || l.status == broken && l.up.n+l.down.n > 0:
			t.Errorf("after %v: the link of %d holds %d and %d packets in status %d", a, i, l.up.n, l.down.n, l.status)
		case l.status == connecting && (l.up.n != 1 || l.up.list[0].Kind != election.FollowerInfo || l.down.n != 0):
			t.Errorf("after %v: the link of %d connects with more than FOLLOWERINFO: %+v", a, i, *l)
		case l.status == connected && s.Servers[l.leader].State != election.Leading:
			t.Errorf("after %v: %d is connected to %d, which is %v", a, i, l.leader, s.Servers[l.leader].State)
		}
	}
	for i, cut := range s.cuts {
		for k := range y.n {
			if cut.Has(k) != s.cuts[k].Has(i) || cut.Has(i) || cut >= 1<<y.n {
				t.Errorf("after %v: cuts are not symmetric: %b", a, s.cuts)
			}
		}
	}
}

// TestStepsAreDeterministic: the same action on equal states gives equal bytes and equal outputs, and
// asking for actions changes nothing.
func TestStepsAreDeterministic(t *testing.T) {
	eachSystem(t, func(t *testing.T, y *System) {
		walk(y, 1, 200, func(before *State, a Action, after *State) {
			var again State
			y.Copy(&again, before)
			first := y.Actions(&again, nil)
			if !bytes.Equal(y.Encode(&again, nil), y.Encode(before, nil)) {
				t.Fatalf("asking for actions before %v changed the state", a)
			}
			if second := y.Actions(&again, []Action{{Kind: Heal}}); !slices.Equal(first, second[1:]) || second[0].Kind != Heal {
				t.Fatalf("asked twice for actions: %v, then %v", first, second)
			}
			y.Apply(&again, a)
			if !bytes.Equal(y.Encode(&again, nil), y.Encode(after, nil)) {
				t.Fatalf("%v applied twice to the same state gives two states", a)
			}
			if again.Actor != after.Actor || !slices.Equal(again.Out.Facts, after.Out.Facts) ||
				!slices.Equal(again.Out.Notes, after.Out.Notes) || again.Out.Decided != after.Out.Decided {
				t.Fatalf("%v applied twice says different things: %+v, %+v", a, again.Out, after.Out)
			}
		})
	})
}

// TestCrashBetweenWritesIsOffered exactly where a server's next step writes twice.
func TestCrashBetweenWritesIsOffered(t *testing.T) {
	found := 0
	eachSystem(t, func(t *testing.T, y *System) {
		var s, next State
		walk(y, 2, 200, func(_ *State, _ Action, after *State) {
			y.Copy(&s, after)
			actions := y.Actions(&s, nil)
			offered, want := election.Set(0), election.Set(0)
			for _, a := range actions {
				if pos, _ := y.Ensemble.Position(a.From); a.Kind == Crash && a.N > 0 {
					offered = offered.With(pos)
				}
				y.Copy(&next, &s)
				y.Apply(&next, a)
				if next.Out.Writes > 1 {
					want = want.With(next.Actor)
				}
				if next.Out.Writes > 2 {
					t.Fatalf("%v writes %d times: crashes after the second are not explored", a, next.Out.Writes)
				}
			}
			if y.left(&s, crashesLimit) > 0 && !s.Calm() && offered != want {
				t.Fatalf("crashes between writes are offered for %b, steps of %b write twice; actions %v", offered, want, actions)
			}
			found += want.Len()
		})
	})
	if found == 0 {
		t.Error("no step wrote twice: the test is vacuous")
	}
}

func TestNewRefusesBadLimits(t *testing.T) {
	e, err := election.NewEnsemble(voters(1))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := New(Config{Ensemble: e, Disks: mixedDisks(1)}); err == nil {
		t.Error("a channel of length 0 is accepted")
	}
	y := mustSystem(t, voters(1), Config{Limits: DefaultLimits()})
	if _, err := y.WithLimits(Limits{ChannelLen: 1, Inbox: 1, Crashes: -1}); err == nil {
		t.Error("a negative budget is accepted")
	}
}

func TestTrackOr(t *testing.T) {
	if got := (Track{Epochs: true}).Or(Track{Hurry: true}).Or(Track{Initials: true}).Or(Track{Commits: true}).Or(Track{Replies: true}); got != trackAll {
		t.Errorf("Or = %+v", got)
	}
}
