package ensemble

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-zookeeper/zk"
)

// Nodes of a run. Every register is a node; so is every client's fence, which it writes to read behind the write.
const (
	rootNode  = "/zkcheck"
	fenceNode = "/zkcheck/fence"
)

// firstValue is what a register has before anybody writes it.
const firstValue = "first"

// Times of clients.
const (
	sessionTime = 9 * time.Second       // a client that hears nothing for two thirds of it goes to another server
	operateTime = 8 * time.Second       // an operation that takes longer ends its session
	thinkTime   = 40 * time.Millisecond // of a busy client between operations, at most
	drowsyTime  = 5 * time.Second       // of a drowsy one: longer than a deposed leader believes in itself
)

// load is the clients of a run together.
type load struct {
	clock     clock
	registers []string
	history   *journal[operation]

	acked, reads, failed atomic.Int64

	mu      sync.Mutex
	byEpoch map[uint32]int // acknowledged writes
}

// enough is how many acknowledged writes make a term one that can be judged.
const enough = 20

// servedEpoch tells whether the term of an epoch has acknowledged enough.
func (l *load) servedEpoch(epoch uint32) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.byEpoch[epoch] >= enough
}

// quiet is a logger for a library that logs every reconnection.
type quiet struct{}

func (quiet) Printf(string, ...any) {}

// client is one client. What it does it does one after the other, except in a burst.
type client struct {
	*load
	number  int
	servers []string
	draw    *rand.Rand
	mix     mix
	think   time.Duration
	count   int // of values
	conn    *connection
	closing sync.WaitGroup
}

// mix is what a client does, in percent.
type mix struct {
	bursts                 int
	writes, synced, fenced int // of what is no burst; the rest are plain reads
}

var (
	busy   = mix{bursts: 2, writes: 50, synced: 15, fenced: 15}
	drowsy = mix{writes: 10, synced: 60, fenced: 20}
)

// kind is that of the n-th of a hundred operations.
func (m mix) kind(n int) kind {
	switch {
	case n < m.writes:
		return write
	case n < m.writes+m.synced:
		return syncedRead
	case n < m.writes+m.synced+m.fenced:
		return fencedRead
	}
	return plainRead
}

// connection is a session, or several if the servers let one expire, until it is closed.
type connection struct {
	*zk.Conn
	events <-chan zk.Event
	given  atomic.Bool    // up: somebody has waited long enough
	hooks  sync.WaitGroup // those who may give it up
}

func connect(servers []string) (*connection, error) {
	conn, events, err := zk.Connect(servers, sessionTime, zk.WithLogger(quiet{}), zk.WithLogInfo(false))
	if err != nil {
		return nil, err
	}
	return &connection{Conn: conn, events: events}, nil
}

// end closes a connection and waits until nothing of it is left: as long as a paused server is waited for.
func (c *connection) end() {
	c.Close()
	for range c.events { // closed by the last of its goroutines
	}
	c.hooks.Wait()
}

// giveUpWith closes the connection when the context ends, unless the function it returns is called before.
func (c *connection) giveUpWith(ctx context.Context) (done func()) {
	c.hooks.Add(1)
	stop := context.AfterFunc(ctx, func() {
		defer c.hooks.Done()
		c.given.Store(true)
		c.Close()
	})
	return func() {
		if stop() {
			c.hooks.Done()
		}
	}
}

// ready makes sure that there is a session, on a connection that was not given up. It is false if there is none for now.
func (c *client) ready(ctx context.Context) (bool, error) {
	if c.conn != nil && c.conn.given.Load() {
		c.drop()
	}
	if c.conn == nil {
		conn, err := connect(c.servers)
		if err != nil {
			return false, err
		}
		c.conn = conn
	}
	for limit := time.Now().Add(operateTime); c.conn.SessionID() == 0; {
		if time.Now().After(limit) || !sleep(ctx, 5*time.Millisecond) {
			return false, nil
		}
	}
	return ctx.Err() == nil, nil
}

