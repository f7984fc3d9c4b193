package server_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/live/server"
)

// A disk is made for a server that has followed the leader of epoch 1 up to its fifth transaction, and has promised
// itself to the leader of epoch 2 before it crashed. [server.Start] would start a server on it.
func Example() {
	dir, err := os.MkdirTemp("", "zkcheck-example-")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	disk := election.Disk{Zxid: election.NewZxid(1, 5), CurrentEpoch: 1, AcceptedEpoch: 2}
	if err := server.WriteDisk(dir, disk); err != nil {
		fmt.Println(err)
	}
	files, _ := filepath.Glob(filepath.Join(dir, "version-2", "*"))
	for _, f := range files {
		fmt.Println(filepath.Base(f))
	}
	fmt.Println(server.ReadDisk(dir))
	// Output:
	// acceptedEpoch
	// currentEpoch
	// snapshot.100000005
	// 1/2,1.5 <nil>
}
