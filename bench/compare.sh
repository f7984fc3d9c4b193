#!/usr/bin/env bash
# Searches the official TLA+ module of the election with TLC, with Spin and with zkcheck, wants the
# same counts of all of them, and prints how fast each was. What is not installed is said and left
# out.
set -euo pipefail
export LC_ALL=C
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

usage() {
  cat <<'END'
usage: bench/compare.sh [OPTION VALUE]...

  --tla FILE      your copy of FastLeaderElection.tla, from ZooKeeper's sources:
                  zookeeper-specifications/system-spec/zk-3.7
  --jar FILE      tla2tools.jar, which has TLC
  --pml FILE      a Promela model of your own, to be timed in place of bench/spin/election.pml
  --zkcheck FILE  a zkcheck that is built already; default: go build
  --rows LIST     of 1,2,3; default 1,2
  --workers N     of TLC and of zkcheck; Spin has one; default 1, with which TLC's depth is exact

SPIN_CFLAGS and PAN_FLAGS are what Spin's verifier is compiled and run with, JAVA_OPTS is TLC's.
Exit codes: 0 all that could be run agrees, 1 counts differ, 2 a tool failed, 3 bad usage.
END
}

bad() {
  printf 'compare.sh: %s\n' "$*" >&2
  usage >&2
  exit 3
}

tla='' jar='' pml='' zkcheck='' rows=1,2 workers=1
while [ $# -gt 0 ]; do
  case $1 in
    -h | --help) usage && exit 0 ;;
    --tla | --jar | --pml | --zkcheck | --rows | --workers)
      [ $# -ge 2 ] || bad "$1 wants a value"
      printf -v "${1#--}" '%s' "$2"
      shift 2
      ;;
    *) bad "unknown argument $1" ;;
  esac
done
[[ $rows =~ ^[1-3](,[1-3])*$ ]] || bad "--rows $rows: want some of 1,2,3"
[[ $workers =~ ^[1-9][0-9]{0,2}$ ]] || bad "--workers $workers: want 1 or more"
for file in "$tla" "$jar" "$pml" "$zkcheck"; do
  [ -z "$file" ] || [ -f "$file" ] || bad "$file: no such file"
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
status=0

# failed TOOL FILE: what a tool said that failed. The worst that happened is the exit code.
failed() {
  printf '%s failed; its last lines:\n' "$1"
  tail -n 5 "$2" | sed 's/^/  /'
  [ $status -gt 0 ] || status=2
}

skip() { printf 'skipped: %s\n' "$*"; }

# timed FILE COMMAND...: runs it, its output into the file, and leaves in $seconds how long it took,
# and in $cpu how long its processors worked: of the two this is what a busy machine spoils less.
timed() {
  local out=$1 code=0 user system TIMEFORMAT='%R %U %S'
  shift
  { time "$@" >"$out" 2>&1; } 2>"$work/time" || code=$?
  read -r seconds user system < <(tail -n 1 "$work/time") || true
  cpu=$(awk -v u="$user" -v s="$system" 'BEGIN { printf "%.2f", u + s }')
  return $code
}

# inside DIR COMMAND...: runs it there.
# shellcheck disable=SC2317 # timed calls it
inside() (cd "$1" && shift && "$@")

# absolute FILE: its path, wherever one stands.
absolute() { printf '%s/%s' "$(cd "$(dirname "$1")" && pwd)" "$(basename "$1")"; }

have() { command -v "$1" >/dev/null 2>&1; }

# json KEY FILE: a number of zkcheck's report.
json() { sed -n "s/^ *\"$1\": \([0-9]*\),*\$/\1/p" "$2" | head -n 1; }

# columns: of a row of the table.
columns() { printf '%-13s %9s %10s %6s %8s %8s %9s %12s %11s\n' "$@"; }

# line TOOL DISTINCT GENERATED DEPTH BYTES: a row. The last column is how many times as many states
# a second zkcheck has looked at.
line() {
  local rate per=- times=-
  rate=$(awk -v n="$2" -v s="$seconds" 'BEGIN { printf "%.0f", (s > 0 ? n / s : 0) }')
  [ "$5" = - ] || per=$(awk -v b="$5" -v n="$2" 'BEGIN { printf "%.1f", (n > 0 ? b / n : 0) }')
  [ "$1" != zkcheck ] || ours=$rate
  if [ "$rate" != 0 ] && [ -n "$ours" ]; then
    times=$(awk -v a="$ours" -v b="$rate" 'BEGIN { printf "%.1f", a / b }')
  fi
  columns "$1" "$2" "$3" "$4" "$seconds" "$cpu" "$rate" "$per" "$times"
}

# agree TOOL WHAT THEIRS: with zkcheck's number of it.
agree() {
  [ -n "${mine[$2]:-}" ] && [ "${mine[$2]}" != "$3" ] || return 0
  printf 'DIFFERENT: %s has %s %s, zkcheck %s\n' "$1" "$3" "$2" "${mine[$2]}"
  status=1
}

run_zkcheck() {
  local out=$work/zkcheck.json
  if ! timed "$out" "$zkcheck" check --system tla --property leads-with-quorum --json \
    --workers "$workers" --max-clock "$clock" --max-sum "$sum" --max-recv "$recv" \
    --max-chan "$chan"; then
    failed zkcheck "$out"
    return
  fi
  mine[distinct]=$(json distinct "$out")
  mine[generated]=$(json generated "$out")
  mine[depth]=$(json depth "$out")
  line zkcheck "${mine[distinct]}" "${mine[generated]}" "${mine[depth]}" \
    "$(json memory_bytes "$out")"
}

