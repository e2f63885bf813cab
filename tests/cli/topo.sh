#!/bin/bash
# Placement on a described machine: SMT siblings last under cores, packages in turn under spread.
. "$(dirname "$0")/check.bash"

# places PIN WORKERS: the CPUs in the order of the workers.
places() {
    coresweep topo --topology "pack:2 core:4 pu:2" --pin "$1" --workers "$2" |
        awk 'seen { print $2 } $1 == "worker" { seen = 1 }' | xargs
}

[ "$(places compact 4)" = "0 1 2 3" ] || fail "compact: $(places compact 4)"
[ "$(places cores 9)" = "0 2 4 6 8 10 12 14 1" ] || fail "cores: $(places cores 9)"
[ "$(places spread 4)" = "0 8 2 10" ] || fail "spread: $(places spread 4)"
[ "$(places 7,3,5 3)" = "7 3 5" ] || fail "list: $(places 7,3,5 3)"
[ "$(places none 2)" = "any any" ] || fail "none: $(places none 2)"
coresweep topo --topology "pack:2 core:4 pu:2" >out
grep -q '^machine:  2 packages, 1 NUMA node, 8 cores, 16 PUs (described)$' out || fail "summary"
grep -q '^usable:   CPUs 0-15$' out || fail "usable"
grep -qE '^quota:    (none|[0-9.]+ CPUs)' <(coresweep topo) || fail "quota"
! grep -q kinds out || fail "one kind of cores needs no word: $(cat out)"
coresweep topo --topology "$SOURCE/tests/fixtures/topologies/biglittle-4l-2b.xml" --workers 3 >out
grep -q '^kinds:    CPUs 4-5 0-3 (the fastest kind of cores first)$' out || fail "kinds: $(cat out)"
[ "$(awk 'seen { print $2 } $1 == "worker" { seen = 1 }' out | xargs)" = "4 5 0" ] || fail "fast cores first: $(cat out)"
