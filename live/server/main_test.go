package server

import (
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	actAsHarness()
	goleak.VerifyTestMain(m)
}
