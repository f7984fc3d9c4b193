package ensemble

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/live/server"
	"github.com/zkcheck/zkcheck/wire"
)

// fabric is the network between the servers: for every directed pair a host of its own, where the first server finds the second.
// Whatever passes between two servers passes a proxy there, on the election port or on the quorum port.
type fabric struct {
	net *server.Network

	mu        sync.Mutex
	links     map[pair]*link
	listeners []net.Listener
	closed    bool
	running   sync.WaitGroup
}

// pair is two servers, the smaller sid first.
type pair struct{ a, b election.SID }

func pairOf(x, y election.SID) pair { return pair{min(x, y), max(x, y)} }

// link is what is between two servers, both directions.
type link struct {
	cut     bool
	stalled chan struct{} // closed when the link moves again; nil while it moves
	conns   map[net.Conn]struct{}
}

// newFabric listens for every directed pair of the servers.
func newFabric(n *server.Network, sids []election.SID) (*fabric, error) {
	f := &fabric{net: n, links: map[pair]*link{}}
	for _, a := range sids {
		for _, b := range sids {
			if a < b {
				f.links[pair{a, b}] = &link{conns: map[net.Conn]struct{}{}}
			}
		}
	}
	for _, from := range sids {
		for _, to := range sids {
			if from == to {
				continue
			}
			for port, serve := range map[int]func(*link, net.Conn, election.SID, election.SID){
				server.ElectionPort: f.election, server.QuorumPort: f.quorum,
			} {
				l, err := net.Listen("tcp4", address(f.host(from, to), port))
				if err != nil {
					f.close()
					return nil, fmt.Errorf("proxy from server %v to %v: %w", from, to, err)
				}
				f.listeners = append(f.listeners, l)
				f.running.Go(func() { f.accept(l, from, to, serve) })
			}
		}
	}
	return f, nil
}

func address(host string, port int) string { return net.JoinHostPort(host, strconv.Itoa(port)) }

// host is where server from finds server to: 127.x.y.123 where server 2 finds server 3.
func (f *fabric) host(from, to election.SID) string { return f.net.Host(100 + 10*from + to) }

func (f *fabric) accept(l net.Listener, from, to election.SID, serve func(*link, net.Conn, election.SID, election.SID)) {
	for {
		in, err := l.Accept()
		if err != nil {
			return
		}
		k := f.links[pairOf(from, to)]
		if !f.add(k, in) {
			in.Close()
			continue
		}
		f.running.Go(func() {
			defer f.remove(k, in)
			serve(k, in, from, to)
		})
	}
}

// add enters a connection of a link, unless the link is cut.
func (f *fabric) add(k *link, c net.Conn) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed || k.cut {
		return false
	}
	k.conns[c] = struct{}{}
	return true
}

func (f *fabric) remove(k *link, c net.Conn) {
	c.Close()
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(k.conns, c)
}

// headerTime is how long a server may take to say who it is.
const headerTime = 10 * time.Second

// election passes a connection of the election port. The header says where the receiver is to call back, and names the
// sender's own address: behind a proxy that would be the way around it.
func (f *fabric) election(k *link, in net.Conn, from, to election.SID) {
	in.SetReadDeadline(time.Now().Add(headerTime))
	header, err := wire.ReadHeader(in)
	if err != nil {
		return
	}
	in.SetReadDeadline(time.Time{})
	header.Addrs = []string{address(f.host(to, from), server.ElectionPort)}
	bytes, err := header.AppendBinary(nil)
	if err != nil {
		return
	}
	out, err := net.Dial("tcp4", address(f.net.Host(to), server.ElectionPort))
	if err != nil {
		return
	}
	f.pass(k, in, out, bytes)
}

// A follower may knock before the leader listens, and is refused; it tries again for a while. Through a proxy, which always
// listens, its only try would succeed and end at once: so the proxy tries for it.
const (
	knockTime  = time.Second
	knockAgain = 50 * time.Millisecond
)

// quorum passes a connection of the quorum port.
func (f *fabric) quorum(k *link, in net.Conn, _, to election.SID) {
	for began := time.Now(); ; time.Sleep(knockAgain) {
		out, err := net.Dial("tcp4", address(f.net.Host(to), server.QuorumPort))
		if err == nil {
			f.pass(k, in, out, nil)
			return
		}
		if !errors.Is(err, syscall.ECONNREFUSED) || time.Since(began) > knockTime || !f.has(k, in) {
			return
		}
	}
}

// has tells whether a connection still is one of its link.
func (f *fabric) has(k *link, c net.Conn) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	_, ok := k.conns[c]
	return ok
}

// pass copies in both directions until one side ends.
func (f *fabric) pass(k *link, in, out net.Conn, first []byte) {
	if !f.add(k, out) {
		out.Close()
		return
	}
	defer f.remove(k, out)
	var back sync.WaitGroup
	back.Go(func() {
		f.copy(k, in, out, nil)
		in.Close()
		out.Close()
	})
	f.copy(k, out, in, first)
	in.Close()
	out.Close()
	back.Wait()
}

// copy passes bytes from one connection to the other, when the link lets it.
func (f *fabric) copy(k *link, to, from net.Conn, first []byte) {
	buf := make([]byte, 16<<10)
	n := copy(buf, first)
	for {
		if n > 0 {
			f.waitFor(k)
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
		}
		var err error
		if n, err = from.Read(buf); n == 0 && err != nil {
			f.waitFor(k) // the end of a connection is a packet as well
			return
		}
	}
}

// waitFor waits while a link is stalled.
func (f *fabric) waitFor(k *link) {
	for {
		f.mu.Lock()
		stalled := k.stalled
		f.mu.Unlock()
		if stalled == nil {
			return
		}
		<-stalled
	}
}

// cutLink loses the connections between two servers and refuses new ones.
func (f *fabric) cutLink(x, y election.SID) {
	f.mu.Lock()
	defer f.mu.Unlock()
	k := f.links[pairOf(x, y)]
	k.cut = true
	k.drop()
}

// drop closes the connections of a link; those who copy find out, and remove them.
func (k *link) drop() {
	for c := range k.conns {
		if t, ok := c.(*net.TCPConn); ok {
			t.SetLinger(0) // lost, not ended: what is under way does not arrive
		}
		c.Close()
		delete(k.conns, c)
	}
}

// stallLink holds whatever is sent between two servers.
func (f *fabric) stallLink(x, y election.SID) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if k := f.links[pairOf(x, y)]; k.stalled == nil {
		k.stalled = make(chan struct{})
	}
}

// heal repairs every link, and says which ones it had to.
func (f *fabric) heal() []pair {
	f.mu.Lock()
	defer f.mu.Unlock()
	var healed []pair
	for p, k := range f.links {
		if k.cut || k.stalled != nil {
			healed = append(healed, p)
		}
		k.cut = false
		if k.stalled != nil {
			close(k.stalled)
			k.stalled = nil
		}
	}
	return healed
}

// close ends all proxies and waits for them.
func (f *fabric) close() {
	f.heal()
	f.mu.Lock()
	f.closed = true
	for _, l := range f.listeners {
		l.Close()
	}
	for _, k := range f.links {
		k.drop()
	}
	f.mu.Unlock()
	f.running.Wait()
}
