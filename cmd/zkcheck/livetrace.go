package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/live/logs"
)

type liveTraceFlags struct {
	ensemble           int
	voters             string
	observers, weights string
	zkt                string
	json               bool

	changed func(flag string) bool
}

func newLiveTrace() *cobra.Command {
	var f liveTraceFlags
	c := &cobra.Command{
		Use:   "trace LOG...",
		Short: "Say whether the elections in logs of ZooKeeper are legal, and tell their story",
		Long: `trace reads logs of ZooKeeper servers, 3.4 to today, at INFO or DEBUG, packed with gzip or not,
and lets the protocol explain every line about an election: it is legal, or here is the first line
that is not. A log begins anywhere and ends anywhere; where lines are missing the answer is unknown.
A file is of one server; several can be of the same. Where no line tells which, write SID=LOG.

Voters are the servers seen in notifications, unless --ensemble or --voters says more: a server
that was down all the time is in no log.

Exit codes: 0 all is legal, 1 a line is not, 2 unknown, 3 bad usage or a file that can't be read.`,
		Example: `  zkcheck live trace zk1.log zk2.log zk3.log
  zkcheck live trace zk3.log --ensemble 5
  zkcheck live trace 3=zookeeper.out.gz --json
  zkcheck live trace zk1.log zk2.log zk3.log --zkt elections`,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return fmt.Errorf("live trace: no logs")
			}
			f.changed = c.Flags().Changed
			return f.run(c.OutOrStdout(), args)
		},
	}
	c.Flags().SortFlags = false
	c.Flags().IntVar(&f.ensemble, "ensemble", 0, "the ensemble has `N` voters; default those seen in notifications")
	c.Flags().StringVar(&f.voters, "voters", "", "the voters, `LIST` of sids: 1,2,3")
	c.Flags().StringVar(&f.observers, "observers", "", "`LIST` of the servers that do not vote: 4,5")
	c.Flags().StringVar(&f.weights, "weights", "", "`GROUPS` and weights of the voters: 1=1,2=1,3=1/4=0,5=0")
	c.Flags().StringVar(&f.zkt, "zkt", "", "write each election as a trace into the folder `DIR`")
	c.Flags().BoolVar(&f.json, "json", false, "print one JSON object")
	strict(c.Flags())
	return c
}

// sids reads a list of servers.
func sids(flag, list string) ([]election.SID, error) {
	var found []election.SID
	if list == "" {
		return nil, nil
	}
	for _, name := range strings.Split(list, ",") {
		n, err := strconv.ParseUint(name, 10, 8)
		if err != nil || election.SID(n) == election.NoServer || strconv.FormatUint(n, 10) != name {
			return nil, fmt.Errorf("--%s %s: %q is not a sid (0..%d)", flag, list, name, election.NoServer-1)
		}
		found = append(found, election.SID(n))
	}
	return found, nil
}

// options are what the flags say about the ensemble.
func (f *liveTraceFlags) options() (logs.Options, error) {
	for _, flag := range []string{"voters", "weights"} {
		if f.changed("ensemble") && f.changed(flag) {
			return logs.Options{}, fmt.Errorf("--ensemble and --%s exclude each other", flag)
		}
	}
	if f.changed("ensemble") && f.ensemble < 1 || f.ensemble > election.MaxVoters {
		return logs.Options{}, fmt.Errorf("--ensemble %d: want 1..%d", f.ensemble, election.MaxVoters)
	}
	o := logs.Options{Voters: f.ensemble}
	voters, err := sids("voters", f.voters)
	if err != nil {
		return o, err
	}
	if o.Observers, err = sids("observers", f.observers); err != nil {
		return o, err
	}
	if o.Members, err = logs.Members(voters, o.Observers, f.weights); err != nil {
		return o, err
	}
	return o, nil
}

