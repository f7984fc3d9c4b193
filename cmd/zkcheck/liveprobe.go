package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/live/peer"
)

type probeFlags struct {
	as      uint64
	timeout time.Duration
	json    bool
}

func newLiveProbe() *cobra.Command {
	var f probeFlags
	c := &cobra.Command{
		Use:   "probe HOST:PORT...",
		Short: "Ask servers at their election ports for state, vote and round",
		Long: `probe asks servers at their election ports what they are doing and whom they vote for, whatever
state they are in. It asks as a stranger, with a sid that no member has: servers answer those and
leave them out of the election, so that nothing but their log is touched. While a server is LOOKING
it answers with the vote of its last election and the round of the present one.

A server whose sid is above that of --as hangs up and calls back: it must be able to reach us.`,
		Example: `  zkcheck live probe 127.0.0.1:3888
  zkcheck live probe zk1:3888 zk2:3888 zk3:3888 --json`,
		RunE: func(c *cobra.Command, addrs []string) error {
			if err := f.check(addrs); err != nil {
				return err
			}
			return f.run(c.Context(), c.OutOrStdout(), addrs)
		},
	}
	c.Flags().SortFlags = false
	c.Flags().Uint64Var(&f.as, "as", peer.Stranger, "ask as `SID`, which no member may have")
	c.Flags().DurationVar(&f.timeout, "timeout", 2*time.Second, "wait this `DURATION` for a server")
	c.Flags().BoolVar(&f.json, "json", false, "print one JSON object")
	strict(c.Flags())
	return c
}

func (f *probeFlags) check(addrs []string) error {
	if len(addrs) == 0 {
		return errors.New("live probe: no servers; want HOST:PORT of an election port, as 127.0.0.1:3888")
	}
	for _, addr := range addrs {
		host, port, err := net.SplitHostPort(addr)
		number, notPort := strconv.ParseUint(port, 10, 16)
		plain := !strings.ContainsFunc(host, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) })
		if err != nil || host == "" || !plain || notPort != nil || number == 0 || !decimal(port) {
			return fmt.Errorf("server %q: want HOST:PORT of an election port, as 127.0.0.1:3888", addr)
		}
	}
	if f.as >= math.MaxInt64 {
		return fmt.Errorf("--as %d: want a sid of 0..%d", f.as, math.MaxInt64-1)
	}
	if f.timeout <= 0 {
		return fmt.Errorf("--timeout %v: want a duration above 0", f.timeout)
	}
	return nil
}

// probed is what is known of a server: an answer, or why there is none.
type probed struct {
	Addr  string `json:"addr"`
	Error string `json:"error,omitempty"`
	*answered
}

// answered has numbers as wide as on the wire: a server may send anything.
type answered struct {
	SID       *int64 `json:"sid"` // null if neither the connection nor the config says it
	State     string `json:"state"`
	Leader    *int64 `json:"leader"` // null if it is nobody, as an observer's
	PeerEpoch int64  `json:"peer_epoch"`
	Zxid      string `json:"zxid"`
	Round     int64  `json:"round"`
	Config    string `json:"config"`
}

// vote writes a vote as everywhere.
func (a *answered) vote() string {
	if a.Leader == nil {
		return "nobody"
	}
	return fmt.Sprintf("%d:%d,%s", *a.Leader, a.PeerEpoch, a.Zxid)
}

// run asks all servers at the same time, and prints them as they were given.
func (f *probeFlags) run(ctx context.Context, out io.Writer, addrs []string) error {
	list := make([]probed, len(addrs))
	var asking sync.WaitGroup
	for i, addr := range addrs {
		asking.Go(func() { list[i] = f.ask(ctx, addr) })
	}
	asking.Wait()
	if err := f.print(out, list); err != nil {
		return err
	}
	for _, s := range list {
		if s.Error != "" {
			return verdictCode(exitUnknown)
		}
	}
	return nil
}

func (f *probeFlags) ask(ctx context.Context, addr string) probed {
	limited, cancel := context.WithTimeout(ctx, f.timeout)
	defer cancel()
	a, err := peer.AskAs(limited, int64(f.as), addr)
	if ctx.Err() != nil {
		return probed{Addr: addr, Error: "interrupted"}
	}
	if err != nil {
		return probed{Addr: addr, Error: oneLine(strings.TrimPrefix(err.Error(), addr+": "))}
	}
	s := &answered{
		PeerEpoch: a.PeerEpoch, Round: a.Round, Config: a.Config,
		State: fmt.Sprintf("state %d", a.State), Zxid: election.Zxid(a.Zxid).String(),
	}
	if a.SID >= 0 {
		s.SID = &a.SID
	}
	if a.State >= 0 && a.State <= int32(election.Observing) {
		s.State = election.State(a.State).String()
	}
	if a.Leader != math.MinInt64 {
		s.Leader = &a.Leader
	}
	return probed{Addr: addr, answered: s}
}

func (f *probeFlags) print(out io.Writer, list []probed) error {
	if f.json {
		return writeJSON(out, map[string]any{"servers": list})
	}
	width := 0
	for _, s := range list {
		width = max(width, len(s.Addr))
	}
	p := &printer{out: out}
	for _, s := range list {
		if s.Error != "" {
			p.server(width, s.Addr, s.Error)
			continue
		}
		sid := "?"
		if s.SID != nil {
			sid = strconv.FormatInt(*s.SID, 10)
		}
		p.server(width, s.Addr, fmt.Sprintf("server %s %s, votes for %s, round %d", sid, s.State, s.vote(), s.Round))
	}
	return p.err
}

// server writes what is known of a server behind its address, or below one that leaves no room.
func (p *printer) server(width int, addr, text string) {
	if width > columns/2 {
		p.wrapped(addr+"  "+text, "  ")
		return
	}
	p.labelled(fmt.Sprintf("%-*s  ", width, addr), text, "  ")
}
