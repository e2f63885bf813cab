#!/bin/bash
# A small sweep end to end: the file, the table, and the report in every format.
. "$(dirname "$0")/check.bash"

quick_sweep --output r.jsonl >table 2>said
grep -q '^results: r.jsonl$' said || fail "does not name its file"
[ "$(head -n 1 r.jsonl | cut -c1-25)" = '{"type":"plan","schema":1' ] || fail "no plan first"
[ "$(sed -n 2p r.jsonl | cut -c1-14)" = '{"type":"host"' ] || fail "no host second"
[ "$(sed -nE 's/^\{"type":"cost","kernel":"([a-z]*)".*/\1/p' r.jsonl | tr '\n' ' ')" = "count trial " ] ||
    fail "the units of every kernel are measured once"
[ "$(grep -n '"type":"cost"' r.jsonl | head -n 1 | cut -d: -f1)" -eq 13 ] || fail "costs follow the first round"
tail -n 1 r.jsonl | grep -q '^{"type":"end","samples":40,"failed":0,' || fail "no end"
[ "$(visits_in r.jsonl | uniq | wc -l)" -eq 40 ] || fail "10 points x 4 rounds"
[ "$(visits_in r.jsonl | uniq -d | wc -l)" -eq 0 ] || fail "a visit twice"
grep -q '^trial, schedule dynamic, tasks 200 ' table || fail "no table of trial"
grep -qE '^serial +1 .*\(n=4\)' table || fail "too few rounds must be said"
[ "$(awk '{ if (length > 100) print }' table | wc -l)" -eq 0 ] || fail "the table is wider than 100"
coresweep report r.jsonl | cmp - table || fail "report and sweep print different tables"
coresweep report r.jsonl --format csv >csv
[ "$(wc -l <csv)" -eq 11 ] || fail "CSV: a row per point"
coresweep report r.jsonl --format json | python3 -c '
import json, sys
report = json.load(sys.stdin)
assert report["complete"] and len(report["points"]) == 10
assert len(report["why"]) == 4 and all("at 2 workers" in w["sentence"] for w in report["why"])
assert [w["replay"]["measured"] for w in report["why"] if w["kernel"] == "trial"] == [True] * 2
assert all(p["time_ns"]["value"] > 0 and p["s_abs"]["value"] > 0 for p in report["points"])
' || fail "JSON"
coresweep report r.jsonl --format markdown >markdown
grep -q '^|---|---:|' markdown || fail "Markdown"
quick_sweep --output r2.jsonl --seed 2 --samples 3 >/dev/null 2>&1
[ "$(visits_in r2.jsonl | uniq -c | awk '$1 != 3' | wc -l)" -eq 0 ] || fail "3 samples per visit"
[ "$(visits_in r2.jsonl | uniq | wc -l)" -eq 40 ] || fail "10 points x 4 rounds, again"
# every visit is asked for the memory that the sweep was asked for
coresweep sweep --kernel array --n 1e4 --driver serial --rounds 2 --min-ms 1 --memory interleave \
    --huge-pages --output m.jsonl >/dev/null 2>&1
[ "$(grep -c '"type":"sample".*"memory":"interleave","huge_pages":true,' m.jsonl)" -eq 2 ] ||
    fail "the memory policy of the visits"
# the order of the first round is the seed's
order() {
    grep '"round":0,' "$1" | grep -o '"point":[0-9]*' | uniq
}
[ "$(order r.jsonl)" != "$(order r2.jsonl)" ] || fail "two seeds, one order"

# a point may take part in the first rounds alone
coresweep sweep --kernel count --n 9 --driver pthread --workers 1 --rounds 3 --min-ms 1 \
    --output all.jsonl >/dev/null 2>&1
head -n 2 all.jsonl | sed '1s/"rounds":0/"rounds":1/' >first.jsonl
coresweep sweep --resume first.jsonl >/dev/null 2>&1 || fail "a plan whose point has rounds of its own"
[ "$(visits_in first.jsonl | tr '\n' ',')" = "0 0,1 0,1 1,1 2," ] || fail "rounds: $(visits_in first.jsonl)"
tail -n 1 first.jsonl | grep -q '^{"type":"end","samples":4,"failed":0,' || fail "no end of four visits"

# warnings for a closed stderr must not end up in the result file
"$CORESWEEP" sweep "${quick[@]}" --output closed.jsonl >&- 2>&- || true
coresweep report closed.jsonl >/dev/null 2>said || fail "closed streams: $(cat said)"
grep -qv '^{' closed.jsonl && fail "something else than JSON in the result file"
true
