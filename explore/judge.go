package explore

import "slices"

// judge asks properties about the steps of one worker, and counts the answers. Whom to ask follows from the marks of a step
// alone, and there are few different ones. What is Own is asked once of steps that the system knows again.
type judge[S, A any] struct {
	props    []Property[S, A]
	marker   Marker[S, A] // nil if the system has none
	recaller Recaller[S]  // likewise
	tallies  []Tally      // of the properties that were asked
	panels   map[uint64]*panel
	recent   [256]*panel // of panels, by a hash of the marks
	groups   []*group
}

// panel is who has something to say of the steps with certain marks.
type panel struct {
	marks   uint64
	asked   []int  // properties, ascending
	own     *group // those of them that are Own
	others  []int  // and those that are not
	holding []int  // properties that say Held without being asked
	steps   uint64 // so far
}

// group is properties that are asked once of what has the same Note.
type group struct {
	props    []int
	verdicts map[uint64]*verdict
}

// verdict is what a group says of some steps: an Outcome of each in two bits.
type verdict struct {
	of       *group
	says     uint64
	violated bool   // by somebody, so that all have to be asked again each time
	steps    uint64 // so far
}

// mostOwn is how many outcomes there is room for.
const mostOwn = 32

// everyMark is for steps of a system that has no Marker.
const everyMark = ^uint64(0)

func newJudge[S any, A comparable](sys System[S, A], props []Property[S, A]) *judge[S, A] {
	j := &judge[S, A]{props: props, tallies: newTallies(len(props)), panels: map[uint64]*panel{}}
	j.marker, _ = any(sys).(Marker[S, A])
	j.recaller, _ = any(sys).(Recaller[S])
	return j
}

// step judges one step, and reports violations in property order.
func (j *judge[S, A]) step(before *S, by A, after *S, violated func(property int)) {
	marks := uint64(everyMark)
	if j.marker != nil {
		marks = j.marker.Marks(before, by, after)
	}
	p := j.recent[marks*0x9e3779b97f4a7c15>>56]
	if p == nil || p.marks != marks {
		p = j.panel(marks)
	}
	p.steps++
	asked := p.asked
	if p.own != nil && j.recaller != nil {
		if note := j.recaller.Note(after); note != nil {
			v, _ := (*note).(*verdict)
			if v == nil || v.of != p.own {
				v = j.verdict(p.own, before, by, after)
				*note = v
			}
			if !v.violated {
				v.steps++
				asked = p.others
			}
		}
	}
	for _, i := range asked {
		if j.tallies[i].count(j.props[i].Check(before, by, after)) {
			violated(i)
		}
	}
}

// verdict asks a group.
func (j *judge[S, A]) verdict(g *group, before *S, by A, after *S) *verdict {
	v := verdict{of: g}
	for k, i := range g.props {
		outcome := j.props[i].Check(before, by, after)
		v.says |= uint64(outcome) << (2 * k)
		v.violated = v.violated || outcome == Violated
	}
	known := g.verdicts[v.says]
	if known == nil {
		known = &v
		g.verdicts[v.says] = known
	}
	return known
}

// initial judges an initial state, as a step from itself by the zero action, which has no marks.
func (j *judge[S, A]) initial(s *S, violated func(property int)) {
	var none A
	for i := range j.props {
		if p := &j.props[i]; p.Check != nil && p.Speaks == 0 && j.tallies[i].count(p.Check(s, none, s)) {
			violated(i)
		}
	}
}

// panel looks up, or else finds out, who speaks of steps with these marks.
func (j *judge[S, A]) panel(marks uint64) *panel {
	p := j.panels[marks]
	if p == nil {
		p = &panel{marks: marks}
		var own []int
		for i := range j.props {
			switch q := &j.props[i]; {
			case q.Check == nil || q.Speaks != 0 && q.Speaks&marks == 0:
				continue
			case q.Doubts != 0 && q.Doubts&marks == 0:
				p.holding = append(p.holding, i)
				continue
			case q.Own && len(own) < mostOwn:
				own = append(own, i)
			default:
				p.others = append(p.others, i)
			}
			p.asked = append(p.asked, i)
		}
		p.own = j.group(own)
		j.panels[marks] = p
	}
	j.recent[marks*0x9e3779b97f4a7c15>>56] = p
	return p
}

// group is the one group of these properties; nil if there are none.
func (j *judge[S, A]) group(props []int) *group {
	if len(props) == 0 {
		return nil
	}
	for _, g := range j.groups {
		if slices.Equal(g.props, props) {
			return g
		}
	}
	g := &group{props, map[uint64]*verdict{}}
	j.groups = append(j.groups, g)
	return g
}

// count adds up the answers so far.
func (j *judge[S, A]) count() []Tally {
	sum := newTallies(len(j.props))
	copy(sum, j.tallies)
	for _, p := range j.panels {
		for _, i := range p.holding {
			sum[i].Checked += p.steps
		}
	}
	for _, g := range j.groups {
		for _, v := range g.verdicts {
			for k, i := range g.props {
				sum[i].addMany(Outcome(v.says>>(2*k)&3), v.steps)
			}
		}
	}
	return sum
}
