package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/zkcheck/zkcheck/trace"
)

func newTest() *cobra.Command {
	var pkg string
	var holds bool
	c := &cobra.Command{
		Use:   "test FILE",
		Short: "Write a counterexample as a Go test",
		Long: `test prints a Go test file that has the counterexample of a trace file in it, replays it, and asks
for the violation that the file shows: that what is known to go wrong under these rules is still
noticed.

With --holds the test asks for the opposite, of ZooKeeper's rules or of those that are put in their
place: that the run violates the property no longer.

The test needs nothing but this module; its name is that of FILE.`,
		Example: `  zkcheck test zkcheck-winner-is-maximum-min.zkt > winner_is_maximum_test.go
  zkcheck test zkcheck-winner-is-maximum-min.zkt --holds --package mended_test > mended_test.go`,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) != 1 {
				return fmt.Errorf("test: want one file, not %d", len(args))
			}
			if args[0] == "" {
				return fmt.Errorf("test: the name of the file is empty")
			}
			t, err := trace.ReadFile(args[0])
			if err != nil {
				return err
			}
			name := strings.TrimPrefix(strings.TrimSuffix(filepath.Base(args[0]), ".zkt"), "zkcheck-")
			text, err := trace.GoTest(t, pkg, name, holds)
			if err == nil {
				_, err = c.OutOrStdout().Write(text)
			}
			return err
		},
	}
	c.Flags().StringVar(&pkg, "package", "counterexamples", "`NAME` of the test's package")
	c.Flags().BoolVar(&holds, "holds", false, "ask that the property holds: for a bug that has been mended")
	strict(c.Flags())
	return c
}