// drop closes the connection, in the background: the client has more to do than to wait for a paused server.
func (c *client) drop() {
	if conn := c.conn; conn != nil {
		c.closing.Go(conn.end)
	}
	c.conn = nil
}

// run works until the context is done.
func (c *client) run(ctx context.Context) error {
	defer c.closing.Wait()
	defer c.drop()
	for ctx.Err() == nil {
		if ok, err := c.ready(ctx); err != nil {
			return err
		} else if !ok {
			continue
		}
		if n := c.draw.IntN(100); n < c.mix.bursts {
			c.burst(ctx)
		} else {
			c.do(ctx, c.draft(c.mix.kind(c.draw.IntN(100))))
		}
		sleep(ctx, time.Duration(c.draw.Int64N(int64(c.think))))
	}
	return nil
}

// burst writes and reads with many requests under way at once.
func (c *client) burst(ctx context.Context) {
	var all sync.WaitGroup
	for range 16 {
		kind := write
		if c.draw.IntN(4) == 0 {
			kind = syncedRead
		}
		o := c.draft(kind)
		all.Go(func() { c.do(ctx, o) })
	}
	all.Wait()
}

// draft is an operation that is about to be done.
func (c *client) draft(kind kind) operation {
	o := operation{Client: c.number, Kind: kind, Register: c.registers[c.draw.IntN(len(c.registers))]}
	if kind == write {
		c.count++
		o.Value = fmt.Sprintf("%d.%d", c.number, c.count)
	}
	return o
}

// do does an operation and writes down what is known of it.
func (c *client) do(ctx context.Context, o operation) operation {
	conn := c.conn
	// Who waits for a paused server waits for ever, and who does not wait any more does not know the outcome. To close the
	// connection is the only way to stop waiting.
	limited, stop := context.WithTimeout(ctx, operateTime)
	defer stop()
	done := conn.giveUpWith(limited)
	before := conn.SessionID()
	o.Call = int64(c.clock.now())
	stat, data, err := request(conn.Conn, &o, fence(c.number))
	o.Return = int64(c.clock.now())
	done()
	if before != 0 && before == conn.SessionID() {
		o.Session = fmt.Sprintf("0x%x", uint64(before))
	} else if o.Kind == syncedRead || o.Kind == fencedRead {
		o.Kind = plainRead // what came before get may have been in another session, and says nothing
	}
	o.Server = conn.Server()
	c.record(&o, stat, data, err)
	return o
}

// fence is the node that a client writes to read behind the write.
func fence(client int) string { return fmt.Sprintf("%s/%d", fenceNode, client) }

// request is what goes to the server.
func request(conn *zk.Conn, o *operation, fence string) (*zk.Stat, []byte, error) {
	switch o.Kind {
	case write:
		stat, err := conn.Set(o.Register, []byte(o.Value), -1)
		return stat, nil, err
	case syncedRead:
		if _, err := conn.Sync(o.Register); err != nil {
			return nil, nil, err
		}
	case fencedRead:
		if _, err := conn.Set(fence, nil, -1); err != nil {
			return nil, nil, err
		}
	}
	data, stat, err := conn.Get(o.Register)
	return stat, data, err
}

// record completes an operation. Whatever an error says, only one of them means that nothing was sent.
func (c *client) record(o *operation, stat *zk.Stat, data []byte, err error) {
	switch {
	case err == nil:
		o.Outcome, o.Zxid = answered, hexZxid(stat.Mzxid)
		if o.Kind != write {
			o.Value = string(data)
			c.reads.Add(1)
			break
		}
		c.acked.Add(1)
		c.mu.Lock()
		c.byEpoch[o.epoch()]++
		c.mu.Unlock()
	case errors.Is(err, zk.ErrNoServer): // taken back from the queue of requests before there was a connection
		o.Outcome, o.Error = unsent, err.Error()
	default:
		o.Outcome, o.Error = unknown, strings.TrimPrefix(err.Error(), "zk: ")
		c.failed.Add(1)
	}
	c.history.add(*o)
}
