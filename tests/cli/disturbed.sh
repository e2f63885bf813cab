#!/bin/bash
# The rule of a plan marks samples as disturbed, drops none, and the report tells of them by itself.
. "$(dirname "$0")/check.bash"

small=(--kernel count --n 200 --driver pthread --workers 1 --min-ms 1 --rounds 3)

# Every sample has a steal of 0 or more where the system shows one.
rule='steal>-1'
coresweep sweep "${small[@]}" --exclude "$rule" --output all.jsonl >table 2>err || fail "sweep: $(cat err)"
samples=$(grep -c '"type":"sample"' all.jsonl)
[ "$(grep -c '"disturbed":"steal [0-9.]* %"' all.jsonl)" -eq "$samples" ] || fail "not all are marked"
grep -q "^$samples of $samples samples: the hypervisor took" table || fail "the sweep does not say so"
coresweep report all.jsonl >again
cmp -s table again || fail "the report says something else than the sweep"
coresweep report all.jsonl --format json >all.json
grep -q "\"disturbed\": $samples" all.json || fail "not in JSON"

# It is the plan's: a sweep goes on with its own, and with no other.
head -n 4 all.jsonl >cut.jsonl
expect 2 'its plan has exclude "steal>-1", here it is "none"' sweep --resume cut.jsonl --exclude none
coresweep sweep --resume cut.jsonl >/dev/null 2>err || fail "resume: $(cat err)"
[ "$(grep -c '"disturbed":"steal ' cut.jsonl)" -eq "$samples" ] || fail "resumed samples are not marked"

coresweep sweep "${small[@]}" --exclude none --output none.jsonl >table 2>err || fail "none: $(cat err)"
[ "$(grep -c '"disturbed":""' none.jsonl)" -eq "$samples" ] || fail "none marks something"
! grep -q disturbed table || fail "a sweep without a rule speaks of disturbed samples"

expect 2 "'availability' of --exclude is no term" sweep --exclude availability
expect 2 "did you mean 'throttled'" sweep --exclude 'throtled>0'
