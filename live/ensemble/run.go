package ensemble

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/go-zookeeper/zk"

	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/live/server"
)

// Sizes of ensembles: with fewer servers than three none may fail, and with more than seven a machine has more
// to do with the servers than the servers have with each other.
const (
	MinServers = 3
	MaxServers = 7
)

// Options say what to run.
type Options struct {
	Install  server.Install
	Servers  int           // MinServers..MaxServers
	Time     time.Duration // of faults; start and recovery come on top
	Seed     uint64        // of the schedule
	Dir      string        // of the report: it is made, or is empty
	Progress func(Progress)

	think time.Duration // of clients between operations, at most; 0: thinkTime
}

// Progress is a look at a run.
type Progress struct {
	Elapsed, Time time.Duration
	Leader        election.SID // 0 for nobody
	Epoch         uint32
	Acknowledged  int64 // writes
	Reads         int64
	Unknown       int64
	Doing         string // the last fault, or what is waited for
}

// Sizes of the load.
const (
	registerCount = 4
	busyCount     = 6
	drowsyEach    = 2 // for every server
)

// Times of a run.
const (
	startTime    = 60 * time.Second // for the first leader
	recoverTime  = 60 * time.Second // for the last one, once nothing is broken
	sampleEvery  = time.Second
	progressTick = 250 * time.Millisecond
)

// run is a run while it goes on.
type run struct {
	Options
	dir     string
	install server.Install
	clock   clock
	config  config

	faults  *journal[fault]
	history *journal[operation]
	samples *journal[sample]
	disks   *journal[diskSample]

	servers *servers
	load    *load

	mu    sync.Mutex
	doing string
}

// Run runs an ensemble and writes the report. It judges nothing. If the context ends, so does the run: what was seen is
// in the report, which says that it was interrupted.
func Run(ctx context.Context, o Options) error {
	if o.Servers < MinServers || o.Servers > MaxServers {
		return fmt.Errorf("an ensemble of %d servers: want %d..%d", o.Servers, MinServers, MaxServers)
	}
	var err error
	if o.Dir, err = filepath.Abs(o.Dir); err != nil { // servers have working directories of their own
		return err
	}
	n, err := server.NewNetwork()
	if err != nil {
		return err
	}
	defer n.Close()
	r := &run{Options: o, dir: o.Dir, install: o.Install}
	if err := r.prepare(ctx, n); err != nil {
		return errors.Join(err, r.closeReport())
	}
	return errors.Join(r.whole(ctx, n), r.closeReport())
}

// prepare makes the report with all that is known before anything runs.
func (r *run) prepare(ctx context.Context, n *server.Network) error {
	if entries, err := os.ReadDir(r.dir); err == nil && len(entries) > 0 {
		return fmt.Errorf("directory %s of the report is not empty", r.dir)
	}
	for _, dir := range []string{logsDir, dataDir} {
		if err := os.MkdirAll(filepath.Join(r.dir, dir), 0o755); err != nil {
			return err
		}
	}
	r.config = config{Version: reportVersion, ZooKeeper: r.install.Version, Servers: r.Servers, Seed: r.Seed, Seconds: r.Time.Seconds()}
	f := &fabric{net: n}
	for sid := election.SID(1); int(sid) <= r.Servers; sid++ {
		m := configMember{SID: sid, Host: n.Host(sid), Peers: map[election.SID]string{}}
		for other := election.SID(1); int(other) <= r.Servers; other++ {
			if other != sid {
				m.Peers[other] = f.host(sid, other)
			}
		}
		r.config.Members = append(r.config.Members, m)
	}
	for i := range registerCount {
		r.config.Registers = append(r.config.Registers, fmt.Sprintf("%s/r%d", rootNode, i+1))
	}
	var err error
	open := func(f func() error) {
		if err == nil {
			err = f()
		}
	}
	open(func() (e error) { r.faults, e = newJournal[fault](r.dir, faultsFile); return })
	open(func() (e error) { r.history, e = newJournal[operation](r.dir, historyFile); return })
	open(func() (e error) { r.samples, e = newJournal[sample](r.dir, samplesFile); return })
	open(func() (e error) { r.disks, e = newJournal[diskSample](r.dir, disksFile); return })
	open(r.writeSchedule)
	if err != nil {
		return err
	}
	r.do("making an archive of classes")
	fast, err := r.install.WithArchive(ctx, filepath.Join(r.dir, dataDir))
	if errors.Is(err, server.ErrInstall) {
		return err
	}
	r.install = fast // without an archive the servers start a third slower
	r.clock = clock{time.Now()}
	r.config.Started = r.clock.start
	return writeJSON(r.dir, configFile, r.config)
}

