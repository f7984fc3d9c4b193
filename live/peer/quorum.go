package peer

import (
	"io"
	"net"
)

// serveQuorum takes a connection of a subject that follows the peer. It is reported when the subject has
// said something, its epoch (Learner.registerWithLeader), to which nothing is answered: a connection that is
// reset before that looks to the subject as if it had never been made, and it makes another.
func (m *member) serveQuorum(conn net.Conn) {
	m.mu.Lock()
	m.quorum[conn] = struct{}{}
	m.mu.Unlock()
	if _, err := conn.Read(make([]byte, 1)); err != nil {
		m.mu.Lock()
		defer m.mu.Unlock()
		delete(m.quorum, conn)
		return
	}
	m.peers.emit(Event{Kind: QuorumConnected, Peer: m.SID})

	_, err := io.Copy(io.Discard, conn)

	m.mu.Lock()
	_, theirs := m.quorum[conn]
	delete(m.quorum, conn)
	m.mu.Unlock()
	if !theirs {
		err = nil
	}
	m.peers.emit(Event{Kind: QuorumClosed, Peer: m.SID, Err: err})
}

// closeQuorum resets the connections instead of closing them: who closes keeps the port busy for a minute,
// and a subject that follows and looks again thousands of times would have none left.
func (m *member) closeQuorum() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for conn := range m.quorum {
		conn.(*net.TCPConn).SetLinger(0)
		conn.Close()
		delete(m.quorum, conn)
	}
}