func (f *liveTraceFlags) run(out io.Writer, args []string) error {
	o, err := f.options()
	if err != nil {
		return err
	}
	if f.zkt != "" {
		if err := checkDir("zkt", f.zkt); err != nil {
			return err
		}
	}
	files, err := openLogs(args)
	if err != nil {
		return err
	}
	report, err := logs.Judge(files, o)
	if err != nil {
		return err
	}
	var exports []logs.Export
	if f.zkt != "" {
		if exports, err = report.Export(f.zkt); err != nil {
			return err
		}
	}
	if f.json {
		err = writeJSON(out, struct {
			*logs.Report
			Traces []logs.Export `json:"traces,omitempty"`
		}{report, exports})
	} else {
		err = printLogs(out, report, exports)
	}
	switch {
	case err != nil:
		return err
	case report.Verdict == logs.Illegal:
		return verdictCode(exitViolated)
	case report.Verdict == logs.Unknown:
		return verdictCode(exitUnknown)
	}
	return nil
}

// openLogs reads the logs. A file that is read twice would be two stories of one server.
func openLogs(args []string) ([]*logs.Log, error) {
	var files []*logs.Log
	var infos []os.FileInfo
	for i, arg := range args {
		path, sid, named := logs.Named(arg)
		if path == "" {
			return nil, fmt.Errorf("log %q: it has no name", arg)
		}
		if info, err := os.Stat(path); err == nil {
			if k := slices.IndexFunc(infos, func(other os.FileInfo) bool { return os.SameFile(info, other) }); k >= 0 {
				return nil, fmt.Errorf("%s: the same file as %s", args[i], args[k])
			}
			infos = append(infos, info)
		}
		file, err := logs.Open(path)
		if err != nil {
			return nil, err
		}
		if named {
			if file.SID != election.NoServer && file.SID != sid {
				return nil, fmt.Errorf("%s: its lines say that it is of server %v", arg, file.SID)
			}
			file.SID = sid
		}
		files = append(files, file)
	}
	return files, nil
}

// printLogs tells the story, then what is not legal, then the verdict.
func printLogs(out io.Writer, r *logs.Report, exports []logs.Export) error {
	p := &printer{out: out}
	p.wrapped(fmt.Sprintf("voters %s (%s)", numbers(r.Voters), r.Basis), "  ")
	if len(r.Observers) > 0 {
		p.wrapped("observers "+numbers(r.Observers), "  ")
	}
	for i := range r.Contests {
		p.line("")
		for k, line := range r.Story(&r.Contests[i]) {
			p.labelled(strings.Repeat("  ", min(k, 1)), line, "  ")
		}
	}
	p.line("")
	for i := range r.Elections {
		x := &r.Elections[i]
		p.labelled(fmt.Sprintf("%-8s", x.Verdict), fmt.Sprintf("%v-%d: %s", x.From, x.To.Line, x.Story()), "  ")
	}
	for i := range r.Findings {
		f := &r.Findings[i]
		p.line("")
		p.labelled("", fmt.Sprintf("%v: %s", f.Verdict, f), "  ")
		for k, e := range f.Evidence {
			if k == 0 {
				p.line("  the server can have been:")
			}
			p.labelled("    ", e, "  ")
		}
	}
	p.line("")
	for _, file := range r.Files {
		if file.Long > 0 {
			p.wrapped(fmt.Sprintf("%s: %s too long to be read", file.Name, count(file.Long, "line")), "  ")
		}
		if file.Cut {
			p.wrapped(fmt.Sprintf("%s: cut off: what is behind line %d is not read", file.Name, file.Lines), "  ")
		}
	}
	for _, e := range exports {
		p.wrapped(e.String(), "  ")
	}
	p.wrapped(summary(r), "  ")
	return p.err
}

func summary(r *logs.Report) string {
	tally := map[logs.Verdict]int{}
	for i := range r.Elections {
		tally[r.Elections[i].Verdict]++
	}
	text := fmt.Sprintf("%s: %s of %s", r.Verdict, count(len(r.Elections), "election"), count(len(r.Files), "log"))
	for _, v := range []logs.Verdict{logs.Legal, logs.Unknown, logs.Illegal} {
		if n := tally[v]; n > 0 && n < len(r.Elections) {
			text += fmt.Sprintf(", %d %s", n, v)
		}
	}
	return text
}

func numbers(list logs.SIDs) string {
	parts := make([]string, len(list))
	for i, n := range list {
		parts[i] = n.String()
	}
	return strings.Join(parts, ", ")
}
