package hostile

import (
	"context"
	"strings"
	"testing"

	"github.com/zkcheck/zkcheck/wire"
)

// A server that dies of a line for a server that is no number is shrunk to as much as it needs for that.
func TestShrinkingKeepsClassAndCause(t *testing.T) {
	n := wire.Notification{Leader: 3, Round: 7, Version: 2, Config: "server.1=127.0.0.1:2888:3888\nserver.zz=127.0.0.1:2888:3888:observer\nversion=0"}
	header, _ := newGenerator(1).good()
	tries := 0
	run := func(_ context.Context, c Case) (Class, string, error) {
		tries++
		if len(c.Frames) == 0 {
			return Survived, "", nil
		}
		n, err := wire.ParseNotification(c.Frames[0][4:])
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case strings.Contains(n.Config, "server.zz="):
			return Deaf, "not a number", nil
		case n.Config == "":
			return Deaf, "no servers", nil
		}
		return Survived, "", nil
	}
	k := &shrinker{run: run, class: Deaf, cause: "not a number", best: Case{Header: header, Frames: [][]byte{frame(n, nil)}, Description: "kept"}}
	if err := k.shrink(context.Background()); err != nil {
		t.Fatal(err)
	}
	h, err := wire.ReadHeader(strings.NewReader(string(k.best.Header)))
	if err != nil || h.Addrs[0] != "h:1" {
		t.Errorf("the header is %+v, %v", h, err)
	}
	got, err := wire.ParseNotification(k.best.Frames[0][4:])
	if err != nil || !strings.Contains(got.Config, "server.zz=") || len(got.Config) > len("server.zz=")+4 || got.Round != 0 || k.best.Description != "kept" {
		t.Errorf("got %+v, %v after %d tries", got, err, tries)
	}
	if k.kills > maxKills || k.tries > maxTries || k.tries != tries {
		t.Errorf("%d kills, %d tries", k.kills, k.tries)
	}
}

// The bytes of a header are shrunk with their length.
func TestShrinkingAHeader(t *testing.T) {
	header := append([]byte("\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff\x00\x00\x00\x11"), "127.0.0.1:3888|:9"...)
	k := &shrinker{class: Deaf, best: Case{Header: header, Frames: [][]byte{{1}}}}
	k.run = func(_ context.Context, c Case) (Class, string, error) {
		if n := len(c.Header) - 20; n < 0 || int(c.Header[19]) != n {
			return Closed, "", nil
		}
		if strings.Contains(string(c.Header), ":9") {
			return Deaf, "", nil
		}
		return Survived, "", nil
	}
	if err := k.shrink(context.Background()); err != nil {
		t.Fatal(err)
	}
	if got := string(k.best.Header[20:]); got != ":9" || len(k.best.Frames) > 0 {
		t.Errorf("got %q and %d frames", got, len(k.best.Frames))
	}
}
