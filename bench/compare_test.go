package bench

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Stubs stand for tools that are not installed everywhere. They print what the real ones do.
const (
	stubZkcheck = `echo '{
  "distinct": 7,
  "generated": 21,
  "depth": 4,
  "memory_bytes": 70
}'`
	stubTLC = `cfg='' spec=''
while [ $# -gt 0 ]; do
  case $1 in
    -config) cfg=$2; shift ;;
    *.tla) spec=$1 ;;
  esac
  shift
done
grep -q 'MaxClock = 0 MaxSum = 0 MaxRecv = 1 MaxChan = 1$' "$cfg" || exit 9
grep -q '^EXTENDS FastLeaderElection' "$spec" || exit 9
grep -q 'the module' "$(dirname "$spec")/FastLeaderElection.tla" || exit 9
echo 'TLC2 Version 2.19 of 08 August 2024 (rev: 5a47802)'
echo 'Finished computing initial states: 1 distinct state generated at 2026-11-09 17:18:40.'
echo 'Progress(3) at 2026-11-09 17:18:43: 2,019 states generated (2,019 s/min), 1,005 distinct states found (1,005 ds/min), 3 states left on queue.'
echo 'Model checking completed. No error has been found.'
echo '21 states generated, 7 distinct states found, 0 states left on queue.'
echo 'The depth of the complete state graph search is 4.'
echo 'Finished in 01s at (2026-11-09 17:18:44)'`
	stubSpin = `echo 'int main;' >pan.c`
	stubCC   = `stored=7
case "$*" in *-DHC4*) stored=5 ;; esac
cat >pan <<END
#!/bin/sh
echo 'State-vector 52 byte, depth reached 95, errors: 0'
echo '        $stored states, stored'
echo '       14 states, matched'
echo '       21 transitions (= stored+matched)'
printf '    1.500\ttotal actual memory usage\n'
END
chmod +x pan`
)

