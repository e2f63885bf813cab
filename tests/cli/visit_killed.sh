#!/bin/bash
# A visit that dies costs one visit: the sweep says so, notes it, goes on, and exits with 1. Killing
# the sweep leaves no process behind.
. "$(dirname "$0")/check.bash"

"$CORESWEEP" sweep --kernel sleep --tasks 150,150 --driver fork --workers 2 --rounds 1 \
    --output v.jsonl >table 2>said &
sweep=$!
# the child of the sweep is the visit
visit=
for _ in $(seq 200); do
    visit=$(cat /proc/$sweep/task/$sweep/children 2>/dev/null | cut -d' ' -f1)
    [ -z "$visit" ] || break
    sleep 0.01
done
[ -n "$visit" ] || fail "no visit was seen"
kill -9 "$visit"
status=0
wait $sweep || status=$?
[ $status -eq 1 ] || fail "exit $status: $(cat said)"
grep -q 'the visit was killed by signal 9 (Killed)' said || fail "said: $(cat said)"
grep -q '"what":"failed"' v.jsonl || fail "no event"
grep -q '1 of 3 visits gave no sample' said || fail "no count: $(cat said)"
[ "$(visits_in v.jsonl | wc -l)" -eq 2 ] || fail "the other visits were not made"

# kill -9 of the sweep: its visit and the visit's workers go with it
"$CORESWEEP" sweep --kernel sleep --tasks 60000,60000 --driver fork --workers 2 --rounds 1 --min-ms 1 \
    --output o.jsonl >/dev/null 2>&1 &
sweep=$!
family() {
    local child
    for child in $(cat /proc/"$1"/task/"$1"/children 2>/dev/null); do
        echo "$child"
        family "$child"
    done
}
sleep 0.5
offspring=$(family $sweep)
[ -n "$offspring" ] || fail "the sweep has no visit"
kill -9 $sweep
wait $sweep 2>/dev/null || true
for _ in $(seq 100); do
    alive=
    for pid in $offspring; do
        # a zombie that nobody reaps is gone as a process
        grep -qsE '^State:\s+[^ZX]' /proc/"$pid"/status && alive="$alive $pid"
    done
    [ -n "$alive" ] || break
    sleep 0.05
done
[ -z "$alive" ] || fail "orphans: $alive"
