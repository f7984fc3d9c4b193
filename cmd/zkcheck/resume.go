package main

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// newResume is check once more, with what a directory says.
func newResume() *cobra.Command {
	check := &checkFlags{limits: mustLimits(exhaustiveLimits)}
	c := &cobra.Command{
		Use:   "resume DIR",
		Short: "Go on with a check that was kept",
		Long: `resume goes on with the check that "zkcheck check --dir DIR" began: from the end of the last level
that was kept, as if nothing had happened in between, or, if it had come to its end, it reports again.
What is checked stands in the directory; only what has no influence on it can be given anew.

One of another version of zkcheck is refused.`,
		Example: `  zkcheck check 1:1,8 2:1,8 3:1,7 --crashes 2 --restarts 2 --rounds 1 --dir search
  zkcheck resume search
  zkcheck resume search --memory 16GiB --time 8h`,
		Args: cobra.ExactArgs(1),
	}
	check.registerFree(c.Flags())
	strict(c.Flags())
	c.RunE = func(c *cobra.Command, args []string) error {
		k, err := readKept(args[0])
		if errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s: there is no check to go on with", args[0])
		} else if err != nil {
			return err
		}
		again := append([]string{"--dir=" + args[0]}, k.Args...)
		c.Flags().Visit(func(f *pflag.Flag) { again = append(again, "--"+f.Name+"="+f.Value.String()) })
		verb := newCheck()
		verb.SilenceErrors, verb.SilenceUsage = true, true
		verb.SetArgs(again)
		verb.SetOut(c.OutOrStdout())
		verb.SetErr(c.ErrOrStderr())
		return verb.ExecuteContext(c.Context())
	}
	return c
}
