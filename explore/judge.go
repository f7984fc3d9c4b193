package explore

// judge asks properties about the steps of one worker, and counts the answers. Whom to ask follows from the marks of a step
// alone, and there are few different ones.
type judge[S, A any] struct {
	props   []Property[S, A]
	marker  Marker[S, A] // nil if the system has none
	tallies []Tally      // of the properties that were asked
	panels  map[uint64]*panel
	recent  [256]*panel // of panels, by a hash of the marks
}

// panel is who has something to say of the steps with certain marks.
type panel struct {
	marks   uint64
	asked   []int  // properties, ascending
	holding []int  // properties that say Held without being asked
	steps   uint64 // so far
}

// everyMark is for steps of a system that has no Marker.
const everyMark = ^uint64(0)

func newJudge[S any, A comparable](sys System[S, A], props []Property[S, A]) *judge[S, A] {
	j := &judge[S, A]{props: props, tallies: newTallies(len(props)), panels: map[uint64]*panel{}}
	j.marker, _ = any(sys).(Marker[S, A])
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
	for _, i := range p.asked {
		if j.tallies[i].count(j.props[i].Check(before, by, after)) {
			violated(i)
		}
	}
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
		for i := range j.props {
			switch q := &j.props[i]; {
			case q.Check == nil || q.Speaks != 0 && q.Speaks&marks == 0:
			case q.Doubts != 0 && q.Doubts&marks == 0:
				p.holding = append(p.holding, i)
			default:
				p.asked = append(p.asked, i)
			}
		}
		j.panels[marks] = p
	}
	j.recent[marks*0x9e3779b97f4a7c15>>56] = p
	return p
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
	return sum
}
