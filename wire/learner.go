package wire

// LearnerProtocol is the protocol that learners and leaders have spoken since 3.4 (Learner.registerWithLeader).
const LearnerProtocol = 0x10000

// LearnerInfo is the data of FOLLOWERINFO and OBSERVERINFO, as servers have sent it since 3.5.
type LearnerInfo struct {
	SID           int64
	Protocol      int32 // LearnerProtocol
	ConfigVersion int64 // a leader hangs up on a learner whose configuration is newer than its own
}

// AppendBinary appends the data.
func (i LearnerInfo) AppendBinary(b []byte) ([]byte, error) {
	s := into(b, "learner info")
	s.int64(i.SID)
	s.int32(i.Protocol)
	s.int64(i.ConfigVersion)
	return s.end(MaxBuffer)
}

// ParseLearnerInfo reads the data. It refuses the shorter ones of older servers.
func ParseLearnerInfo(data []byte) (LearnerInfo, error) {
	s := within("learner info", data)
	i := LearnerInfo{SID: s.int64("sid"), Protocol: s.int32("protocol"), ConfigVersion: s.int64("config version")}
	return i, s.end()
}

// LeaderInfo is the data of LEADERINFO.
type LeaderInfo struct {
	Protocol int32 // LearnerProtocol
}

// AppendBinary appends the data.
func (i LeaderInfo) AppendBinary(b []byte) ([]byte, error) {
	s := into(b, "leader info")
	s.int32(i.Protocol)
	return s.end(MaxBuffer)
}

// ParseLeaderInfo reads the data.
func ParseLeaderInfo(data []byte) (LeaderInfo, error) {
	s := within("leader info", data)
	i := LeaderInfo{Protocol: s.int32("protocol")}
	return i, s.end()
}

// NoCount is the current epoch of a learner that had accepted the leader's epoch before: it wants to be
// synchronised, but is not counted.
const NoCount = -1

// AckEpoch is the data of ACKEPOCH.
type AckEpoch struct {
	CurrentEpoch int32 // or NoCount
}

// AppendBinary appends the data.
func (a AckEpoch) AppendBinary(b []byte) ([]byte, error) {
	s := into(b, "epoch ack")
	s.int32(a.CurrentEpoch)
	return s.end(MaxBuffer)
}

// ParseAckEpoch reads the data.
func ParseAckEpoch(data []byte) (AckEpoch, error) {
	s := within("epoch ack", data)
	a := AckEpoch{CurrentEpoch: s.int32("current epoch")}
	return a, s.end()
}

// Session is a client's session, and its time-out in ms.
type Session struct {
	ID      int64
	Timeout int32
}

// Sessions is the data of a learner's PING: those that it has heard of since the last one.
type Sessions []Session

// sessionLength is that of one on the wire.
const sessionLength = 12

// AppendBinary appends the data.
func (l Sessions) AppendBinary(b []byte) ([]byte, error) {
	s := into(b, "sessions")
	for _, e := range l {
		writeSession(s, e)
	}
	return s.end(MaxBuffer)
}

// ParseSessions reads the data.
func ParseSessions(data []byte) (Sessions, error) {
	s := within("sessions", data)
	var l Sessions
	for s.left > 0 && s.err == nil {
		l = append(l, readSession(s))
	}
	if s.err != nil {
		return nil, s.err
	}
	return l, nil
}

func readSession(s *source) Session {
	return Session{ID: s.int64("id of a session"), Timeout: s.int32("time-out of a session")}
}

func writeSession(s *sink, e Session) {
	s.int64(e.ID)
	s.int32(e.Timeout)
}

// Request is the data of REQUEST: what a client of a learner wants of the leader.
type Request struct {
	Session int64
	Cxid    int32
	Type    TxnType // or that of a request that becomes no transaction, as sync is
	Body    []byte  // as the client has sent it; that of CreateSession is the time-out
}

// AppendBinary appends the data.
func (r Request) AppendBinary(b []byte) ([]byte, error) {
	s := into(b, "request")
	s.int64(r.Session)
	s.int32(r.Cxid)
	s.int32(int32(r.Type))
	s.b = append(s.b, r.Body...)
	return s.end(MaxBuffer)
}

// ParseRequest reads the data.
func ParseRequest(data []byte) (Request, error) {
	s := within("request", data)
	r := Request{Session: s.int64("session"), Cxid: s.int32("cxid"), Type: TxnType(s.int32("type"))}
	r.Body = s.rest("body")
	return r, s.end()
}
