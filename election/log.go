package election

import (
	"fmt"
	"slices"
)

// Txn is a transaction: its place in the order, and which write it is. Value 0 is history from before
// the run, n the n-th write of the run.
type Txn struct {
	Zxid  Zxid
	Value uint8
}

func (t Txn) String() string {
	if t.Value == 0 {
		return t.Zxid.String()
	}
	return fmt.Sprintf("%v=%d", t.Zxid, t.Value)
}

// MaxLog bounds the transactions of a log.
const MaxLog = 24

// Log is a history of transactions, oldest first, from the empty tree on. Slots beyond its end are zero,
// so that equal logs are equal values.
type Log struct {
	n      logLen
	snap   logLen // the first snap of them came in a snapshot: no transaction log has them
	values [MaxLog]uint8
	zxids  [MaxLog]Zxid
}

// logLen is 0..MaxLog.
type logLen uint8

// NewLog is a log of history from before the run; snapshot tells whether it is all in a snapshot.
// The zxids ascend; there are at most MaxLog.
func NewLog(zxids []Zxid, snapshot bool) Log {
	var l Log
	for _, z := range zxids {
		l.append(Txn{Zxid: z})
	}
	if snapshot {
		l.snap = l.n
	}
	return l
}

// Len is the number of transactions.
func (l *Log) Len() int { return int(l.n) }

// At is the i-th transaction.
func (l *Log) At(i int) Txn { return Txn{l.zxids[i], l.values[i]} }

// Snapshot is how many of them came in a snapshot.
func (l *Log) Snapshot() int { return int(l.snap) }

// End is the zxid of the last transaction, 0 of an empty log.
func (l *Log) End() Zxid {
	if l.n == 0 {
		return 0
	}
	return l.zxids[l.n-1]
}

// Find is the place of a zxid in the log.
func (l *Log) Find(z Zxid) (int, bool) {
	for i := int(l.n) - 1; i >= 0; i-- {
		if l.zxids[i] == z {
			return i, true
		}
	}
	return 0, false
}

// Has tells whether the log holds the transaction, value and all.
func (l *Log) Has(t Txn) bool {
	i, ok := l.Find(t.Zxid)
	return ok && l.values[i] == t.Value
}

// IsPrefixOf tells whether the other log begins with all of this one.
func (l *Log) IsPrefixOf(o *Log) bool { return l.n <= o.n && l.agree(o, l.n) }

// agree tells whether the first n transactions are the same.
func (l *Log) agree(o *Log, n logLen) bool {
	for i := range n {
		if l.zxids[i] != o.zxids[i] || l.values[i] != o.values[i] {
			return false
		}
	}
	return true
}

func (l *Log) String() string {
	s := ""
	for i := range int(l.n) {
		if i > 0 {
			s += " "
		}
		s += l.At(i).String()
	}
	return "[" + s + "]"
}

func (l *Log) append(t Txn) {
	if l.n == MaxLog {
		panic("a log holds more transactions than a log can hold")
	}
	l.zxids[l.n], l.values[l.n] = t.Zxid, t.Value
	l.n++
}

// truncate keeps the first n transactions.
func (l *Log) truncate(n logLen) {
	for l.n > n {
		l.n--
		l.zxids[l.n], l.values[l.n] = 0, 0
	}
	l.snap = min(l.snap, l.n)
}

// upTo is how many transactions have zxids up to z.
func (l *Log) upTo(z Zxid) logLen {
	n := l.n
	for n > 0 && int64(l.zxids[n-1]) > int64(z) {
		n--
	}
	return n
}

// copyFrom copies what there is.
func (l *Log) copyFrom(o *Log) {
	for i := range max(l.n, o.n) { // mostly one or two, for which copy costs more
		l.zxids[i], l.values[i] = o.zxids[i], o.values[i]
	}
	l.n, l.snap = o.n, o.snap
}

// take makes l the first n transactions of o.
func (l *Log) take(o *Log, n logLen) {
	l.copyFrom(o)
	l.truncate(n)
}

// equal is == for logs, looking only at what they hold.
func (l *Log) equal(o *Log) bool {
	return l.n == o.n && l.snap == o.snap && l.agree(o, l.n)
}

// Histories are the logs that disks start with: zxid 0 is an empty disk, (e,0) is no transaction, and any
// other zxid is one of one history that has just those that some disk names. So who has the smaller zxid
// has a part of what the other one has. There are at most MaxServers disks.
func Histories(disks []Disk) []Log {
	var zxids []Zxid
	for _, d := range disks {
		if i, known := slices.BinarySearch(zxids, d.Zxid); !known && d.Zxid.Counter() != 0 {
			zxids = slices.Insert(zxids, i, d.Zxid)
		}
	}
	whole, logs := NewLog(zxids, false), make([]Log, len(disks))
	for i, d := range disks {
		logs[i].take(&whole, whole.upTo(d.Zxid))
	}
	return logs
}
