package election

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// This part of the scenarios is about logs: what is on a disk, what a leader sends to bring a learner to
// its history, and the packets that carry it.

// parseTxns reads a list of transactions, 1.1,1.2=7.
func parseTxns(list string) ([]Txn, error) {
	var txns []Txn
	for _, word := range strings.FieldsFunc(list, func(r rune) bool { return r == ',' }) {
		zxid, value, written := strings.Cut(word, "=")
		z, err := ParseZxid(zxid)
		t := Txn{Zxid: z}
		if written && err == nil {
			var v uint64
			v, err = strconv.ParseUint(value, 10, 8)
			t.Value = uint8(v)
		}
		if err != nil {
			return nil, fmt.Errorf("transaction %q: %w", word, err)
		}
		txns = append(txns, t)
	}
	return txns, nil
}

// parseLog reads a log, of which the first transactions came in a snapshot.
func parseLog(list string, snapshot int) (*Log, error) {
	txns, err := parseTxns(list)
	if err != nil || snapshot > len(txns) {
		return nil, fmt.Errorf("log %q, %d in a snapshot: %w", list, snapshot, err)
	}
	l := &Log{}
	for _, t := range txns {
		l.append(t)
	}
	l.snap = logLen(snapshot)
	return l, nil
}

// lists reads words that are KEY=LIST.
func lists(words []string) map[string]string {
	o := map[string]string{}
	for _, word := range words {
		key, list, _ := strings.Cut(word, "=")
		o[key] = list
	}
	return o
}

// history puts a log on the disk of the server under test, and on show.
func (b *bench) history(words []string) error {
	o := lists(words)
	list, given := o["log"]
	b.logs = given
	if !given {
		return nil
	}
	snapshot, err := strconv.Atoi("0" + o["snapshot"])
	l, err2 := parseLog(list, snapshot)
	if err = errors.Join(err, err2); err != nil {
		return err
	}
	b.s.SetHistory(l)
	return nil
}

// log is a line for the log in memory, what of it is known to be committed, and the one on the disk where they
// differ.
func (b *bench) log() string {
	if !b.logs {
		return ""
	}
	s, text := &b.s, ""
	if s.State != Looking || s.Round > 0 { // a process that runs
		text = "\nlog " + logText(&s.log)
		if s.Phase >= Synchronization {
			text += fmt.Sprintf(" committed %d", s.committed)
		}
		if s.disk.equal(&s.log) {
			return text
		}
		return text + ", disk log " + logText(&s.disk)
	}
	return "\ndisk log " + logText(&s.disk)
}

func logText(l *Log) string {
	words := make([]string, 0, MaxLog+1)
	for i := range l.Len() {
		if i > 0 && i == l.Snapshot() {
			words = append(words, "|")
		}
		words = append(words, l.At(i).String())
	}
	if l.Len() > 0 && l.Len() == l.Snapshot() {
		words = append(words, "|")
	}
	return "[" + strings.Join(words, " ") + "]"
}

// take is a step that nobody watches.
func (b *bench) take(in Input) {
	var out Outputs
	out.Reset()
	b.s.Step(b.e, &in, &out)
}

// follows brings the server under test to where its leader synchronises it: the others say that they follow and
// lead, LEADERINFO is answered.
func (b *bench) follows(leader, epoch string) (string, error) {
	sid, err1 := parseSID(leader)
	o, err2 := options([]string{epoch})
	pos, member := b.e.Position(sid)
	if err := errors.Join(err1, err2); err != nil || !member {
		return "", fmt.Errorf("follows %q: a leader and its epoch: %v", leader, err)
	}
	b.take(Input{Kind: Start})
	v := Vote{Candidate: Candidate{Leader: sid}, Round: 1, Version: WireVersion}
	for i := range b.e.Voters {
		if v.State = Following; i == pos {
			v.State = Leading
		}
		if i == b.s.Position() || b.s.State != Looking {
			continue
		}
		b.take(Input{Kind: Notification, From: uint8(i), Vote: v})
		if b.e.Fine {
			b.take(Input{Kind: Handle})
		}
	}
	b.take(Input{Kind: PacketIn, From: uint8(pos), Packet: Packet{Kind: LeaderInfo, Epoch: uint32(o["epoch"])}})
	return b.line(), nil
}

