#!/bin/bash
# The story end to end: without an interpreter, with one that fails at its work, and stopped by the user.
. "$(dirname "$0")/check.bash"

expect 2 "--scale '0' is not a number from 0.001 to 10" story --scale 0
expect 2 "--rounds '0' is not" story --rounds 0
expect 2 "--python '' is no file" story --python ''
expect 2 "there is no interpreter '/no/such/python'" story --python /no/such/python --output no.jsonl
expect 2 "cannot open 'nowhere.jsonl'" story --report nowhere.jsonl
expect 2 "format 'xml'.*json" story --report nowhere.jsonl --format xml
[ ! -e no.jsonl ] || fail "a story that could not begin left a file"
coresweep sweep --kernel count --n 9 --driver serial --rounds 1 --min-ms 1 --output sweep.jsonl >/dev/null 2>&1
expect 2 "'sweep.jsonl' holds a sweep and no story" story --report sweep.jsonl

story=(story --quick --rounds 1 --scale 0.002)

# blocks LETTERS FILE: the file has a table for each of these blocks, and no line is too wide
blocks() {
    local letter
    for letter in $(fold -w1 <<<"$1"); do
        grep -qE "^$letter\. [a-z]" "$2" || fail "no block $letter in $2"
    done
    [ "$(awk 'length > 100' "$2" | wc -l)" -eq 0 ] || fail "wider than 100: $(awk 'length > 100' "$2" | head -n 2)"
}

# without Python the rows of C remain, and a line says why the others are missing
mkdir bin
ln -s "$(type -P true)" bin/true # a program that the price list starts
PATH=$work/bin "$CORESWEEP" "${story[@]}" --output c.jsonl >c.out 2>c.err || fail "without Python: $(cat c.err)"
blocks ABCDEFGHM c.out
grep -qE '^left out: CPython: .*python3' c.out || fail "does not say why CPython is missing"
grep -qE '^C +threads +5 ' c.out || fail "no row of C threads"
grep -qE '^  = (not resolved|not measured) here$' c.out || fail "no claims"
grep -qE '^  = (holds|does not hold) here$' c.out && fail "one round resolved a claim"
grep -q '^results: c.jsonl$' c.err || fail "does not name its file"
coresweep story --report c.jsonl | cmp - c.out || fail "another story from the file"
coresweep report c.jsonl | cmp - c.out || fail "report tells another story"
coresweep report c.jsonl --format csv | grep '^trial,' >rows || fail "a story has no CSV"
[ "$(grep -c '"type":"reading".*"probe":"ticker"' c.jsonl)" -gt 5 ] || fail "no readings of the ticker"
tail -n 1 c.jsonl | grep -q '^{"type":"end",.*"failed":0,' || fail "no end"

# an interpreter that fails at its work costs its rows, and no more
fake=$SOURCE/tests/fixtures/python/fails-later
status=0
coresweep "${story[@]}" --python "$fake" --output f.jsonl >f.out 2>f.err || status=$?
[ $status -eq 1 ] || fail "a failing interpreter: exit $status: $(tail -n 3 f.err)"
blocks ABCDEFGHM f.out
grep -q '^failed: ' f.out || fail "the failures are not in the tables"
grep -q 'fails-later exited with status 3' f.err || fail "what became of it: $(cat f.err)"
grep -qE '^C +threads +5 +[0-9]' f.out || fail "the rows of C are gone"
grep -qE ' threads +5 +- ' f.out || fail "no row of the failed threads"

# Ctrl-C: what was measured is told, nothing is left running
"$CORESWEEP" "${story[@]}" --output i.jsonl >i.out 2>i.err &
pid=$!
sleep 4
kill -INT $pid
status=0
wait $pid || status=$?
[ $status -eq 1 ] || fail "stopped: exit $status"
grep -q 'stopped by the user' i.err || fail "does not say that it was stopped: $(cat i.err)"
blocks ABCDEFGHM i.out
coresweep story --report i.jsonl 2>said | cmp - i.out || fail "the file of a stopped story"
grep -q "'i.jsonl' is not complete; coresweep story --resume 'i.jsonl' goes on" said || fail "a stopped story's report: $(cat said)"
pgrep -f "$work" >/dev/null && fail "something is left running"
grep -q "^go on with: coresweep story --resume 'i.jsonl'$" i.err || fail "does not say how to go on: $(cat i.err)"

# a story that was cut off goes on: each probe and each visit once, marked by the file's own rule
grep -q '"exclude":"availability<0.98 throttled>0 steal>0.01"' c.jsonl || fail "no rule in the plan"
grep -qE '^(None of the|[0-9]+ of) [0-9]+ samples .*disturbed' c.out || fail "nothing of disturbed samples"
expect 2 "goes on with the file's own plan; leave --scale away" story --resume c.jsonl --scale 1
expect 2 "goes on with the file's own plan; leave --python away" story --resume c.jsonl --python python3
expect 2 "'sweep.jsonl' is of no story; coresweep sweep goes on with it" story --resume sweep.jsonl
readings_in() {
    sed -nE 's/^\{"type":"reading",(.*),"value":.*/\1/p' "$1" | sort
}
# the readings of a probe are written at once: the cut is after those of the first
readings=$(awk -F '"probe":' '/"type":"reading"/ { split($2, name, ","); if (first == "") first = name[1]
    if (name[1] != first) { print NR - 1; exit } }' c.jsonl)
for lines in "$readings" $(($(wc -l <c.jsonl) - 20)); do
    head -n "$lines" c.jsonl | sed '1s/"exclude":"[^"]*"/"exclude":"steal>-1"/' >cut.jsonl
    PATH=$work/bin "$CORESWEEP" story --resume cut.jsonl >cut.out 2>cut.err || fail "cut after $lines: $(cat cut.err)"
    blocks ABCDEFGHM cut.out
    [ "$(visits_in cut.jsonl)" = "$(visits_in c.jsonl)" ] || fail "cut after $lines: visits"
    [ "$(readings_in cut.jsonl)" = "$(readings_in c.jsonl)" ] || fail "cut after $lines: readings"
done
grep -q '"disturbed":"steal ' cut.jsonl || fail "resumed samples are not marked"
cp cut.jsonl again.jsonl
PATH=$work/bin "$CORESWEEP" story --resume again.jsonl >cut.out 2>cut.err && cmp -s cut.jsonl again.jsonl || fail "a story that lacks nothing"
