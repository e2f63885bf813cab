#!/bin/bash
# When a sweep stops: its verdict in the file, under the table and in JSON, and --resume by the same rule.
. "$(dirname "$0")/check.bash"

# Waits take as long as they are told, so that half of their length is a precision for any machine,
# after ten rounds or, where it is busy, a few more.
calm=(--kernel sleep --tasks 20 --driver pthread --workers 1,2 --min-ms 1)
calm_sweep() {
    coresweep sweep "${calm[@]}" "$@" 2>said || fail "sweep $*: $(cat said)"
}
rounds_in() {
    visits_in "$1" | cut -d ' ' -f 2 | sort -n | tail -n 1
}
end_of() {
    tail -n 1 "$1" | grep -q "^{\"type\":\"end\",.*$2" || fail "$1 ends with $(tail -n 1 "$1"), not $2"
}

# narrow enough at the first look
calm_sweep --precision 50% --output c.jsonl >table
end_of c.jsonl '"verdict":"converged","half_width":0\.[0-9e-]*,"confidence":0.99,"widest":"sleep, whole, pthread'
rounds=$(($(rounds_in c.jsonl) + 1))
[ $rounds -ge 10 ] && [ $((rounds % 5)) -eq 0 ] || fail "converged after $rounds rounds"
grep -q "^verdict: converged after $rounds rounds$" table || fail "the table does not tell the verdict"
grep -qE '^widest 99 % interval: \+-[0-9.]+ %, wanted \+-50 % \(sleep, whole, pthread, [12] workers?\)$' table ||
    fail "the table does not tell the width: $(tail -n 1 table)"
coresweep report c.jsonl | cmp - table || fail "report and sweep print different tables"
coresweep report c.jsonl --format json | python3 -c '
import json, sys
report, rounds = json.load(sys.stdin), int(sys.argv[1])
stop, plan = report["stop"], report["plan"]
assert stop["verdict"] == "converged" and stop["rounds"] == rounds and 0 <= stop["half_width"] <= 0.5
assert plan["precision"] == 0.5 and plan["min_rounds"] == 10 and plan["rounds"] == 100
assert plan["max_seconds"] == 300 and plan["spin_ms"] == 200 and plan["warm_rounds"] == 0
' $rounds || fail "JSON"

# a file that is through stays so; one that was cut off stops where it would have stopped
cp c.jsonl again.jsonl
coresweep sweep --resume again.jsonl >/dev/null 2>&1 || fail "resuming what converged"
cmp -s c.jsonl again.jsonl || fail "a sweep that had converged was gone on with"
for lines in 2 31; do
    head -n $lines c.jsonl >cut.jsonl
    coresweep sweep --resume cut.jsonl >/dev/null 2>&1 || fail "resuming $lines lines"
    end_of cut.jsonl '"verdict":"converged"'
    [ "$(visits_in cut.jsonl | uniq -d | wc -l)" -eq 0 ] || fail "cut after $lines lines: a visit twice"
    [ "$(visits_in cut.jsonl | wc -l)" -eq $((3 * ($(rounds_in cut.jsonl) + 1))) ] ||
        fail "cut after $lines lines: visits are missing"
done
coresweep report cut.jsonl --format json >cut.json
grep -q '"verdict": "converged"' cut.json || fail "JSON of a resumed file"

# rounds run out, or are counted
coresweep sweep --kernel trial --n 2000 --driver fork --workers 2 --oversubscribe --min-ms 1 \
    --precision 0.002 --min-rounds 8 --max-rounds 9 --output r.jsonl >table 2>/dev/null
end_of r.jsonl '"verdict":"budget"'
grep -q '^verdict: budget after 9 rounds; --max-rounds allows more$' table || fail "no advice: $(cat table)"
calm_sweep --rounds 3 --output f.jsonl >table
end_of f.jsonl '"verdict":"fixed","half_width":null'
grep -q '^verdict: fixed after 3 rounds$' table || fail "no verdict of fixed rounds"
grep -q 'interval: none, it takes at least 8 rounds$' table || fail "an interval of 3 rounds"
coresweep report f.jsonl --format markdown | grep -q '^verdict: fixed' || fail "Markdown"

# time runs out after the round that is begun; each part has its own
coresweep sweep --kernel sleep --tasks 30 --driver pthread --workers 1,2 --min-ms 1 \
    --precision 50% --max-time 1s --output t.jsonl >table 2>/dev/null
end_of t.jsonl '"verdict":"budget","half_width":null'
grep -q '^verdict: budget after [1-7] rounds\?; --resume goes on, ' table || fail "no advice: $(cat table)"
before=$(rounds_in t.jsonl)
coresweep sweep --resume t.jsonl >table 2>/dev/null || fail "resuming for another second"
[ "$(rounds_in t.jsonl)" -gt "$before" ] || fail "a part of a sweep has one round at least"
coresweep sweep --resume t.jsonl --max-time 2m >table 2>/dev/null || fail "resuming with more time"
end_of t.jsonl '"verdict":"converged"'

# a point that was given up keeps nothing waiting
head -n 2 c.jsonl | sed '1s/\(.*\)"schedule":"whole"/\1"schedule":"bogus"/' >broken.jsonl
status=0
coresweep sweep --resume broken.jsonl >/dev/null 2>said || status=$?
[ $status -eq 1 ] || fail "a point that fails: exit $status"
grep -q '"what":"given up"' broken.jsonl || fail "nothing was given up"
end_of broken.jsonl '"verdict":"converged"'

# a serial sweep has no speedup: its time is what must become certain
coresweep sweep --kernel sleep --tasks 20 --driver serial --min-ms 1 --precision 50% \
    --output s.jsonl >/dev/null 2>&1
end_of s.jsonl '"verdict":"converged".*"widest":"sleep, whole, serial, 1 worker"'

# a round that is not kept leaves no trace but its declaration
calm_sweep --rounds 2 --warm-rounds 1 --output w.jsonl >/dev/null
[ "$(visits_in w.jsonl | wc -l)" -eq 6 ] || fail "the warm-up's samples were kept"
grep -q '"warm_rounds":1' w.jsonl || fail "the warm-up is not declared"

expect 2 "--precision '0.1%' is not a share from 0.2% to 50%" sweep --precision 0.1%
expect 2 "--precision '1' is not a share" sweep --precision 1
expect 2 "--precision '5%%' is not a share" sweep --precision 5%%
expect 2 "--precision 'nan' is not a share" sweep --precision nan
expect 2 "--min-rounds '7' is not" sweep --min-rounds 7
expect 2 "--max-rounds 9 is below --min-rounds 10; --rounds asks" sweep --max-rounds 9
expect 2 "--max-time '5 m' is not a time" sweep --max-time '5 m'
expect 2 "--max-time '0s' is not a time" sweep --max-time 0s
expect 2 "--rounds is exactly so many; leave --precision" sweep --rounds 5 --precision 1%
expect 2 "--rounds is exactly so many; leave --precision" sweep --rounds 5 --max-time 1m
expect 2 "--warm-rounds '11' is not" sweep --warm-rounds 11
expect 2 "its plan has precision 0.5, here it is 0.01" sweep --resume c.jsonl --precision 1%
expect 2 "its plan has precision 0.5, here it is null" sweep --resume c.jsonl --rounds 100
expect 2 "its plan has warm_rounds 0, here it is 2" sweep --resume c.jsonl --warm-rounds 2
