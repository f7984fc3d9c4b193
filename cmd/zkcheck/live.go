package main

import "github.com/spf13/cobra"

// newLive is the parent of the verbs that talk to real servers.
func newLive() *cobra.Command {
	c := &cobra.Command{
		Use:     "live",
		Short:   "Ask, drive and judge real ZooKeeper servers",
		Example: "  zkcheck live probe 127.0.0.1:3888",
		Args:    cobra.NoArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(newLiveConform(), newLiveEnsemble(), newLiveProbe(), newLiveTrace())
	return c
}
