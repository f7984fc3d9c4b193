// Command zkcheck checks ZooKeeper's leader election: it searches what a cluster can do, tells who wins
// an election and why, and replays counterexamples.
//
//	zkcheck check 1:1,8 2:1,8 3:1,7
//	zkcheck elect 1:1,8 2:1,8 4:1,7 --ensemble 5
//	zkcheck replay zkcheck-one-leader-per-epoch.zkt
//
// It exits with 0 if what was asked holds, 1 if it is violated, 2 if that is unknown, and 3 for bad
// usage or bad input; every error is one line on standard error.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/zkcheck/zkcheck/trace"
)

// Exit codes.
const (
	exitHolds    = 0
	exitViolated = 1
	exitUnknown  = 2
	exitUsage    = 3

	exitPipe = 128 + int(syscall.SIGPIPE)
)

// verdictCode is the error of a verb that ran and did not find that everything holds. It is no message.
type verdictCode int

func (c verdictCode) Error() string { return fmt.Sprintf("exit code %d", int(c)) }

func main() {
	ends := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // as under nohup
		ends = append(ends, syscall.SIGHUP)
	}
	ctx, stop := signal.NotifyContext(context.Background(), ends...)
	context.AfterFunc(ctx, stop) // a second interrupt ends the process
	// A pipe that nobody reads is an error of who writes to it, and what was begun is cleaned up.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run is the whole command.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	var code verdictCode
	switch {
	case err == nil:
		return exitHolds
	case errors.As(err, &code):
		return int(code)
	case errors.Is(err, syscall.EPIPE): // as every command behind which the reader goes away
		return exitPipe
	}
	fmt.Fprintf(stderr, "zkcheck: %s\n", oneLine(err.Error()))
	var internal *trace.InternalError
	if errors.As(err, &internal) || errors.Is(err, trace.ErrUnverified) {
		return exitUnknown
	}
	return exitUsage
}

// oneLine is a text without what would break the line or talk to the terminal: names of files and
// arguments are quoted in errors as they are.
func oneLine(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return unicode.ReplacementChar
	}, text)
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "zkcheck",
		Short: "Check ZooKeeper's leader election",
		Long: `zkcheck checks ZooKeeper's leader election: can it go wrong, and if it can, what is the
shortest way?

A server is written SID:EPOCH,ZXID, or SID:EPOCH/ACCEPTED,ZXID where acceptedEpoch is larger.
Exit codes: 0 holds, 1 violated, 2 unknown, 3 bad usage or bad input.`,
		Example: `  zkcheck check
  zkcheck check 1:1,8 2:1,8 3:1,7 --crashes 1 --restarts 1
  zkcheck elect 1:1,8 2:1,8 4:1,7 --ensemble 5
  zkcheck replay zkcheck-one-leader-per-epoch.zkt`,
		Args:               cobra.NoArgs,
		SilenceErrors:      true,
		SilenceUsage:       true,
		DisableSuggestions: true,
		CompletionOptions:  cobra.CompletionOptions{DisableDefaultCmd: true},
		RunE:               func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error {
		text, _, _ := strings.Cut(err.Error(), ": strconv.") // go's own words say nothing to others
		return errors.New(text)
	})
	root.SetHelpCommand(newHelp(root))
	root.AddCommand(newCheck(), newResume(), newElect(), newReplay(), newShrink(), newWhy(), newTest(), newMutants(), newLive(), newVersion())
	return root
}

// newHelp is "zkcheck help VERB". Unlike cobra's own it refuses a verb that is not there.
func newHelp(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:     "help [VERB]",
		Short:   "Help about a verb",
		Example: "  zkcheck help check",
		RunE: func(_ *cobra.Command, args []string) error {
			verb, rest, err := root.Find(args)
			if err != nil {
				return err
			}
			if len(rest) > 0 {
				return fmt.Errorf("unknown command %q for %q", rest[0], verb.CommandPath())
			}
			return verb.Help()
		},
	}
}
