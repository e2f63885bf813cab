#!/bin/bash
# A full disk (here: a file size limit, which write(2) reports the same way) is a clear error; what
# was written stays readable, and --resume finishes it.
. "$(dirname "$0")/check.bash"

quick_sweep --output whole.jsonl >/dev/null 2>&1
half=$(($(stat -c %s whole.jsonl) / 2048)) # in the 1024-byte blocks of ulimit
status=0
(
    ulimit -f "$half"
    quick_sweep --output f.jsonl >/dev/null 2>said
) || status=$?
[ $status -eq 1 ] || fail "exit $status"
grep -q "cannot write 'f.jsonl': File too large; what was measured so far is kept" said ||
    fail "said: $(cat said)"
[ "$(tail -c 1 f.jsonl | od -An -c | tr -d ' ')" = '\n' ] || fail "half a line was left"
coresweep report f.jsonl >/dev/null 2>&1 || fail "not readable"
coresweep sweep --resume f.jsonl >/dev/null 2>&1 || fail "cannot go on"
[ "$(visits_in f.jsonl | uniq | wc -l)" -eq 40 ] || fail "visits are missing"

# no room for the first line: no useless file is left behind
status=0
(
    ulimit -f 1
    quick_sweep --workers 1-64 --output none.jsonl >/dev/null 2>said
) || status=$?
[ $status -eq 1 ] && [ ! -e none.jsonl ] || fail "a file without a plan was left: $(cat said)"

# a device that is full
if [ -w /dev/full ]; then
    status=0
    coresweep list >/dev/full 2>said || status=$?
    [ $status -eq 1 ] && grep -q 'No space left' said || fail "list to a full device: $status"
    status=0
    coresweep report whole.jsonl --format json >/dev/full 2>said || status=$?
    [ $status -eq 1 ] && grep -q 'cannot write the report' said || fail "report to a full device"
fi
