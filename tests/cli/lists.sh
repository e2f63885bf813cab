#!/bin/bash
# The textbook's five tasks give the same five lists, in input order, under every driver, schedule
# and kernel of the family. Those of CPython are in cpython.sh.
. "$(dirname "$0")/check.bash"

tasks=1000,2000,5000,3000,100
coresweep run --kernel trial --tasks $tasks --list >expected
[ "$(awk '{ print NF - 1 }' expected | xargs)" = "31 44 70 54 10" ] || fail "wrong counts"
[ "$(cut -d: -f1 expected | xargs)" = "1000 2000 5000 3000 100" ] || fail "wrong order"
[ "$(tail -n 1 expected)" = "100: 1 4 9 16 25 36 49 64 81 100" ] || fail "wrong squares"
drivers=$(coresweep list | awk '/^driver/,/^$/ { if (NF && $1 != "driver" && $2 != "not" && $1 !~ /^cpython/) print $1 }')
for driver in $drivers; do
    if [ "$driver" = event ]; then
        expect 2 "and kernel 'trial' computes" run --kernel trial --driver event --list
        continue
    fi
    workers=2
    [ "$driver" != serial ] || workers=1
    if [ "$driver" = tbb ]; then
        expect 2 "driver 'tbb' hands no piece to a given worker; use schedule dynamic" \
            run --kernel trial --driver tbb --schedule static
    fi
    for schedule in whole static dynamic dynamic:1 guided:5; do
        [ "$driver $schedule" != "tbb static" ] || continue
        coresweep run --kernel trial --tasks $tasks --driver "$driver" --workers $workers \
            --oversubscribe --schedule $schedule --list | cmp - expected ||
            fail "$driver $schedule lists something else"
    done
done
for kernel in sqrt residue simd wheel roots count; do
    coresweep run --kernel $kernel --tasks $tasks --list | cmp - expected || fail "$kernel differs"
done
[ "$(coresweep run --kernel sqrt --tasks 0,1 --list)" = $'0:\n1: 1' ] || fail "edges"
