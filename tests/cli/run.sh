#!/bin/bash
# One point by hand: a table for people, JSON Lines for programs, both with what was counted.
. "$(dirname "$0")/check.bash"

tasks=1000,2000,5000,3000,100
coresweep run --kernel trial --tasks $tasks --driver fork --workers 2 --oversubscribe \
    --samples 1 --min-ms 1 >out
grep -q '^trial, schedule dynamic, driver fork, 2 workers$' out || fail "title"
grep -q '^result:  209 perfect squares in 11100 items, 38383511 comparisons, verified$' out ||
    fail "result"
grep -qE '^memory:  [0-9.]+ [KMG]iB in 2 processes \(PSS\), peak [0-9.]+ [KMG]iB$' out || fail "memory"
[ "$(grep -cE '^ +[01] ' out)" -eq 2 ] || fail "a row per worker"
coresweep run --kernel trial --tasks $tasks --samples 2 --min-ms 1 --json >json
[ "$(wc -l <json)" -eq 2 ] || fail "a line per sample"
for field in '"type":"sample"' '"hits":209' '"work":38383511' '"process_ns":null' \
    '"worker":{"start_ns":\['; do
    grep -q -- "$field" json || fail "no $field"
done
[ "$(awk '{ if (length > 100) print }' out | wc -l)" -eq 0 ] || fail "the table is wider than 100"
# what the units cost one worker
coresweep run --kernel trial --tasks $tasks --schedule whole --costs --json >json
grep -qE '^\{"type":"cost","kernel":"trial",.*"schedule":"whole","units":5,"group":1,"passes":[123],.*"ns":\[[0-9.]+(,[0-9.]+){4}\]\}$' json ||
    fail "costs: $(cat json)"
coresweep run --kernel trial --tasks $tasks --costs >out
grep -qE '^trial, schedule dynamic, 1011 units(, [0-9]+ at a time)?$' out || fail "costs: $(cat out)"
grep -qE '^all: +[0-9.]+ [mu]?s of CPU time, the least of [123] pass' out || fail "costs: $(cat out)"
expect 2 "leave one away" run --kernel trial --costs --list
expect 2 "kernel 'sleep' waits" run --kernel sleep --costs
expect 2 "driver 'pthread' does not have; leave --driver away" run --kernel trial --driver pthread --costs
# data: how much they are, and what was asked for them
coresweep run --kernel array --n 1e6 --driver fork --workers 2 --oversubscribe --memory interleave \
    --huge-pages --samples 1 --min-ms 1 >out 2>said
grep -qE '^memory:  .*; 7\.63 MiB of data, interleave, [0-9.-]+ ?([KM]i)?B? of it on huge pages$' out ||
    fail "data: $(grep ^memory out)"
grep -vE '^coresweep: warning: (huge pages are off for shared memory: /sys/.* says (never|deny); |data lie by first touch: |this system shows no huge pages)' \
    said && fail "said $(cat said)"
coresweep run --kernel array --n 1e6 --memory first-touch --samples 1 --min-ms 1 --json >json 2>said
grep -q '"memory":"first-touch","huge_pages":false,"memory_cannot":""' json || fail "the policy"
grep -q '"data_bytes":8000000,' json || fail "the data's size"
# waiting workers may outnumber the CPUs without being asked
coresweep run --kernel sleep --tasks 1,2,3 --driver pthread --workers 64 --samples 1 >/dev/null
# a thousand of them: one row each would tell less than least, median and most
coresweep run --kernel sleep --tasks 2,1x999 --driver event --workers 1000 --samples 1 >out
grep -q '^result:  1001 items, 1001 ms waited, verified$' out || fail "a repeated task"
[ "$(grep -cE '^( *least|median| *most) +[0-9.]+ ' out)" -eq 3 ] || fail "three rows for 1000 workers"
grep -qE '^ *[0-9]+ ' out && fail "rows of single workers"
coresweep run --kernel sleep --tasks 1,1,2 --driver event --workers 3 --samples 1 --json >json
grep -q '"tasks":"1x2,2"' json || fail "repeats are recorded as such"
# the workers of one thread are where it is
grep -qE '"pu":\[(-?[0-9]+),\1,\1\]' json || fail "places of one thread: $(cat json)"
for driver in serial event; do
    coresweep run --kernel mixed --io-fraction 90 --n 5 --driver $driver --samples 1 --min-ms 1 >out
    grep -q '^result:  5 items, 5 nominal ms, verified$' out || fail "mixed by $driver"
done
