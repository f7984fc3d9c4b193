package explore

// Incidence tells in how many walks the features of walks occurred, and what that says about walks not taken. It is about
// walks that are drawn independently of each other; of guided walks only the numbers of features mean anything.
type Incidence struct {
	Walks uint64 // walks that ended
	Seen  uint64 // features seen, each counted once
	Once  uint64 // of them, features seen in one walk only
	Twice uint64 // features seen in two walks
	Lone  uint64 // walks with a feature that no other walk has seen
}

// Unseen estimates the probability that one more walk meets a feature that no walk has met. It is Turing's estimator (Good,
// "The Population Frequencies of Species and the Estimation of Population Parameters", Biometrika 1953) with walks for
// observations: a walk with a feature of its own was such a walk when it is taken as the last of all. The expectation is
// exactly that of the last of as many walks. It is 0 where no walk is alone; then the probability is hardly above 3/Walks, the
// rule of three, which is true with a confidence of 95 % where one feature is rare, and of 88 % where five are equally rare. It
// says nothing about how many such walks would have to be taken, or about what these walks never do: a feature that they can't
// meet is not missed.
func (n *Incidence) Unseen() float64 {
	if n.Walks == 0 {
		return 1
	}
	return float64(n.Lone) / float64(n.Walks)
}

// Richness is a lower bound of the number of features that such walks can meet, seen or not (Chao, "Estimating the
// Population Size for Capture-Recapture Data with Unequal Catchability", Biometrics 1987, in its bias-corrected form). It
// is close to their number only when few are rare.
func (n *Incidence) Richness() float64 {
	if n.Walks == 0 {
		return 0
	}
	once, walks := float64(n.Once), float64(n.Walks)
	return float64(n.Seen) + (walks-1)/walks*once*(once-1)/(2*(float64(n.Twice)+1))
}

// sighting is in how many walks a feature was seen.
type sighting struct{ walks, first uint64 }

// census counts walks one after the other.
type census struct {
	Incidence
	sightings map[uint64]sighting
	own       map[uint64]uint32 // by walk, how many features nobody else has seen, where there are any
}

func newCensus() *census {
	return &census{sightings: map[uint64]sighting{}, own: map[uint64]uint32{}}
}

// see counts a feature of a walk, which has it but once, and tells whether it is new.
func (c *census) see(feature, walk uint64) bool {
	s := c.sightings[feature]
	switch s.walks {
	case 0:
		s.first = walk
		c.Seen++
		c.Once++
		if c.own[walk]++; c.own[walk] == 1 {
			c.Lone++
		}
	case 1:
		c.Once--
		c.Twice++
		if c.own[s.first]--; c.own[s.first] == 0 {
			delete(c.own, s.first)
			c.Lone--
		}
	case 2:
		c.Twice--
	}
	s.walks++
	c.sightings[feature] = s
	return s.walks == 1
}

// walkFeatures are the features of a walk, each once, in the order in which they were met. The table is of open addressing;
// an entry of another walk is empty.
type walkFeatures struct {
	met   []uint64
	steps []int // by feature in met: how many steps had been taken
	table []struct{ feature, walk uint64 }
	walk  uint64 // walks so far
}

func (f *walkFeatures) begin() {
	f.met, f.steps = f.met[:0], f.steps[:0]
	f.walk++
}

// add adds features, met when so many steps had been taken.
func (f *walkFeatures) add(features []uint64, steps int) {
	for _, x := range features {
		if 2*len(f.met) >= len(f.table) {
			f.grow()
		}
		if f.enter(x) {
			f.met, f.steps = append(f.met, x), append(f.steps, steps)
		}
	}
}

// enter tells whether the feature is new in the walk.
func (f *walkFeatures) enter(x uint64) bool {
	mask := uint64(len(f.table) - 1)
	for i := x * 0x9e3779b97f4a7c15 >> 20 & mask; ; i = (i + 1) & mask {
		switch e := &f.table[i]; {
		case e.walk != f.walk:
			e.feature, e.walk = x, f.walk
			return true
		case e.feature == x:
			return false
		}
	}
}

func (f *walkFeatures) grow() {
	f.table = make([]struct{ feature, walk uint64 }, max(1024, 2*len(f.table)))
	for _, x := range f.met {
		f.enter(x)
	}
}