// compare runs the script where nothing but the stubs and what the script needs is installed.
func compare(t *testing.T, stubs map[string]string, args ...string) (output string, code int) {
	t.Helper()
	for _, file := range []string{"compare.sh", "tlc/Election.tla", "tlc/Election.cfg", "spin/election.pml"} {
		if _, err := os.ReadFile(file); err != nil { // go test caches what passed, until a file that it has read changes
			t.Fatal(err)
		}
	}
	bin := t.TempDir()
	for _, name := range strings.Fields("bash sh awk sed grep tail head tr cat cp rm mkdir mktemp dirname basename chmod") {
		path, err := exec.LookPath(name)
		if err != nil {
			t.Skip(err)
		}
		if err := os.Symlink(path, filepath.Join(bin, name)); err != nil {
			t.Fatal(err)
		}
	}
	for name, body := range stubs {
		if err := os.WriteFile(filepath.Join(bin, name), []byte("#!/bin/sh\n"+body+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for i, arg := range args {
		args[i] = strings.Replace(arg, "BIN", bin, 1)
	}
	cmd := exec.Command(filepath.Join(bin, "bash"), append([]string{"compare.sh"}, args...)...)
	cmd.Env = []string{"PATH=" + bin, "TMPDIR=" + t.TempDir()}
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

// copyOfModule is a file that stands for the user's copy.
func copyOfModule(t *testing.T) string {
	path := filepath.Join(t.TempDir(), "mine.tla")
	if err := os.WriteFile(path, []byte("the module\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// has wants each of some lines, whose words are separated by any space.
func has(t *testing.T, output string, lines ...string) {
	t.Helper()
	var have []string
	for _, line := range strings.Split(output, "\n") {
		have = append(have, strings.Join(strings.Fields(line), " "))
	}
	for _, want := range lines {
		found := false
		for _, line := range have {
			found = found || strings.HasPrefix(line, want)
		}
		if !found {
			t.Errorf("there is no line %q in\n%s", want, output)
		}
	}
}

// all are the arguments with which every tool that is there takes the first row.
func all(t *testing.T) []string {
	return []string{"--zkcheck", "BIN/zkcheck", "--rows", "1", "--jar", "BIN/java", "--tla", copyOfModule(t)}
}

func TestCompareAllTools(t *testing.T) {
	stubs := map[string]string{"zkcheck": stubZkcheck, "java": stubTLC, "spin": stubSpin, "cc": stubCC}
	out, code := compare(t, stubs, all(t)...)
	has(t, out, "zkcheck 7 21 4 ", "TLC 7 21 4 ", "Spin 7 21 - ", "Spin, hashed 5 21 - ",
		"has lost 2 states to its hashing")
	if code != 0 || strings.Contains(out, "DIFFERENT") {
		t.Errorf("exit code %d:\n%s", code, out)
	}
}

func TestCompareSaysWhatIsMissing(t *testing.T) {
	out, code := compare(t, map[string]string{"zkcheck": stubZkcheck}, "--zkcheck", "BIN/zkcheck", "--rows", "1")
	has(t, out, "skipped: TLC: there is no java", "skipped: Spin: there is no spin", "zkcheck 7 21 4 ")
	if code != 0 {
		t.Errorf("exit code %d", code)
	}
	out, code = compare(t, map[string]string{"java": stubTLC})
	has(t, out, "skipped: zkcheck: there is no go", "skipped: TLC: give --jar tla2tools.jar and --tla")
	if code != 0 {
		t.Errorf("exit code %d", code)
	}
}

func TestCompareFindsOtherCounts(t *testing.T) {
	other := strings.Replace(stubTLC, "21 states generated, 7 distinct", "22 states generated, 8 distinct", 1)
	out, code := compare(t, map[string]string{"zkcheck": stubZkcheck, "java": other}, all(t)...)
	has(t, out, "DIFFERENT: TLC has 8 distinct, zkcheck 7", "DIFFERENT: TLC has 22 generated, zkcheck 21")
	if code != 1 {
		t.Errorf("exit code %d", code)
	}
	other = strings.Replace(stubCC, "stored=7", "stored=6", 1)
	out, code = compare(t, map[string]string{"zkcheck": stubZkcheck, "java": stubTLC, "spin": stubSpin, "cc": other},
		all(t)...)
	has(t, out, "DIFFERENT: Spin has 6 distinct, zkcheck 7")
	if code != 1 {
		t.Errorf("exit code %d", code)
	}
}

func TestCompareToolsThatFail(t *testing.T) {
	for what, stubs := range map[string]map[string]string{
		"TLC failed":                         {"java": "echo 'Error: no such module'; exit 150"},
		"TLC ended without final counts":     {"java": "echo '3 states generated, 2 distinct states found, 1 states left on queue.'"},
		"zkcheck failed":                     {"zkcheck": "echo no; exit 3", "java": stubTLC},
		"Spin failed":                        {"spin": "echo 'syntax error'; exit 1", "cc": stubCC},
		"Spin ended without a complete":      {"spin": stubSpin, "cc": "echo '#!/bin/sh' >pan; chmod +x pan"},
		"Spin, hashed failed; its last line": {"spin": stubSpin, "cc": "exit 1"},
	} {
		if stubs["zkcheck"] == "" {
			stubs["zkcheck"] = stubZkcheck
		}
		if stubs["java"] == "" {
			stubs["java"] = stubTLC
		}
		out, code := compare(t, stubs, all(t)...)
		has(t, out, what)
		if code != 2 {
			t.Errorf("%s: exit code %d", what, code)
		}
	}
}

func TestCompareBadUsage(t *testing.T) {
	for _, args := range []string{"--fast", "x", "--rows", "--rows 4", "--rows 1,", "--workers 0", "--workers two",
		"--tla nowhere.tla", "--jar nowhere.jar --rows 1"} {
		out, code := compare(t, nil, strings.Fields(args)...)
		has(t, out, "compare.sh: ", "usage: bench/compare.sh")
		if code != 3 {
			t.Errorf("%s: exit code %d", args, code)
		}
	}
	if out, code := compare(t, nil, "--help"); code != 0 || !strings.HasPrefix(out, "usage: ") {
		t.Errorf("--help: exit code %d:\n%s", code, out)
	}
}

// TestPromelaModelAgrees lets the real Spin count the states of the shipped model.
func TestPromelaModelAgrees(t *testing.T) {
	for _, tool := range []string{"spin", "cc"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip(err)
		}
	}
	model, err := filepath.Abs("spin/election.pml")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.ReadFile(model); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, command := range []string{
		"spin -DMAXCLOCK=0 -DMAXSUM=0 -DMAXRECV=1 -DMAXCHAN=1 -a " + model,
		"cc -O1 -DSAFETY -DNOREDUCE -o pan pan.c", "./pan -m10000 -w20",
	} {
		words := strings.Fields(command)
		cmd := exec.Command(words[0], words[1:]...)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", command, err, out)
		}
		if words[0] == "./pan" {
			has(t, string(out), "292076 states, stored", "1599990 transitions")
		}
	}
}
