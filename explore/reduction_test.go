package explore

import "testing"

func TestParseReduction(t *testing.T) {
	for r := range reductions {
		if parsed, err := ParseReduction(r.String()); err != nil || parsed != r {
			t.Errorf("%v is read as %v, %v", r, parsed, err)
		}
	}
	for _, s := range []string{"", "true", "false", "steps", "All"} {
		if r, err := ParseReduction(s); err == nil {
			t.Errorf("%q is read as %v", s, r)
		}
	}
}
