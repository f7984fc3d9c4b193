package explore

import "math"

// Estimate is what the sizes of the levels so far say about the whole: levels of a search grow and shrink like a bell, so
// the logarithm of the ratio of two levels falls about in a straight line.
type Estimate struct {
	Total     uint64 // distinct states in the end; 0: nothing can be said yet
	Low, High uint64 // within two standard errors of that line; High 0: no bound
}

const (
	estimateLevels = 10      // the line is drawn through the last of them
	estimateDepth  = 100_000 // levels that are looked ahead
)

// estimate looks at the levels that are known; rest is what is known of the one that is not.
func estimate(levels []uint64, rest uint64) (e Estimate) {
	sum := uint64(0)
	for _, n := range levels {
		sum += n
	}
	n := min(len(levels)-1, estimateLevels)
	if n < 4 || levels[len(levels)-1] == 0 {
		return e
	}
	last := levels[len(levels)-1-n:]
	ratios := make([]float64, n)
	for i := range ratios {
		ratios[i] = math.Log(float64(last[i+1]) / float64(last[i]))
	}
	mean, slope, deviation := line(ratios)
	ahead := func(slope float64) uint64 {
		total, size := float64(sum), float64(last[n])
		for i := range estimateDepth {
			size *= math.Exp(mean + slope*(float64(n+i)-float64(n-1)/2))
			if size < 1 {
				return max(uint64(total), sum+rest)
			}
			if total += size; total > 1e18 {
				break
			}
		}
		return 0
	}
	if e.Total = ahead(slope); e.Total == 0 {
		return Estimate{}
	}
	e.Low, e.High = ahead(slope-2*deviation), ahead(slope+2*deviation)
	return e
}

// line is the least squares line through values at 0, 1, 2..: its value in the middle, its slope, and the slope's standard
// error.
func line(values []float64) (mean, slope, deviation float64) {
	n := float64(len(values))
	for _, v := range values {
		mean += v / n
	}
	spread := 0.0
	for i, v := range values {
		x := float64(i) - (n-1)/2
		slope += x * v
		spread += x * x
	}
	slope /= spread
	rest := 0.0
	for i, v := range values {
		d := v - mean - slope*(float64(i)-(n-1)/2)
		rest += d * d
	}
	return mean, slope, math.Sqrt(rest / (n - 2) / spread)
}
