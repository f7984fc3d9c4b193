package model

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/zkcheck/zkcheck/election"
)

func voters(sids ...election.SID) []election.Member {
	var members []election.Member
	for _, sid := range sids {
		members = append(members, election.Member{SID: sid})
	}
	return members
}

// QuorumMajorityTest.testMajQuorums, and groups as in ZooKeeper's documentation.
func TestIsQuorum(t *testing.T) {
	five := voters(1, 2, 3, 4, 5)
	observed := append(voters(1, 2, 3), election.Member{SID: 4, Observer: true}, election.Member{SID: 5, Observer: true})
	var nine []election.Member // three groups of three, server 9 without weight
	for i := range 9 {
		nine = append(nine, election.Member{SID: election.SID(i + 1), Group: uint8(i/3 + 1), Weight: 1})
	}
	nine[8].Weight = 0
	idle := append(nine[:3:3], election.Member{SID: 4, Group: 2}, election.Member{SID: 5, Group: 3})
	type sids = []election.SID
	for _, test := range []struct {
		name    string
		members []election.Member
		have    sids
		want    bool
		missing int
	}{
		{"two of five", five, sids{1, 2}, false, 1},
		{"a stranger counts nowhere", five, sids{1, 2, 6}, false, 1},
		{"three of five", five, sids{1, 2, 3}, true, 0},
		{"twice counts once", five, sids{1, 2, 2}, false, 1},
		{"nobody of five", five, nil, false, 3},
		{"one of three", observed, sids{1}, false, 1},
		{"observers count nowhere", observed, sids{1, 4, 5, 6}, false, 1},
		{"two of three", observed, sids{1, 2, 4, 5, 6}, true, 0},
		{"half of four", voters(1, 2, 3, 4), sids{1, 2}, false, 1},
		{"two of two groups", nine, sids{1, 2, 4, 5}, true, 0},
		{"most of one group", nine, sids{1, 2, 3, 4}, false, 1},
		{"most servers, too few groups", nine, sids{1, 2, 3, 4, 7, 9}, false, 1},
		{"nobody of nine", nine, nil, false, 4},
		{"both weights of the third group", nine, sids{1, 2, 7, 8}, true, 0},
		{"groups without weight do not matter", idle, sids{1, 2}, true, 0},
		{"groups without weight do not help", idle, sids{1, 4, 5}, false, 1},
		{"all weights 0", []election.Member{{SID: 1, Group: 1}, {SID: 2, Group: 1}}, sids{1, 2}, false, -1},
		{"no voters", []election.Member{{SID: 1, Observer: true}}, sids{1}, false, -1},
	} {
		if got := IsQuorum(test.members, test.have); got != test.want {
			t.Errorf("%s: quorum %v, want %v", test.name, got, test.want)
		}
		if got := Missing(test.members, test.have); got != test.missing {
			t.Errorf("%s: %d missing, want %d", test.name, got, test.missing)
		}
	}
}

// anyMembers draws 1..7 voters, hierarchical or not, and up to 2 observers with or without a group, in any order.
func anyMembers() *rapid.Generator[[]election.Member] {
	return rapid.Custom(func(t *rapid.T) []election.Member {
		groups := uint8(rapid.IntRange(0, 3).Draw(t, "groups"))
		var members []election.Member
		count := rapid.IntRange(1, 7).Draw(t, "voters")
		for i := range count + rapid.IntRange(0, 2).Draw(t, "observers") {
			m := election.Member{SID: election.SID(3 * i), Observer: i >= count}
			if m.Observer {
				m.Group, m.Weight = rapid.Uint8Range(0, 4).Draw(t, "observer's group"), 2
			} else if groups > 0 {
				m.Group = rapid.Uint8Range(1, groups).Draw(t, "group")
				m.Weight = rapid.Uint8Range(0, 3).Draw(t, "weight")
			}
			members = append(members, m)
		}
		return rapid.Permutation(members).Draw(t, "members")
	})
}

// All sets of every ensemble: the engine's table of quorums and the model say the same, and Missing is the least by which any
// quorum that contains the set is larger.
func TestQuorumAgreesWithEngine(t *testing.T) {
	asked, held, ensembles, hierarchies := 0, 0, 0, 0
	rapid.Check(t, func(t *rapid.T) {
		members := anyMembers().Draw(t, "members")
		ensemble, err := election.NewEnsemble(members)
		noise := rapid.SliceOfN(rapid.SampledFrom([]election.SID{1, 2, 100, 254}), 0, 2).Draw(t, "strangers")
		if err != nil { // all weights are 0
			if Missing(members, nil) != -1 {
				t.Fatalf("model has a quorum, the engine says: %v", err)
			}
			return
		}
		ensembles++
		if ensemble.Hierarchical() {
			hierarchies++
		}
		sids := func(set election.Set) []election.SID {
			have := noise
			for i, m := range ensemble.Members {
				if set.Has(i) {
					have = append(have, m.SID, m.SID)
				}
			}
			return have
		}
		all := election.Set(1)<<len(ensemble.Members) - 1
		for set := election.Set(0); set <= all; set++ {
			want := ensemble.IsQuorum(set)
			if got := IsQuorum(members, sids(set)); got != want {
				t.Fatalf("%v: model %v, engine %v", sids(set), got, want)
			}
			asked++
			if want {
				held++
			}
		}
		some := election.Set(rapid.Uint16Range(0, uint16(all)).Draw(t, "some"))
		least := len(members)
		for set := election.Set(0); set <= all; set++ {
			if set&some == some && ensemble.IsQuorum(set) {
				least = min(least, set.Len()-some.Len())
			}
		}
		if got := Missing(members, sids(some)); got != least {
			t.Fatalf("%v: %d missing, want %d", sids(some), got, least)
		}
	})
	if held < asked/5 || held > asked*4/5 || hierarchies < ensembles/5 {
		t.Fatalf("vacuous: %d quorums of %d sets, %d hierarchical ensembles", held, asked, hierarchies)
	}
}
