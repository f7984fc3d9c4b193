package cluster

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/zkcheck/zkcheck/election"
)

// Unlimited is the value of a limit that does not limit.
const Unlimited = -1

// Limits are the budgets of faults and of growth. The zero value allows no fault and no growth; start
// from DefaultLimits. A limit that cuts an action off is reported by System.Cut.
type Limits struct {
	Crashes  int
	Restarts int
	Cuts     int // heals are free
	Resets   int
	Drops    int
	Dups     int
	Wipes    int
	Garbles  int

	Writes     int // clients' writes, in all terms together; at most 255
	GiveUps    int // terms given up although they could still go on; give-ups of stalled ones are free
	Timeouts   int // notification time-outs; resends need no budget, so Unlimited by default
	Rounds     int // the largest round that a server may enter; Unlimited in fair schedules
	Epochs     int // how far epochs may grow above the largest acceptedEpoch at the start
	ChannelLen int // notifications in a channel, 1..MaxChannel

	Calm int // 1: the run may become calm, once and for ever

	// Of the fine grain.
	Lags  int // how often a thread is caught halfway through its step
	Inbox int // notifications that wait for an election thread, 1..election.MaxInbox
}

// MaxChannel bounds ChannelLen.
const MaxChannel = 4

// maxWrites: each has a number of its own, of 8 bits.
const maxWrites = 255

// DefaultLimits: no faults, three rounds, three epochs, one notification per channel.
func DefaultLimits() Limits {
	return Limits{Timeouts: Unlimited, Rounds: 3, Epochs: 3, ChannelLen: 1, Inbox: 4}
}

// limitField describes one limit for everything that names them: traces, flags, reports.
type limitField struct {
	Name  string
	Doc   string
	Fault bool // a budget of faults, not of growth
	at    func(*Limits) *int
}

// limitFields in the order in which they are printed. The index is the bit in System.Cut.
var limitFields = [...]limitField{
	{"crashes", "crashes of a server", true, func(l *Limits) *int { return &l.Crashes }},
	{"restarts", "restarts after a crash", true, func(l *Limits) *int { return &l.Restarts }},
	{"cuts", "cut links (healing is free)", true, func(l *Limits) *int { return &l.Cuts }},
	{"resets", "connections lost and back", true, func(l *Limits) *int { return &l.Resets }},
	{"drops", "lost notifications", true, func(l *Limits) *int { return &l.Drops }},
	{"dups", "duplicated notifications", true, func(l *Limits) *int { return &l.Dups }},
	{"wipes", "wiped disks", true, func(l *Limits) *int { return &l.Wipes }},
	{"garbles", "messages that no server of the ensemble could send", true, func(l *Limits) *int { return &l.Garbles }},
	{"writes", "clients' writes", false, func(l *Limits) *int { return &l.Writes }},
	{"giveups", "terms given up early (-1: no limit)", false, func(l *Limits) *int { return &l.GiveUps }},
	{"timeouts", "notification time-outs (-1: no limit)", false, func(l *Limits) *int { return &l.Timeouts }},
	{"rounds", "largest round (-1: no limit)", false, func(l *Limits) *int { return &l.Rounds }},
	{"epochs", "growth of epochs (-1: no limit)", false, func(l *Limits) *int { return &l.Epochs }},
	{"channel-len", "notifications per channel", false, func(l *Limits) *int { return &l.ChannelLen }},
	{"calm", "1: a time without faults may begin, for what must happen in the end", false, func(l *Limits) *int { return &l.Calm }},
	{"lags", "threads caught halfway, fine grain (-1: no limit)", false, func(l *Limits) *int { return &l.Lags }},
	{"inbox", "notifications that wait for a thread, fine grain", false, func(l *Limits) *int { return &l.Inbox }},
}

// The bits of System.Cut.
const (
	cutWrites = 8 + iota
	cutGiveUps
	cutTimeouts
	cutRounds
	cutEpochs
	cutChannel
	cutCalm
	cutLags
	cutInbox
)

// Each calls f for every limit: its name, what it bounds, and where it is kept.
func (l *Limits) Each(f func(name, doc string, value *int)) {
	for _, field := range limitFields {
		f(field.Name, field.Doc, field.at(l))
	}
}

// CutNames turns the bits of System.Cut into the names of limits.
func CutNames(bits uint64) []string {
	var names []string
	for i, field := range limitFields {
		if bits>>i&1 != 0 {
			names = append(names, field.Name)
		}
	}
	return names
}

// String names the limits that differ from the default, "crashes=1 rounds=2", or is empty.
func (l Limits) String() string {
	def := DefaultLimits()
	var parts []string
	for _, field := range limitFields {
		if v := *field.at(&l); v != *field.at(&def) {
			parts = append(parts, field.Name+"="+strconv.Itoa(v))
		}
	}
	return strings.Join(parts, " ")
}

// ParseLimits is the inverse of String: what is not named is the default.
func ParseLimits(s string) (Limits, error) {
	l := DefaultLimits()
	seen := map[string]bool{}
	for _, part := range strings.Fields(s) {
		name, value, ok := strings.Cut(part, "=")
		if !ok {
			return l, fmt.Errorf("limit %q is not name=number", part)
		}
		v, err := strconv.Atoi(value)
		if err != nil {
			return l, fmt.Errorf("limit %s: %q is not a number", name, value)
		}
		known := false
		for _, field := range limitFields {
			if field.Name == name {
				*field.at(&l), known = v, true
			}
		}
		if !known {
			return l, fmt.Errorf("unknown limit %q", name)
		}
		if seen[name] {
			return l, fmt.Errorf("limit %s is given twice", name)
		}
		seen[name] = true
	}
	return l, l.Validate()
}

// MaxBudget bounds every limit: counters in a state are 16 bits wide.
const MaxBudget = 1 << 15

// Validate refuses numbers that no system can have.
func (l Limits) Validate() error {
	for i, field := range limitFields {
		v := *field.at(&l)
		switch {
		case v > MaxBudget:
			return fmt.Errorf("limit %s: %d is above %d", field.Name, v, MaxBudget)
		case v < 0 && (v != Unlimited || field.Fault || i == cutWrites || i == cutCalm || i == cutChannel || i == cutInbox):
			return fmt.Errorf("limit %s: %d is negative", field.Name, v)
		}
	}
	if l.Calm > 1 {
		return fmt.Errorf("limit calm: %d is not 0 or 1", l.Calm)
	}
	if l.Writes > maxWrites {
		return fmt.Errorf("limit writes: %d is above %d", l.Writes, maxWrites)
	}
	if l.ChannelLen < 1 || l.ChannelLen > MaxChannel {
		return fmt.Errorf("limit channel-len: %d is not 1..%d", l.ChannelLen, MaxChannel)
	}
	if l.Inbox < 1 || l.Inbox > election.MaxInbox {
		return fmt.Errorf("limit inbox: %d is not 1..%d", l.Inbox, election.MaxInbox)
	}
	return nil
}
