package hostile_test

import (
	"fmt"

	"github.com/zkcheck/zkcheck/live/hostile"
)

// A case is a text file; RunCase sends it to a real server.
func Example() {
	c, err := hostile.ParseCase("port.txt", []byte(`zkcheck hostile v1
# a port that is too large
header ffffffffffff0000 000000000000ffff 00000006 3a3635353336
`))
	if err != nil {
		panic(err)
	}
	fmt.Printf("%s", c.Format())
	// Output:
	// zkcheck hostile v1
	// # a port that is too large
	// header ffffffffffff0000000000000000ffff000000063a3635353336
}