run_tlc() {
  local dir=$work/tlc out=$work/tlc.txt generated distinct left depth counts final n='\([0-9]*\)'
  mkdir -p "$dir"
  cp "$tla" "$dir/FastLeaderElection.tla"
  cp "$here/tlc/Election.tla" "$dir"
  {
    cat "$here/tlc/Election.cfg"
    printf 'CONSTANTS Server = {s1, s2, s3} MaxClock = %s MaxSum = %s MaxRecv = %s MaxChan = %s\n' \
      "$clock" "$sum" "$recv" "$chan"
  } >"$dir/Election.cfg"
  # shellcheck disable=SC2086 # options are words
  if ! timed "$out" inside "$dir" java -XX:+UseParallelGC ${JAVA_OPTS:-} -cp "$jar" tlc2.TLC \
    -deadlock -workers "$workers" -metadir "$work/states" -config Election.cfg Election.tla; then
    failed TLC "$out"
    return
  fi
  # The last such line is the final one; those of its progress have other words before.
  final="^$n states generated $n distinct states found $n states left on queue\.\$"
  counts=$(tr -d , <"$out" | sed -n "s/$final/\\1 \\2 \\3/p" | tail -n 1)
  read -r generated distinct left <<<"$counts" || true
  if [ "${left:-}" != 0 ]; then
    failed 'TLC ended without final counts: it' "$out"
    return
  fi
  final="^The depth of the complete state graph search is $n\.\$"
  depth=$(sed -n "s/$final/\\1/p" "$out" | tail -n 1)
  agree TLC distinct "$distinct"
  agree TLC generated "$generated"
  if [ "$workers" = 1 ]; then agree TLC depth "${depth:-none}"; fi
  line TLC "$distinct" "$generated" "${depth:--}" -
}

# run_spin NAME CFLAGS: generates, compiles and times a verifier. In the shipped model a step beyond
# a bound changes nothing, so that its transitions are what TLC calls generated.
run_spin() {
  local dir=$work/spin out=$work/spin.txt stored transitions mib
  mkdir -p "$dir"
  cp "$model" "$dir/model.pml"
  # shellcheck disable=SC2086 # options are words
  if ! (cd "$dir" && spin -DMAXCLOCK="$clock" -DMAXSUM="$sum" -DMAXRECV="$recv" -DMAXCHAN="$chan" \
    -a model.pml && cc $2 -o pan pan.c) >"$out" 2>&1; then
    failed "$1" "$out"
    return
  fi
  # shellcheck disable=SC2086
  if ! timed "$out" "$dir/pan" ${PAN_FLAGS:--m100000 -w$width}; then
    failed "$1" "$out"
    return
  fi
  stored=$(sed -n 's/^ *\([0-9]*\) states, stored.*/\1/p' "$out" | head -n 1)
  transitions=$(sed -n 's/^ *\([0-9]*\) transitions .*/\1/p' "$out" | head -n 1)
  mib=$(sed -n 's/^ *\([0-9.]*\)[[:space:]]*total actual memory usage.*/\1/p' "$out" | head -n 1)
  if [ -z "$stored" ] || [ -z "$transitions" ] || ! grep -q 'errors: 0$' "$out" ||
    grep -q 'max search depth too small' "$out"; then
    failed "$1 ended without a complete search: it" "$out"
    return
  fi
  line "$1" "$stored" "$transitions" - \
    "$(awk -v m="${mib:-0}" 'BEGIN { printf "%.0f", m * 1048576 }')"
  if [ -n "$pml" ]; then return; fi
  case $2 in
    *-DHC* | *-DBITSTATE*)
      [ "$stored" = "${mine[distinct]:-$stored}" ] ||
        printf '%13s has lost %d states to its hashing\n' '' $((mine[distinct] - stored))
      ;;
    *) agree "$1" distinct "$stored" && agree "$1" generated "$transitions" ;;
  esac
}

if [ -n "$zkcheck" ]; then
  zkcheck=$(absolute "$zkcheck")
elif have go; then
  zkcheck=$work/zkcheck
  (cd "$here/.." && go build -o "$zkcheck" ./cmd/zkcheck)
else
  skip 'zkcheck: there is no go to build it with; give --zkcheck FILE'
fi
with_tlc='' with_spin=''
if ! have java; then
  skip 'TLC: there is no java'
elif [ -z "$jar" ] || [ -z "$tla" ]; then
  skip 'TLC: give --jar tla2tools.jar and --tla FastLeaderElection.tla'
else
  with_tlc=yes jar=$(absolute "$jar")
fi
if ! have spin || ! have cc; then
  skip 'Spin: there is no spin, or no cc to compile its verifier with'
else
  with_spin=yes
fi
model=${pml:-$here/spin/election.pml}
flags='-O2 -DSAFETY -DNOREDUCE'

declare -A mine
for row in ${rows//,/ }; do
  case $row in
    1) clock=0 sum=0 recv=1 chan=1 width=20 ;;
    2) clock=1 sum=1 recv=1 chan=1 width=20 ;;
    3) clock=0 sum=0 recv=1 chan=2 width=22 ;;
  esac
  mine=() ours=''
  printf '\nrow %s: three servers, MaxClock %s, MaxSum %s, MaxRecv %s, MaxChan %s; workers %s\n' \
    "$row" "$clock" "$sum" "$recv" "$chan" "$workers"
  columns tool distinct generated depth seconds cpu-s states/s bytes/state zkcheck/it
  [ -z "$zkcheck" ] || run_zkcheck
  [ -z "$with_tlc" ] || run_tlc
  if [ -n "$with_spin" ]; then
    run_spin Spin "${SPIN_CFLAGS:-$flags}"
    run_spin 'Spin, hashed' "${SPIN_CFLAGS:-$flags} -DHC4"
  fi
done
exit $status
