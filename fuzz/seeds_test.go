package fuzz

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/zkcheck/zkcheck/cluster"
	"github.com/zkcheck/zkcheck/election"
	"github.com/zkcheck/zkcheck/props"
	"github.com/zkcheck/zkcheck/props/proptest"
	"github.com/zkcheck/zkcheck/trace"
)

var update = flag.Bool("update", false, "write new seeds")

// situations are what the run of a byte string is about: its cluster, its actions, and the properties
// whose situation occurs.
func situations(t *testing.T, data []byte) []string {
	t.Helper()
	c := props.NewCorpus(data)
	cfg := props.Setup(c)
	y, err := cluster.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	have := []string{fmt.Sprintf("%d voters", cfg.Ensemble.Voters)}
	add := func(name string, is bool) {
		if is && !slices.Contains(have, name) {
			have = append(have, name)
		}
	}
	add("observers", len(cfg.Disks) > cfg.Ensemble.Voters)
	add("weights", cfg.Ensemble.Hierarchical())
	add("fifo", cfg.FIFO)
	judge := props.NewJudge(y, props.All())
	judge.Begin()
	before, after := &y.Init()[0], new(cluster.State)
	var enabled []cluster.Action
	for range proptest.MaxBytesSteps {
		if enabled = y.Actions(before, enabled[:0]); len(enabled) == 0 || c.Empty() {
			break
		}
		a := enabled[props.Pick(c, enabled)]
		add(a.Kind.String(), true)
		y.Copy(after, before)
		y.Apply(after, a)
		judge.Step(before, a, after)
		before, after = after, before
		for epochs := range before.EstablishedEpochs() {
			add(fmt.Sprintf("%d epochs", epochs+1), epochs < 4)
		}
	}
	judge.End(before)
	for i, p := range judge.Properties {
		add(p.Name, judge.Tallies[i].Witnessed > 0)
	}
	return have
}

// wanted are the situations that the seeds together must be about.
func wanted() []string {
	list := []string{"observers", "weights", "fifo", "1 epochs", "2 epochs", "3 epochs", "4 epochs"}
	for voters := 1; voters <= 7; voters++ {
		list = append(list, fmt.Sprintf("%d voters", voters))
	}
	for k := cluster.Start; k < cluster.Wipe; k++ { // the generator wipes no disks, and its runs end without a calm
		if k != cluster.Calm {
			list = append(list, k.String())
		}
	}
	for _, p := range props.All() {
		list = append(list, p.Name)
	}
	return list
}

// scheduleSeeds are strings of 64 to 1024 bytes of a seeded generator: one of every size to begin with,
// then each that is about something new.
func scheduleSeeds(t *testing.T) [][]byte {
	t.Helper()
	missing := wanted()
	var seeds [][]byte
	for i := uint64(0); i < 200_000 && (len(missing) > 0 || len(seeds) < 8); i++ {
		rng := rand.New(rand.NewPCG(1, i))
		data := make([]byte, 64<<(i%5))
		for k := range data {
			data[k] = byte(rng.Uint32())
		}
		left := slices.DeleteFunc(slices.Clone(missing), func(name string) bool {
			return slices.Contains(situations(t, data), name)
		})
		if len(left) < len(missing) || i < 5 {
			seeds, missing = append(seeds, data), left
		}
	}
	return seeds
}

// traceSeeds are the runs of schedule seeds, and texts that are almost a trace.
func traceSeeds(t *testing.T, schedules [][]byte) [][]byte {
	t.Helper()
	var seeds [][]byte
	for _, data := range schedules[:4] {
		c := props.NewCorpus(data)
		cfg := props.Setup(c)
		y, err := cluster.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		s := y.Init()[0]
		var taken []cluster.Action
		for enabled := y.Actions(&s, nil); len(taken) < 30 && len(enabled) > 0; enabled = y.Actions(&s, nil) {
			taken = append(taken, enabled[props.Pick(c, enabled)])
			y.Apply(&s, taken[len(taken)-1])
		}
		seeds = append(seeds, trace.New("", cfg, taken).Format())
	}
	head := "zkcheck trace v1\n"
	for _, text := range []string{
		"property one-leader-per-epoch\ncluster 1:1,8 2:1,8 3:1/2,7\nlimits crashes=1\n# a comment\nstart 1\nstart 2\ndeliver 2->1\n",
		"cluster 1:1,8 2:1,8 3:1,7 4:0,0\nobservers 4\nweights 1=1,2=1/3=0\nchannel fifo\nsteps 1\nstart 4\n",
		"cluster 1:1,8\nsteps 2\nstart 1\n", "cluster 1:1,8 1:1,8\nstart 1\n", "cluster 255:0,0\nstart 255\n",
		"cluster 1:2/1,8\nstart 1\n", "property no-such\n", "cluster 1:1,8\nlimits crashes=99999999999\nstart 1\n",
		"cluster 1:0x100000001,1.1 2:1,18446744073709551615\ncrash 1 0\n", "cluster 1:1,8\r\nstart 1\r\n",
	} {
		seeds = append(seeds, []byte(head+text))
	}
	return append(seeds, []byte(head), []byte("zkcheck trace v2\n"), nil)
}

