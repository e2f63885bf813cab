#!/bin/bash
# Work that grows with the workers: tasks, speedups and the fraction, from the command line to the report.
. "$(dirname "$0")/check.bash"

coresweep sweep --weak --kernel sleep --tasks 20,5 --driver pthread --workers 1,3 --min-ms 1 --rounds 7 \
    --output w.jsonl >table 2>/dev/null
grep -q '"weak":true' w.jsonl || fail "the plan does not tell"
grep -q '"tasks":"20x3,5x3".*"workers":3,.*"grown_from":"20,5"' w.jsonl || fail "the tasks have not grown"
grep -qE '^sleep +whole +pthread +3 ' table || fail "no weak efficiency: $(cat table)"
[ "$(awk '{ if (length > 100) print }' table | wc -l)" -eq 0 ] || fail "wider than 100: $(cat table)"
coresweep report w.jsonl --format json | python3 -c '
import json, sys
report = json.load(sys.stdin)
serial, one, three = report["points"]
assert [p["growth"] for p in report["points"]] == [1, 1, 3] and "gustafson" not in one
ratios = sorted(3 * a / b for a, b in zip(one["round_ns"], three["round_ns"]))
assert abs(three["s_rel"]["value"] - ratios[3]) < 1e-6 * ratios[3], (three["s_rel"], ratios)
assert abs(three["gustafson"]["value"] - (3 - three["s_rel"]["value"]) / 2) < 1e-6
assert abs(three["weak_efficiency"]["value"] - three["s_rel"]["value"] / 3) < 1e-6
' || fail "JSON"

# it goes on as what it is
head -n 5 w.jsonl >cut.jsonl
coresweep sweep --resume cut.jsonl --weak >/dev/null 2>&1 || fail "resuming a weak sweep"
[ "$(visits_in cut.jsonl | uniq | wc -l)" -eq 21 ] || fail "visits are missing"
quick_sweep --output strong.jsonl >table 2>/dev/null
grep -q Gustafson table && fail "a sweep of one size told weak efficiency"
expect 2 "its plan has weak false, here it is true" sweep --resume strong.jsonl --weak
expect 2 "with --weak and 2 workers the tasks become more than" \
    sweep --weak --kernel trial --tasks 1x1000000 --driver fork --workers 2 --oversubscribe
