#!/usr/bin/env bash
# Makes cmd/zkcheck/default.pgo anew: what searches and walks spend their time on, for the compiler. Takes a minute or two.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

work=/tmp/zkcheck-pgo # no mktemp: the profile names the binary
mkdir "$work"
trap 'rm -rf "$work"' EXIT
go build -trimpath -pgo off -o "$work/zkcheck" ./cmd/zkcheck

engine='check 1:1,8 2:1,8 3:1,7 --fairness none --workers 1'
n=0
while read -r arguments; do
  n=$((n + 1))
  # shellcheck disable=SC2086 # words
  "$work/zkcheck" $arguments --profile "$work/$n.prof" >/dev/null || [ $? = 2 ] # a limit ended it
done <<END
$engine --rounds 2 --epochs 2 --reduce none
$engine --rounds 3 --epochs 3 --timeouts 0 --reduce sleep
$engine --rounds 2 --epochs 2
$engine --phases discovery --crashes 2 --cuts 2 --rounds 1 --timeouts 0
$engine --grain fine --rounds 1 --timeouts 0 --states 3000000 --reduce sleep
$engine --rounds 2 --epochs 2 --writes 1 --crashes 1 --restarts 1 --timeouts 0 --states 500000
check --system tla --property leads-with-quorum --max-chan 2 --workers 1
check 1:1,8 2:1,8 3:1,7 4:1,6 5:1,5 --strategy walk --walks 3000 --workers 1
END
go tool pprof -proto -output cmd/zkcheck/default.pgo "$work"/*.prof