// orderSeeds are seeded bytes, seven for a vote.
func orderSeeds() [][]byte {
	var seeds [][]byte
	for i := range uint64(12) {
		rng := rand.New(rand.NewPCG(2, i))
		data := make([]byte, 64)
		for k := range data {
			data[k] = byte(rng.IntN(10))
		}
		seeds = append(seeds, data)
	}
	return seeds
}

func actionSeeds() []string {
	seeds := []string{"", "start", "start 256", "start 255", "deliver 1->1", "cut 3-1", "crash 1 0", "crash 1 2", "start 1 1", "deliver 1 -> 2", "  start\t7 ", "start 01"}
	for k := cluster.Start; k <= cluster.Wipe; k++ {
		seeds = append(seeds, cluster.Action{Kind: k, From: 1, To: 2}.String(), cluster.Action{Kind: k, From: 9, To: election.NoServer - 1}.String())
	}
	return seeds
}

// corpus is the seeds of every target as files of go test.
func corpus(t *testing.T) map[string][]string {
	t.Helper()
	files := map[string][]string{}
	add := func(target, kind, value string) {
		files[target] = append(files[target], fmt.Sprintf("go test fuzz v1\n%s(%s)\n", kind, strconv.Quote(value)))
	}
	schedules := scheduleSeeds(t)
	for _, s := range schedules {
		add("FuzzSchedule", "[]byte", string(s))
	}
	for _, s := range orderSeeds() {
		add("FuzzVoteOrder", "[]byte", string(s))
	}
	for _, s := range traceSeeds(t, schedules) {
		add("FuzzTrace", "[]byte", string(s))
	}
	for _, s := range actionSeeds() {
		add("FuzzAction", "string", s)
	}
	return files
}

// TestSeeds: every target has its seeds. With -update they are made anew; otherwise they are what was
// committed, which stays as good as ever when the generator changes, as long as it covers everything.
func TestSeeds(t *testing.T) {
	for target, files := range corpus(t) {
		dir := filepath.Join("testdata", "fuzz", target)
		old, _ := filepath.Glob(filepath.Join(dir, "seed-*"))
		if !*update {
			if len(old) < 9 {
				t.Errorf("%s has %d seeds", dir, len(old))
			}
			continue
		}
		for _, name := range old {
			if err := os.Remove(name); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		for i, text := range files {
			if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("seed-%02d", i)), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// readSeed reads a seed of bytes.
func readSeed(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	quoted, ok := strings.CutPrefix(strings.TrimSpace(string(text)), "go test fuzz v1\n[]byte(")
	data, err := strconv.Unquote(strings.TrimSuffix(quoted, ")"))
	if !ok || err != nil {
		t.Fatalf("%s is no seed: %v", name, err)
	}
	return []byte(data)
}

// scheduleSeedFiles are the committed seeds of FuzzSchedule.
func scheduleSeedFiles(t *testing.T) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join("testdata", "fuzz", "FuzzSchedule", "seed-*"))
	if err != nil || len(names) == 0 {
		t.Fatalf("%d seeds, %v", len(names), err)
	}
	return names
}

// TestScheduleSeedsCover: the committed seeds together are about everything a run can be about.
func TestScheduleSeedsCover(t *testing.T) {
	missing := wanted()
	for _, name := range scheduleSeedFiles(t) {
		data := readSeed(t, name)
		if len(data) < 64 || len(data) > 1024 {
			t.Errorf("%s has %d bytes", name, len(data))
		}
		have := situations(t, data)
		missing = slices.DeleteFunc(missing, func(name string) bool { return slices.Contains(have, name) })
	}
	if len(missing) > 0 {
		t.Errorf("no seed is about: %s; write new ones: go test ./fuzz -run TestSeeds -update", strings.Join(missing, ", "))
	}
}