func (r *run) writeSchedule() error {
	j, err := newJournal[planned](r.dir, scheduleFile)
	if err != nil {
		return err
	}
	for _, s := range Schedule(r.Seed, r.Servers, r.Time) {
		j.add(planned{s.At.Milliseconds(), s.String()})
	}
	return j.close()
}

// closeReport completes the files that were written along the way.
func (r *run) closeReport() error {
	var errs []error
	if r.faults != nil {
		errs = append(errs, r.faults.close())
	}
	if r.history != nil {
		errs = append(errs, r.history.close())
	}
	if r.samples != nil {
		errs = append(errs, r.samples.close())
	}
	if r.disks != nil {
		errs = append(errs, r.disks.close())
	}
	return errors.Join(errs...)
}

func (r *run) do(what string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.doing = what
}

// whole is the run from the first start to the end of the last server.
func (r *run) whole(ctx context.Context, n *server.Network) error {
	f, err := newFabric(n, r.config.sids())
	if err != nil {
		return err
	}
	defer f.close()
	// The servers have a context of their own: an interrupt ends the faults first.
	alive, kill := context.WithCancel(context.WithoutCancel(ctx))
	defer kill()
	r.servers = newServers(alive, r, f)
	r.load = &load{clock: r.clock, registers: r.config.Registers, history: r.history, byEpoch: map[uint32]int{}}
	stopWatching := r.background(r.show, r.sample)
	defer stopWatching()
	recovery, err := r.stages(ctx)
	r.servers.end()
	if err != nil {
		return err
	}
	return writeJSON(r.dir, recoveryFile, recovery)
}

// background runs functions until the function it returns is called.
func (r *run) background(list ...func(context.Context)) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	for _, f := range list {
		all.Go(func() { f(ctx) })
	}
	return func() {
		cancel()
		all.Wait()
	}
}

// stages are a start, faults with clients at work, repair, and a last look.
func (r *run) stages(ctx context.Context) (recovery, error) {
	r.do("waiting for the first leader")
	if _, err := r.servers.startDown(); err != nil {
		return recovery{}, err
	}
	if recovery, err := r.awaitRecovery(ctx, startTime); !recovery.Recovered {
		return recovery, err
	}
	if err := r.createRegisters(ctx); err != nil {
		return recovery{Interrupted: ctx.Err() != nil}, nil
	}
	working, stopWorking := context.WithCancel(context.WithoutCancel(ctx))
	defer stopWorking()
	clients := r.startClients(working)
	d := &driver{servers: r.servers, served: r.load.servedEpoch, show: r.do}
	began := r.clock.now()
	err := d.drive(ctx, shifted(Schedule(r.Seed, r.Servers, r.Time), began), began+r.Time)
	if err == nil {
		sleep(ctx, began+r.Time-r.clock.now())
		r.do("repairing everything")
		err = d.repair()
	}
	var recovery recovery
	if err == nil {
		r.do("waiting for the last leader")
		recovery, err = r.awaitRecovery(ctx, recoverTime)
		if recovery.Recovered {
			r.awaitWrite(ctx)
		}
	}
	stopWorking()
	err = errors.Join(err, clients())
	if recovery.Recovered {
		r.do("last reads")
		r.lastReads(ctx)
	}
	return recovery, err
}

