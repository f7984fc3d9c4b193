package main

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// Every help, of whatever depth, fits the columns.
func TestHelpFitsTheColumns(t *testing.T) {
	var look func(c *cobra.Command)
	look = func(c *cobra.Command) {
		var out bytes.Buffer
		args := append(strings.Fields(c.CommandPath())[1:], "--help")
		if code := run(context.Background(), args, &out, &out); code != exitHolds {
			t.Errorf("%s: exit code %d", c.CommandPath(), code)
		}
		for line := range strings.Lines(out.String()) {
			if n := len(strings.TrimSuffix(line, "\n")); n > columns {
				t.Errorf("%s: %d columns: %s", c.CommandPath(), n, line)
			}
		}
		for _, verb := range c.Commands() {
			look(verb)
		}
	}
	look(newRoot())
}
