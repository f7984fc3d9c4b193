package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/zkcheck/zkcheck/live/peer"
	"github.com/zkcheck/zkcheck/wire"
)

// stranger is a server that answers every frame with the same notification, whoever asks. It returns its
// address.
func stranger(t *testing.T, answer func(addr *net.TCPAddr) wire.Notification) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	frame, err := answer(l.Addr().(*net.TCPAddr)).AppendFrame(nil)
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				if h, err := wire.ReadHeader(conn); err != nil || h.SID != peer.Stranger {
					t.Errorf("asked as %d, %v", h.SID, err)
				}
				for {
					if _, err := wire.ReadFrame(conn, nil); err != nil {
						return
					}
					conn.Write(frame)
				}
			}()
		}
	}()
	return l.Addr().String()
}

func TestProbe(t *testing.T) {
	following := stranger(t, func(a *net.TCPAddr) wire.Notification {
		config := wire.Config{Members: []wire.Member{{SID: 2, Host: a.IP.String(), QuorumPort: 2888, ElectionPort: a.Port}}}
		return wire.Notification{State: 1, Leader: 3, PeerEpoch: 1, Zxid: 1<<32 | 5, Round: 4, Version: 2, Config: config.String()}
	})
	observing := stranger(t, func(*net.TCPAddr) wire.Notification {
		const nobody = -1 << 63
		return wire.Notification{State: 3, Leader: nobody, PeerEpoch: nobody, Zxid: nobody, Round: 1, Version: 2}
	})
	odd := stranger(t, func(*net.TCPAddr) wire.Notification {
		return wire.Notification{State: -7, Leader: 1 << 40, PeerEpoch: -1, Zxid: -1, Round: -2, Version: 2}
	})
	var out, errs strings.Builder
	if code := run(context.Background(), []string{"live", "probe", following, observing, odd}, &out, &errs); code != exitHolds {
		t.Errorf("exit code %d, %s", code, errs.String())
	}
	want := fmt.Sprintf("%s  server 2 FOLLOWING, votes for 3:1,1.5, round 4\n"+
		"%s  server ? OBSERVING, votes for nobody, round 1\n"+
		"%s  server ? state -7, votes for 1099511627776:-1,4294967295.4294967295, round -2\n", following, observing, odd)
	if out.String() != want {
		t.Errorf("got\n%swant\n%s", out.String(), want)
	}

	out.Reset()
	if code := run(context.Background(), []string{"live", "probe", following, "--json"}, &out, &errs); code != exitHolds {
		t.Errorf("exit code %d, %s", code, errs.String())
	}
	var got struct {
		Servers []struct {
			Addr string
			answered
		}
	}
	if err := json.Unmarshal([]byte(out.String()), &got); err != nil {
		t.Fatal(err)
	}
	if s := got.Servers[0]; s.Addr != following || *s.SID != 2 || s.State != "FOLLOWING" || *s.Leader != 3 || s.Zxid != "1.5" || s.Round != 4 {
		t.Errorf("got %s", out.String())
	}
}

// A server that does not answer is unknown, and the others are printed all the same.
func TestProbeOfAServerThatIsDown(t *testing.T) {
	up := stranger(t, func(*net.TCPAddr) wire.Notification { return wire.Notification{Version: 2} })
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	down := l.Addr().String()
	l.Close()
	var out, errs strings.Builder
	code := run(context.Background(), []string{"live", "probe", down, up}, &out, &errs)
	if code != exitUnknown || errs.Len() > 0 || !strings.Contains(out.String(), "  connection refused\n") || !strings.Contains(out.String(), "LOOKING, votes for 0:0,0, round 0\n") {
		t.Errorf("exit code %d\n%s%s", code, out.String(), errs.String())
	}
}

// What a stranger says fits the columns, and so does a long name.
func TestProbeFitsTheColumns(t *testing.T) {
	long := strings.Repeat("h", 60) + ":3888"
	var out strings.Builder
	f := &probeFlags{}
	if err := f.print(&out, []probed{{Addr: "127.0.0.1:57647", Error: strings.Repeat("word ", 30)}, {Addr: long, Error: "no such host"}}); err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(out.String(), "\n") {
		if len(line) > columns {
			t.Errorf("%d columns: %s", len(line), line)
		}
	}
}