// shifted is a schedule that begins later.
func shifted(steps []Step, by time.Duration) []Step {
	for i := range steps {
		steps[i].At += by
	}
	return steps
}

// createRegisters makes the nodes before the first fault, so that they all have a value to begin with.
func (r *run) createRegisters(ctx context.Context) error {
	r.do("creating registers")
	conn, err := connect(r.addresses())
	if err != nil {
		return err
	}
	defer conn.end()
	limited, stop := context.WithTimeout(ctx, startTime)
	defer stop()
	done := conn.giveUpWith(limited)
	defer done()
	nodes := []string{rootNode, fenceNode}
	for i := range r.clients() {
		nodes = append(nodes, fence(i))
	}
	for _, m := range r.config.Members {
		nodes = append(nodes, fence(lastClients+int(m.SID)))
	}
	for _, node := range append(nodes, r.config.Registers...) {
		for {
			_, err = conn.Create(node, []byte(firstValue), 0, zk.WorldACL(zk.PermAll))
			if err == nil || errors.Is(err, zk.ErrNodeExists) || limited.Err() != nil {
				break
			}
		}
		if limited.Err() != nil {
			return limited.Err()
		}
	}
	return nil
}

func (r *run) addresses() []string {
	var list []string
	for _, m := range r.config.Members {
		list = append(list, address(m.Host, server.ClientPort))
	}
	return list
}

func (r *run) clients() int { return busyCount + drowsyEach*r.Servers }

// startClients starts the clients. The function that is returned waits for them; their context ends them. Half of the busy ones
// know one server only, and meet whatever it believes. Drowsy ones for each server do so after long silence: who always has a
// request under way has called before anything new can be acknowledged elsewhere, and finds nothing stale.
func (r *run) startClients(ctx context.Context) (wait func() error) {
	var all sync.WaitGroup
	errs := make([]error, r.clients())
	for i := range errs {
		c := &client{load: r.load, number: i, servers: r.addresses(), draw: rand.New(rand.NewPCG(r.Seed, uint64(i)+1)),
			mix: busy, think: cmp.Or(r.think, thinkTime)}
		switch {
		case i >= busyCount:
			c.servers, c.mix, c.think = c.servers[(i-busyCount)%r.Servers:][:1], drowsy, drowsyTime
		case i%2 == 1:
			c.servers = c.servers[i%r.Servers:][:1]
		}
		all.Go(func() { errs[i] = c.run(ctx) })
	}
	return func() error {
		all.Wait()
		return errors.Join(errs...)
	}
}

// awaitWrite waits until the last term has acknowledged writes: otherwise it is one that nothing is known about.
func (r *run) awaitWrite(ctx context.Context) {
	for limit := time.Now().Add(maxHold); time.Now().Before(limit); {
		if _, epoch := r.servers.leader(); r.load.servedEpoch(epoch) || !sleep(ctx, 20*time.Millisecond) {
			return
		}
	}
}

// lastClients is the number of the first client of the last reads.
const lastClients = 100

// lastReads reads every register on every server, behind a write: what was acknowledged has to be there.
func (r *run) lastReads(ctx context.Context) {
	var all sync.WaitGroup
	for _, m := range r.config.Members {
		c := &client{load: r.load, number: lastClients + int(m.SID), servers: []string{address(m.Host, server.ClientPort)}}
		all.Go(func() {
			defer c.closing.Wait()
			defer c.drop()
			for _, register := range r.config.Registers {
				r.lastRead(ctx, c, register)
			}
		})
	}
	all.Wait()
}

// lastRead tries until the read is answered, and behind a write.
func (r *run) lastRead(ctx context.Context, c *client, register string) {
	for try := 0; try < 10 && ctx.Err() == nil; try++ {
		if ok, err := c.ready(ctx); err != nil || !ok {
			continue
		}
		if o := c.do(ctx, operation{Client: c.number, Kind: fencedRead, Register: register}); o.Outcome == answered && o.Kind == fencedRead {
			return
		}
	}
}
