package server

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"

	"github.com/zkcheck/zkcheck/election"
)

// ZooKeeper's own ports. Every server has them on an address of its own.
const (
	ClientPort   = 2181
	QuorumPort   = 2888
	ElectionPort = 3888
)

// guard is the host of a network that nobody else gets: who listens there owns the network.
const (
	guardHost = 254
	guardPort = 2999
)

// Network is a /24 of the loopback network that this harness has for itself until it is closed, or until the
// program ends in whatever way.
type Network struct {
	prefix string // "127.20.7."
	guard  net.Listener
}

// NewNetwork reserves a network that no other harness on this machine has.
func NewNetwork() (*Network, error) {
	var last error
	for range 100 {
		// The low networks are those that people write by hand.
		n := &Network{prefix: fmt.Sprintf("127.%d.%d.", 20+rand.IntN(220), rand.IntN(256))}
		if last = n.reserve(); last == nil {
			return n, nil
		}
	}
	return nil, fmt.Errorf("no free /24 in 127.0.0.0/8: %w", last)
}

// reserve listens on the guard port, and tries the ports that servers will want: somebody who listens on
// 0.0.0.0 has them on every address.
func (n *Network) reserve() error {
	guard, err := net.Listen("tcp4", n.address(guardHost, guardPort))
	if err != nil {
		return err
	}
	for _, port := range []int{ClientPort, QuorumPort, ElectionPort} {
		l, err := net.Listen("tcp4", n.address(guardHost, port))
		if err != nil {
			return errors.Join(err, guard.Close())
		}
		l.Close()
	}
	n.guard = guard
	return nil
}

func (n *Network) address(host, port int) string {
	return net.JoinHostPort(n.prefix+strconv.Itoa(host), strconv.Itoa(port))
}

// Host is the address of a server, "127.20.7.3" of server 3. Addresses above those of the servers are
// free for proxies and simulated peers, up to 253.
func (n *Network) Host(sid election.SID) string { return n.prefix + strconv.Itoa(int(sid)) }

// String is the network in CIDR notation.
func (n *Network) String() string { return n.prefix + "0/24" }

// Close gives the network back.
func (n *Network) Close() error { return n.guard.Close() }
