package cluster

import "os"

var ruleW, ruleL = os.Getenv("NOW") == "", os.Getenv("NOL") == ""

// CanonWait is Canonical and W.
func (y *System) CanonWait(s *State) {
	y.Canonical(s)
	if !y.foresees() {
		return
	}
	var o outlook
	y.outlook(s, &o)
	for i := range s.Servers {
		v := &s.Servers[i]
		if !s.Up.Has(i) {
			continue
		}
		if ruleW && v.Waiting && !o.grows && !o.renews && !y.Ensemble.Rules.Beats(y.Ensemble, o.best, v.Proposal) {
			v.ForgetWait(y.Ensemble)
		}
		if ruleL {
			v.ForgetDead(y.Ensemble, o.live, o.leads)
		}
	}
}
