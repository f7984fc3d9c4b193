package conform

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/live/server"
)

// Explain tells what the engine does in a script, one step after the other, nothing lagging.
func Explain(s *Script) []string {
	pos, _ := s.Config.Ensemble.Position(s.Subject)
	shadow := newShadow(s.Config.Ensemble, s.Subject, s.Config.Disks[pos], nil)
	lines := []string{fmt.Sprintf("server %v looks for a leader, round 1: %s", s.Subject, shadow.tells())}
	for i, step := range s.Steps {
		shadow.play(step)
		lines = append(lines, fmt.Sprintf("%2d  %v: %s", i+1, step, shadow.tells()))
	}
	return lines
}

// tells is what is seen of a step, and what is not.
func (s *shadow) tells() string {
	var parts []string
	for i := 0; i < len(s.seen); {
		k, to := i, []string{}
		for ; k < len(s.seen) && s.seen[k].Vote == s.seen[i].Vote; k++ {
			to = append(to, s.e.Members[s.seen[k].To].SID.String())
		}
		parts = append(parts, fmt.Sprintf("tells %s %v", strings.Join(to, ", "), s.seen[i].Vote))
		i = k
	}
	s.seen = s.seen[:0]
	v := &s.server
	switch {
	case v.State != election.Looking:
		parts = append(parts, fmt.Sprintf("is %v, leader %v", v.State, v.Elected().Leader))
	case v.Waiting:
		parts = append(parts, fmt.Sprintf("is in finalizeWait for %v", v.Proposal))
	default:
		parts = append(parts, fmt.Sprintf("looks, round %d, for %v", v.Round, v.Proposal))
	}
	return strings.Join(parts, "; ")
}

// PlayOn plays a script on a fresh server. The disagreement is nil if there is none.
func PlayOn(ctx context.Context, install server.Install, script *Script, dir string) (*Disagreement, error) {
	session, err := open(ctx, install, *script, dir)
	return playOn(session, err, script.Steps)
}

// PlayOnTarget plays a script on a server that runs already, of the same sid among the same members.
func PlayOnTarget(ctx context.Context, t *Target, script *Script) (*Disagreement, error) {
	own, err := t.script(script.Broken)
	if err != nil {
		return nil, err
	}
	if script.Subject != t.Subject || !slices.Equal(own.Config.Ensemble.Members, script.Config.Ensemble.Members) {
		return nil, fmt.Errorf("the script is for server %v of %s, and the target is server %v of %s",
			script.Subject, members(script.Config.Ensemble), t.Subject, members(own.Config.Ensemble))
	}
	session, err := openTarget(ctx, t, own, nil)
	return playOn(session, err, script.Steps)
}

func members(e *election.Ensemble) string {
	var list []string
	for _, m := range e.Members {
		list = append(list, m.SID.String())
	}
	return strings.Join(list, ", ")
}

func playOn(session *Session, err error, steps []Step) (*Disagreement, error) {
	if err == nil {
		defer session.Close()
		_, err = session.Play(steps, nil)
	}
	if err == nil {
		err = session.Leave()
	}
	var d *Disagreement
	if errors.As(err, &d) {
		return d, nil
	}
	return nil, err
}