// serves makes the server under test the leader of these, who are as it is in all respects.
func (b *bench) serves(sids []string) (string, error) {
	learners, err := b.positions(sids)
	s := &b.s
	b.take(Input{Kind: Start})
	each := func(in Input) {
		for i := range b.e.Members {
			if in.From = uint8(i); learners.Has(i) {
				b.take(in)
			}
		}
	}
	each(Input{Kind: Notification, Vote: s.Ballot()})
	b.take(Input{Kind: Decide})
	b.take(Input{Kind: Offer})
	each(Input{Kind: PacketIn, Packet: Packet{Kind: FollowerInfo, Epoch: s.AcceptedEpoch}})
	each(Input{Kind: PacketIn, Packet: Packet{Kind: AckEpoch, Epoch: s.Epoch, Current: s.CurrentEpoch, Zxid: s.Zxid}})
	each(Input{Kind: PacketIn, Packet: Packet{Kind: Ack, Epoch: s.Epoch}})
	return b.line(), err
}

// plan asks PlanSync: logged=1,2 committed=2 last=2 peer=1.
func plan(words []string) (string, error) {
	o := lists(words)
	logged, err1 := parseTxns(o["logged"])
	committed, err2 := parseTxns(o["committed"])
	last, err3 := parseZxid(o["last"])
	peer, err4 := parseZxid(o["peer"])
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		return "", err
	}
	p := PlanSync(History{Logged: logged, Committed: committed, Last: last}, peer, nil)
	text := fmt.Sprintf("%v %v", p.Kind, p.Zxid)
	if len(p.Txns) > 0 {
		text += ", then"
	}
	for _, t := range p.Txns {
		text += " " + t.String()
	}
	return fmt.Sprintf("%s; forwards from %v", text, p.From), nil
}

// parsePacket reads KIND epoch=6 and what else that kind carries. A SNAP comes with its tree, and counts it
// unless told otherwise.
func parsePacket(words []string) (p Packet, tree *Log, err error) {
	for k := FollowerInfo; k < packetKinds; k++ {
		if k.String() == words[0] {
			p.Kind = k
		}
	}
	if p.Kind == 0 {
		return p, nil, fmt.Errorf("unknown packet %q", words[0])
	}
	var rest []string
	for _, word := range words[1:] {
		list, isTree := strings.CutPrefix(word, "snapshot=")
		if !isTree {
			rest = append(rest, word)
			continue
		}
		if tree, err = parseLog(list, 0); err != nil {
			return p, nil, err
		}
		p.Count = uint8(tree.Len())
	}
	o, err := options(rest)
	p.Epoch, p.Zxid, p.Value = uint32(o["epoch"]), o["zxid"], uint8(o["value"])
	if count, given := o["count"]; given {
		p.Count = uint8(count)
	}
	if p.NoCount = o["current"] == NoZxid; !p.NoCount {
		p.Current = uint32(o["current"])
	}
	if p.Kind == Snap && tree == nil {
		return p, nil, fmt.Errorf("a SNAP without a tree")
	}
	return p, tree, err
}

// sent is what left the server; equal notifications in a row are one line.
func (b *bench) sent(out *Outputs) string {
	text := ""
	var to Set
	for i, n := range out.Notes {
		to = to.With(int(n.To))
		if i+1 == len(out.Notes) || out.Notes[i+1].Vote != n.Vote {
			text += fmt.Sprintf("to %s %v\n", b.set(to), n.Vote)
			to = 0
		}
	}
	for _, x := range out.Packets {
		text += fmt.Sprintf("to {%v} %s\n", b.e.Members[x.To].SID, packetText(x.Packet))
	}
	return text
}

// packetText is a packet as packet steps write it, with what its kind carries.
func packetText(p Packet) string {
	text := fmt.Sprintf("%v epoch=%d", p.Kind, p.Epoch)
	switch p.Kind {
	case FollowerInfo, LeaderInfo, UpToDate:
		return text
	case AckEpoch:
		text += fmt.Sprintf(" current=%d", map[bool]int64{false: int64(p.Current), true: -1}[p.NoCount])
	case Ack:
		if p.Zxid == 0 { // of NEWLEADER
			return text
		}
	}
	text += fmt.Sprintf(" zxid=%v", p.Zxid)
	if p.Value != 0 {
		text += fmt.Sprintf(" value=%d", p.Value)
	}
	if p.Kind == Snap {
		text += fmt.Sprintf(" count=%d", p.Count)
	}
	return text
}
