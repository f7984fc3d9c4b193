package props

import (
	"strings"

	"github.com/zkcheck/zkcheck/cluster"
)

// Actions are the steps of the lesson's Way, none if it has no way.
func (l LessonCase) Actions() []cluster.Action {
	var list []cluster.Action
	for step := range strings.SplitSeq(l.Way, ",") {
		if l.Way == "" {
			break
		}
		a, err := cluster.ParseAction(step)
		if err != nil {
			panic("the way of lesson " + l.Name + ": " + err.Error())
		}
		list = append(list, a)
	}
	return list
}

// staleAck is the way to lesson acks-stay-true. Server 3 leads 1 and 2, and its own disk is slow. 1 has a
// write on its disk and acks it, loses its connection, finds 3 again and is truncated. Then the disk of 3
// is done, and its ack and the old one of 1 commit the write: it is on one disk of three.
const staleAck = `
start 1, start 2, start 3, deliver 1->1, handle 1, deliver 2->1, handle 1, deliver 1->1,
handle 1, deliver 3->1, handle 1, handle 1, deliver 1->1, handle 1, deliver 1->2, handle 2,
deliver 2->1, handle 1, deliver 2->2, handle 2, deliver 2->2, handle 2, deliver 3->2,
handle 2, deliver 1->3, handle 3, deliver 2->3, handle 3, deliver 3->3, handle 3, decide 1,
decide 2, decide 3, offer 3, packet 1->3, packet 3->1, packet 1->3, packet 3->1, packet 3->1,
packet 1->3, packet 3->1, packet 2->3, packet 3->2, packet 2->3, packet 3->2, packet 3->2,
packet 2->3, packet 3->2, write 3, packet 3->1, flush 1, packet 1->3, reset 1-3, giveup 1,
deliver 1->1, handle 1, deliver 3->1, handle 1, deliver 1->2, deliver 2->1, handle 1,
deliver 1->3, deliver 3->1, handle 1, packet 1->3, packet 3->1, packet 1->3, packet 3->1,
flush 3`
