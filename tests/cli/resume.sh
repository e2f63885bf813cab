#!/bin/bash
# A sweep that is killed at any moment leaves a valid file; --resume finishes it, each visit once,
# and refuses another plan, another machine, or what is no result file.
. "$(dirname "$0")/check.bash"

# The delays cover the time before the first visit, within visits, and between them.
for delay in 0.01 0.03 0.1 0.2 0.33; do
    rm -f k.jsonl
    "$CORESWEEP" sweep "${quick[@]}" --output k.jsonl >/dev/null 2>&1 &
    pid=$!
    sleep $delay
    kill -9 $pid 2>/dev/null || true
    wait $pid 2>/dev/null || true
    if [ "$(wc -l <k.jsonl 2>/dev/null || echo 0)" -lt 2 ]; then
        continue # killed before plan and host: nothing to go on with
    fi
    before=$(visits_in k.jsonl | wc -l)
    coresweep sweep --resume k.jsonl >/dev/null 2>said || fail "resume after $delay s: $(cat said)"
    [ "$(visits_in k.jsonl | uniq | wc -l)" -eq 40 ] || fail "visits are missing after $delay s"
    [ "$(visits_in k.jsonl | uniq -d | wc -l)" -eq 0 ] || fail "a visit twice after $delay s"
    [ "$before" -lt 40 ] || echo "note: killed after the end at $delay s"
done

# a line that was cut off in the middle is measured again
quick_sweep --output c.jsonl >/dev/null 2>&1
head -c $(($(stat -c %s c.jsonl) * 2 / 3)) c.jsonl >cut.jsonl
coresweep report cut.jsonl >table 2>said || fail "a cut-off file must be readable"
grep -q "'cut.jsonl' is not complete" said || fail "a cut-off file must be called so"
coresweep sweep --resume cut.jsonl >/dev/null 2>&1
[ "$(visits_in cut.jsonl | uniq | wc -l)" -eq 40 ] || fail "cut: visits are missing"
[ "$(visits_in cut.jsonl | uniq -d | wc -l)" -eq 0 ] || fail "cut: a visit twice"
[ "$(grep -c '"type":"cost"' cut.jsonl)" -eq 2 ] || fail "cut: the units are measured once"
grep -q '"what":"resumed"' cut.jsonl || fail "no event tells of the resumption"

# options that are given must be the file's own
cp cut.jsonl same.jsonl
coresweep sweep --resume same.jsonl --rounds 4 --kernel count,trial >/dev/null 2>&1 || fail "same options"
cp cut.jsonl other.jsonl
expect 2 "its plan has rounds 4, here it is 5" sweep --resume other.jsonl --rounds 5
expect 2 'its plan has kernel "count,trial", here it is "spin"' sweep --resume other.jsonl --kernel spin
expect 2 'its plan has memory "first-touch", here it is "interleave"' \
    sweep --resume other.jsonl --memory interleave
expect 2 'its plan has huge_pages false, here it is true' sweep --resume other.jsonl --huge-pages
sed 's/"hostname":"[^"]*"/"hostname":"elsewhere"/' cut.jsonl >host.jsonl
expect 2 'its host has hostname "elsewhere", here it is' sweep --resume host.jsonl
sed 's/"usable_pus":[0-9]*/"usable_pus":777/' cut.jsonl >cpus.jsonl
expect 2 'its host has usable_pus 777, here it is' sweep --resume cpus.jsonl
cmp -s other.jsonl cut.jsonl || fail "a refused file was changed"

# Ctrl-C: what was measured is kept, the hint says how to go on
"$CORESWEEP" sweep "${quick[@]}" --rounds 200 --output i.jsonl >/dev/null 2>said &
pid=$!
sleep 0.5
kill -INT $pid
status=0
wait $pid || status=$?
[ $status -eq 1 ] || fail "interrupted: exit $status"
grep -q "go on with: coresweep sweep --resume 'i.jsonl'" said || fail "no hint after Ctrl-C: $(cat said)"
coresweep report i.jsonl >/dev/null 2>&1 || fail "an interrupted file must be readable"

# a file that lacks nothing is shown and left alone
cp cut.jsonl whole.jsonl
coresweep sweep --resume whole.jsonl >table 2>/dev/null || fail "resuming a complete file"
cmp -s whole.jsonl cut.jsonl && grep -q '^trial, ' table || fail "a complete file was touched"

# a file that another sweep is writing is refused, and the other one does not notice
"$CORESWEEP" sweep "${quick[@]}" --rounds 12 --output busy.jsonl >/dev/null 2>&1 &
pid=$!
until grep -qs '"type":"sample"' busy.jsonl; do sleep 0.01; done
expect 2 "'busy.jsonl' is being written by another coresweep" sweep --resume busy.jsonl
wait $pid || fail "the sweep that was written at first: exit $?"
[ "$(visits_in busy.jsonl | uniq | wc -l)" -eq 120 ] || fail "busy.jsonl lost visits"

# under nohup a sweep survives its terminal
(
    trap '' HUP
    exec "$CORESWEEP" sweep "${quick[@]}" --output hup.jsonl >/dev/null 2>&1
) &
pid=$!
sleep 0.3
kill -HUP $pid 2>/dev/null || true
wait $pid || fail "SIGHUP stopped a sweep under nohup: exit $?"
