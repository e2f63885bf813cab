#!/bin/bash
# CPython as drivers: the tutorial's lists in input order, records that tell what ran them, a series
# for each interpreter, errors in a sentence, and nothing left running whoever is killed.
. "$(dirname "$0")/check.bash"

fakes=$SOURCE/tests/fixtures/python
python=$(python3 -c 'import sys; print(sys.executable)' 2>/dev/null) || { echo "no python3"; exit 77; }

# what hangs is waited for while all the rest is done
"$CORESWEEP" run --kernel roots --driver cpython-threads --python "$fakes/hang" >hang.out 2>hang.err &
hang=$!

# ---- lists, records
tasks=1000,2000,5000,3000,100
coresweep run --kernel trial --tasks $tasks --list >expected
coresweep run --kernel trial --tasks $tasks --driver cpython-pool --workers 2 --oversubscribe \
    --schedule whole --list >got
cmp got expected || fail "the pool lists something else"
[ "$(awk '{ print NF - 1 }' got | xargs)" = "31 44 70 54 10" ] || fail "wrong counts"

coresweep run --kernel roots --n 1000 --driver cpython-futures-processes --workers 2 --oversubscribe \
    --python "$python" --start-method fork --samples 1 --min-ms 1 --json >sample
for part in '"driver":"cpython-futures-processes"' "\"settings\":\"python=$python start-method=fork " \
    '"runtime":"[A-Za-z]*Py[A-Za-z]* 3\..*GIL o[nf]*, fork"' '"processes":[3-9]' '"hits":31,'; do
    grep -qE -- "$part" sample || fail "no $part in $(cat sample)"
done

# ---- a series for each interpreter
ln -s "$python" ./other
status=0
coresweep sweep --kernel roots --n 1000 --driver cpython-threads --workers 1 --rounds 1 --min-ms 1 \
    --python "$python" --python "$work/other" --output two.jsonl >table 2>said || status=$?
[ $status -eq 0 ] || fail "exit $status: $(cat said)"
for file in "$python" "$work/other"; do
    for driver in cpython-serial cpython-threads; do
        [ "$(grep -cE "\"type\":\"sample\".*\"driver\":\"$driver\",\"settings\":\"python=$file " two.jsonl)" \
            -gt 0 ] || fail "no sample of $driver by $file: $(cat two.jsonl)"
    done
done

# ---- sentences
expect 2 "there is no interpreter '/no/such'" run --kernel roots --driver cpython-pool --python /no/such
expect 2 "rubbish' is no Python: it answered 'hello world'" \
    run --kernel roots --driver cpython-pool --python "$fakes/rubbish"
expect 2 "too old, 3.8 or newer" sweep --kernel roots --driver cpython-pool --python "$fakes/old"
expect 2 "unknown start method 'vfork'; there are: fork, spawn, forkserver" \
    run --kernel roots --driver cpython-pool --start-method vfork
expect 2 "unknown way of calls 'cffi'; there are: python, cdll, pydll" \
    run --kernel roots --driver cpython-pool --calls cffi
expect 2 "calls cdll takes kernels without options; kernel 'mixed' has some" \
    run --kernel mixed --n 1 --driver cpython-serial --calls cdll
expect 2 "kernel 'spin' has no twin in Python" run --kernel spin --driver cpython-threads
expect 2 "driver 'cpython-pool' runs the schedules whole, dynamic alone" \
    run --kernel roots --driver cpython-pool --schedule static
expect 2 "driver 'cpython-serial' has one worker" run --kernel roots --driver cpython-serial --workers 2
status=0
env PATH="$work" "$CORESWEEP" run --kernel roots --driver cpython-pool >out 2>said || status=$?
[ $status -ne 0 ] || fail "no python3, and no error"
grep -q "there is no interpreter 'python3' on the PATH" said || fail "no python3: $(cat said)"

# ---- a visit that fails costs one visit
status=0
coresweep sweep --kernel roots --n 1000 --driver cpython-threads --workers 1 --rounds 1 --min-ms 1 \
    --python "$fakes/fails-later" --python "$python" --output fails.jsonl >table 2>said || status=$?
[ $status -eq 1 ] || fail "exit $status: $(cat said)"
grep -q 'fails-later exited with status 3' said || fail "said: $(cat said)"
[ "$(grep -c '"what":"failed"' fails.jsonl)" -eq 2 ] || fail "events: $(cat fails.jsonl)"
[ "$(grep -cE "\"type\":\"sample\".*\"settings\":\"python=$python " fails.jsonl)" -ge 2 ] ||
    fail "the other interpreter was not measured"

# ---- kill -9 of coresweep: its interpreter and the workers go, whatever they are doing
family() {
    local child
    for child in $(cat /proc/"$1"/task/*/children 2>/dev/null); do
        echo "$child"
        family "$child"
    done
}
"$CORESWEEP" run --kernel sleep --tasks 60000,60000 --driver cpython-pool --start-method forkserver \
    --workers 2 >/dev/null 2>&1 &
victim=$!
for _ in $(seq 400); do
    offspring=$(family $victim)
    [ "$(wc -w <<<"$offspring")" -lt 6 ] || break # keeper, interpreter, server, tracker, two workers
    sleep 0.02
done
[ "$(wc -w <<<"$offspring")" -ge 6 ] || fail "not all were seen: $offspring"
kill -9 $victim
wait $victim 2>/dev/null || true
for _ in $(seq 200); do
    alive=
    for pid in $offspring; do
        grep -qsE '^State:\s+[^ZX]' /proc/"$pid"/status && alive="$alive $pid"
    done
    [ -n "$alive" ] || break
    sleep 0.02
done
[ -z "$alive" ] || fail "left running: $alive"

# ---- what hangs is given up
status=0
wait $hang || status=$?
[ $status -eq 2 ] || fail "hang: exit $status: $(cat hang.err)"
grep -q "hang' is no Python: it did not answer within 10 s" hang.err || fail "hang: $(cat hang.err)"

# ---- the list
coresweep list >list
grep -qE '^python3 +[A-Za-z]*Py[A-Za-z]* 3\..*GIL' list || fail "no interpreter: $(cat list)"
