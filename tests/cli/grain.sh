#!/bin/bash
# A small grain run end to end: the file is a sweep's, the table and JSON are computed from it again.
. "$(dirname "$0")/check.bash"

tiny=(--driver pthread,fork --workers 2 --oversubscribe --tasks-per-worker 4 --largest-us 1
    --min-ms 1 --rounds 2)
status=0
coresweep grain "${tiny[@]}" --output g.jsonl >table 2>said || status=$?
# a loaded machine may well measure an impossible efficiency: then it must say so
[ $status -eq 0 ] || { [ $status -eq 1 ] && grep -q '^error: .* has an efficiency of' table; } ||
    fail "exit $status: $(cat said)"
grep -q '^results: g.jsonl$' said || fail "does not name its file"
grep -q '^sqrt, schedule dynamic, 4 tasks per worker$' table || fail "no title: $(cat table)"
for driver in pthread fork; do
    grep -qE "^$driver +2 " table || fail "no row of $driver"
done
grep -q '^efficiency with 2 workers, sqrt, schedule dynamic$' table || fail "no efficiencies"
[ "$(awk '{ if (length > 100) print }' table | wc -l)" -eq 0 ] || fail "the table is wider than 100"
grep -q '"grain":"largest-us=1 tasks-per-worker=4"' g.jsonl || fail "the plan does not say what it is"

# every size: a serial base and two drivers, and nothing with one worker besides
sizes=$(grep -o '"schedule":"dynamic:[0-9]*","driver":"fork"' g.jsonl | sort -u | wc -l)
[ "$sizes" -ge 4 ] || fail "$sizes sizes of task in a microsecond"
[ "$(visits_in g.jsonl | uniq | wc -l)" -eq $((3 * sizes * 2)) ] || fail "3 points x $sizes x 2 rounds"
sed -n 1p g.jsonl | grep -q '"schedule":"dynamic:1","driver":"pthread"' || fail "not down to one item"

again=0
coresweep grain --report g.jsonl >table2 2>said || again=$?
[ $again -eq $status ] && cmp table table2 || fail "the table is another one: $(cat said)"
coresweep report g.jsonl >/dev/null 2>said || fail "report does not read it: $(cat said)"
coresweep grain --report g.jsonl --format json >json || [ $? -eq $status ] || fail "JSON"
python3 -c '
import json, sys
grain = json.load(open("json"))["grain"]
assert [curve["driver"] for curve in grain] == ["pthread", "fork"]
for curve in grain:
    assert curve["workers"] == 2 and curve["schedule"] == "dynamic"
    assert len(curve["points"]) == int(sys.argv[1])
    assert {"value", "low", "high", "n"} <= set(curve["metg50_ns"])
    assert all(p["grain_ns"]["value"] > 0 < p["efficiency"]["value"] for p in curve["points"])
' "$sizes" || fail "JSON"

coresweep grain --report g.jsonl --format csv >csv || [ $? -eq $status ] || fail "CSV"
[ "$(wc -l <csv)" -eq $((1 + 2 * sizes)) ] || fail "CSV: a row per driver and size: $(cat csv)"
coresweep grain --report g.jsonl --format markdown >md || [ $? -eq $status ] || fail "Markdown"
grep -q '^### sqrt, schedule dynamic, 4 tasks per worker$' md || fail "Markdown: $(cat md)"

# samples are marked by the plan's rule, counted by the run and by the report
grep -q '"exclude":"availability<0.98 throttled>0 steal>0.01"' g.jsonl || fail "no rule in the plan"
grep -qE '^(None of the|[0-9]+ of) [0-9]+ samples .*disturbed' table || fail "nothing of disturbed samples: $(cat table)"
coresweep grain "${tiny[@]}" --exclude 'steal>-1' --seed 7 --output all.jsonl >all 2>said || [ $? -eq 1 ] || fail "$(cat said)"
samples=$(grep -c '"type":"sample"' all.jsonl)
[ "$(grep -c '"disturbed":"steal [0-9.]* %"' all.jsonl)" -eq "$samples" ] || fail "not all are marked"
grep -q "^$samples of $samples samples count as disturbed" <(tr '\n' ' ' <all | grep -o "$samples of $samples samples count.*") ||
    fail "does not count them: $(cat all)"
grep -q '"seed":7' all.jsonl || fail "--seed is not in the plan"
coresweep grain "${tiny[@]}" --exclude none --output none.jsonl >none 2>&1 || [ $? -eq 1 ] || fail "--exclude none"
! grep -q disturbed none || fail "without a rule it speaks of disturbed samples"
expect 2 "'availability' of --exclude is no term" grain --exclude availability

# a run that was cut off goes on, with its own rule, and no other; also as a sweep
head -n 9 all.jsonl >cut.jsonl
coresweep grain --report cut.jsonl >/dev/null 2>said || [ $? -eq 1 ] || fail "a run that was cut off: $(cat said)"
grep -q "'cut.jsonl' is not complete; coresweep grain --resume 'cut.jsonl' goes on" said || fail "$(cat said)"
expect 2 "goes on with the file's own plan; leave --exclude away" grain --resume cut.jsonl --exclude none
expect 2 "goes on with the file's own plan; leave --rounds away" grain --resume cut.jsonl --rounds 2
expect 2 "leave --output away" grain --resume cut.jsonl --output another.jsonl
coresweep grain --resume cut.jsonl >table 2>said || [ $? -eq 1 ] || fail "grain --resume: $(cat said)"
[ "$(visits_in cut.jsonl | uniq | wc -l)" -eq "$(visits_in all.jsonl | uniq | wc -l)" ] || fail "not all visits after grain --resume"
[ "$(grep -c '"disturbed":"steal ' cut.jsonl)" -eq "$samples" ] || fail "resumed samples are not marked"

head -n 9 g.jsonl >cut.jsonl
coresweep sweep --resume cut.jsonl >/dev/null 2>said || fail "resume: $(cat said)"
[ "$(visits_in cut.jsonl | uniq | wc -l)" -eq $((3 * sizes * 2)) ] || fail "not all visits after --resume"
coresweep grain --report cut.jsonl >/dev/null 2>said || [ $? -eq 1 ] || fail "report: $(cat said)"

expect 2 "kernel 'sleep' tells nothing of granularity: it waits" grain --kernel sleep --schedule static
expect 2 "schedule 'guided' does not hand out tasks of one size" grain --schedule guided
expect 2 "the chunk is what a grain run varies" grain --schedule dynamic:64
expect 2 "unknown format 'xml'" grain --format xml
expect 2 "--tasks-per-worker '0' is not a whole number" grain --tasks-per-worker 0
quick_sweep --output r.jsonl >/dev/null 2>&1
expect 2 "'r.jsonl' is of no grain run; coresweep sweep goes on with it" grain --resume r.jsonl
# files of before there were marks go on without
sed -n '1s/,"exclude":"[^"]*"//; 1,9p' g.jsonl >older.jsonl
coresweep grain --resume older.jsonl >table 2>said || [ $? -eq 1 ] || fail "an older file: $(cat said)"
! grep -q disturbed table || fail "an older file has no rule, but the report tells of one"
expect 2 "of no grain run" grain --report r.jsonl
