package hostile

import (
	"bytes"
	"context"
	"encoding/binary"
	"slices"
	"strings"

	"github.com/zkcheck/zkcheck/live/peer"
	"github.com/zkcheck/zkcheck/wire"
)

// maxKills is how many servers the shrinking of one finding may cost, and maxTries how many cases it may
// send: a case that is still bad costs a server, one that is not costs milliseconds.
const (
	maxKills = 12
	maxTries = 120
)

// shrinker makes a case smaller as long as it stays as bad, for the same reason.
type shrinker struct {
	run   func(ctx context.Context, c Case) (Class, string, error) // on a server that nothing bad has happened to
	class Class
	cause string
	best  Case
	kills int
	tries int
}

// try takes a case that is not larger if it is as bad.
func (k *shrinker) try(ctx context.Context, c Case) (bool, error) {
	if k.kills >= maxKills || k.tries >= maxTries || c.size() > k.best.size() || local(c) != nil {
		return false, nil
	}
	k.tries++
	class, cause, err := k.run(ctx, c)
	if err != nil {
		return false, err
	}
	if class.bad() {
		k.kills++
	}
	if class != k.class || cause != k.cause {
		return false, nil
	}
	c.Description = k.best.Description
	k.best = c
	return true, nil
}

// shrink goes from large steps to small ones: without frames, with a short header, then the text that is
// left, piece by piece.
func (k *shrinker) shrink(ctx context.Context) error {
	stranger, err := wire.Header{Protocol: wire.OneAddress, SID: peer.Stranger, Addrs: []string{"h:1"}}.AppendBinary(nil)
	if err != nil {
		return err
	}
	if _, err := k.try(ctx, Case{Header: k.best.Header}); err != nil {
		return err
	}
	if _, err := k.try(ctx, Case{Header: stranger, Frames: k.best.Frames}); err != nil {
		return err
	}
	if len(k.best.Frames) == 0 {
		return k.headerText(ctx)
	}
	return k.configText(ctx)
}

// headerText makes the addresses of a header shorter.
func (k *shrinker) headerText(ctx context.Context) error {
	const before = 20
	if len(k.best.Header) < before {
		return nil
	}
	head := k.best.Header[:before-4]
	return k.text(ctx, string(k.best.Header[before:]), []string{"|", ":", ""}, func(text string) Case {
		b := binary.BigEndian.AppendUint32(slices.Clone(head), uint32(len(text)))
		return Case{Header: append(b, text...)}
	})
}

// configText makes the configuration of a message shorter. A message whose form is wrong is short already.
func (k *shrinker) configText(ctx context.Context) error {
	if len(k.best.Frames) != 1 {
		return nil
	}
	payload, err := wire.ReadFrame(bytes.NewReader(k.best.Frames[0]), nil)
	if err != nil {
		return nil
	}
	n, err := wire.ParseNotification(payload)
	if err != nil {
		return nil
	}
	header := k.best.Header
	return k.text(ctx, n.Config, []string{"\n", ":", ""}, func(text string) Case {
		// All numbers are 0 but the version, which is that of a message with a config.
		return Case{Header: header, Frames: [][]byte{frame(wire.Notification{Version: wire.Version, Config: text}, nil)}}
	})
}

// text makes a text shorter. First it tries every line once, and each alone; then it takes out runs of
// parts, half of them at first, then ever fewer. Parts are what the separators leave, one after the other: lines, fields, bytes.
func (k *shrinker) text(ctx context.Context, text string, separators []string, with func(string) Case) error {
	if ok, err := k.try(ctx, with(text)); !ok || err != nil {
		return err // the text is not all of it
	}
	lines := distinct(strings.Split(text, "\n"))
	if shorter := strings.Join(lines, "\n"); shorter != text {
		if ok, err := k.try(ctx, with(shorter)); err != nil {
			return err
		} else if ok {
			text = shorter
		}
	}
	if len(lines) > 1 && len(lines) < 10 {
		for _, line := range lines {
			ok, err := k.try(ctx, with(line))
			if err != nil {
				return err
			}
			if ok {
				text = line
				break
			}
		}
	}
	for _, sep := range separators {
		var err error
		if text, err = k.parts(ctx, text, sep, with); err != nil {
			return err
		}
	}
	return nil
}

func (k *shrinker) parts(ctx context.Context, text, sep string, with func(string) Case) (string, error) {
	parts := strings.Split(text, sep)
	for size := (len(parts) + 1) / 2; size > 0; size /= 2 {
		for i := 0; i+size <= len(parts); {
			without := slices.Delete(slices.Clone(parts), i, i+size)
			ok, err := k.try(ctx, with(strings.Join(without, sep)))
			if err != nil {
				return "", err
			}
			if ok {
				parts = without
			} else {
				i += size
			}
		}
	}
	return strings.Join(parts, sep), nil
}

// distinct leaves out lines that were there before.
func distinct(lines []string) []string {
	seen := map[string]bool{}
	return slices.DeleteFunc(slices.Clone(lines), func(line string) bool {
		before := seen[line]
		seen[line] = true
		return before
	})
}
