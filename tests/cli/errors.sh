#!/bin/bash
# Bad input gets one sentence that names the value and what is allowed, and exits with 2.
. "$(dirname "$0")/check.bash"

expect 2 "unknown command 'swep'; did you mean 'sweep'\?" swep
expect 2 "unknown kernel 'tril'; did you mean 'trial'\? there are trial, sqrt" run --kernel tril
expect 2 "unknown driver 'opnmp'; did you mean 'openmp'\?" run --kernel trial --driver opnmp
expect 2 "name a kernel by --kernel" run
expect 2 "--workers '0' is not a whole number from 1 to 4096" run --kernel trial --workers 0
expect 2 "--workers 'two' is not" run --kernel trial --workers two
expect 2 "--n '1.5' is not a whole number" run --kernel trial --n 1.5
expect 2 "'-3' is not a whole number" run --kernel trial --tasks 5,-3
expect 2 "'' is not a whole number" run --kernel trial --tasks 5,,3
expect 2 "'5x0' is not a whole number .* nor one with how often it is repeated \(500x1000 is\)" \
    run --kernel sleep --tasks 5x0
expect 2 "with '5x1000001' the tasks become more than 1000000" run --kernel sleep --tasks 5x1000001
expect 2 "--n '5x2' is not a whole number" run --kernel sleep --n 5x2
expect 2 "give one of them, once" run --kernel trial --tasks 5 --n 3
expect 2 "task 10000000000 is too large for kernel 'trial', which takes up to 4294967296" \
    run --kernel trial --n 1e10
expect 2 "unknown schedule 'dynamc'" run --kernel trial --schedule dynamc
expect 2 "schedule 'static:4' takes no chunk" run --kernel trial --schedule static:4
expect 2 "chunk of schedule 'dynamic:0'" run --kernel trial --schedule dynamic:0
expect 2 "a task of kernel 'sleep' cannot be divided; use --schedule whole" \
    run --kernel sleep --schedule dynamic
expect 2 "unknown placement 'compactt'" run --kernel trial --pin compactt
expect 2 "CPU 99999 of --pin is not usable here; usable are" run --kernel trial --pin 99999
expect 2 "'0,,1' is not a list of CPUs" run --kernel trial --pin 0,,1
expect 2 "unknown memory policy 'intrleave'; did you mean 'interleave'" \
    run --kernel array --n 5 --memory intrleave
expect 2 "'node:99999' of --memory is no NUMA node whose memory may be used here; usable are [0-9]" \
    run --kernel array --n 5 --memory node:99999
expect 2 "'node:99999' of --memory is no NUMA node" sweep --kernel array --n 5 --memory node:99999
expect 2 "driver 'event' is one thread that waits for many, and kernel 'trial' computes; use a" \
    run --kernel trial --driver event
expect 2 "driver 'event' runs the schedules whole, static, dynamic alone" \
    run --kernel mixed --driver event --schedule guided
expect 2 "unknown io-fraction '30'; .* there are 50, 0, 10, 25, 75, 90, 95, 99 and 100" run --kernel mixed --io-fraction 30
expect 2 "driver 'serial' has one worker, not 2" run --kernel trial --workers 2
expect 2 "4000 workers of kernel 'trial' exceed the [0-9]+ usable CPUs; add --oversubscribe" \
    run --kernel trial --driver pthread --workers 4000
expect 2 "kernel 'spin' has no list of what it finds" run --kernel spin --list
expect 2 'more than 2147483648 units; use a larger chunk' \
    run --kernel count --n 2305843009213693952 --schedule dynamic:1 --list
expect 2 "'extra' is not expected here" run --kernel trial extra
expect 2 "unrecognized option '--kernle'" run --kernle trial
expect 2 "need --kernel" sweep --tasks 5
expect 2 "'0' is not a number of workers" sweep --kernel trial --workers 0
expect 2 "'4-2' is not a number of workers" sweep --kernel trial --workers 4-2
expect 2 "--rounds '0' is not" sweep --rounds 0
expect 2 "unknown driver 'frok'; did you mean 'fork'\?" sweep --driver frok
expect 2 "the list 'trial,' has an empty element" sweep --kernel trial,
expect 2 "leave --output away" sweep --resume a --output b
expect 2 "cannot open 'nowhere.jsonl'" sweep --resume nowhere.jsonl
expect 2 "cannot open 'nowhere.jsonl'" report nowhere.jsonl
expect 2 "name the FILE" report
expect 2 "unknown format 'jsno'; did you mean 'json'\?" report x --format jsno
expect 2 "'pack:x' is neither a file nor a synthetic topology" topo --topology pack:x
for variable in OMP_PROC_BIND OMP_PLACES GOMP_CPU_AFFINITY KMP_AFFINITY; do
    export $variable=0
    expect 2 "$variable='0' makes the OpenMP runtime bind this process" run --kernel trial
    expect 2 "$variable='0' makes the OpenMP runtime bind this process" sweep
    unset $variable
done
for variable in HWLOC_SYNTHETIC HWLOC_XMLFILE; do
    export $variable=pu:2
    expect 2 "$variable makes hwloc describe another machine" run --kernel trial
    unset $variable
done
touch taken.jsonl
expect 2 "'taken.jsonl' exists already" sweep --output taken.jsonl
[ ! -s taken.jsonl ] || fail "an existing file was written to"
: >empty.jsonl
expect 2 "'empty.jsonl' holds no complete plan and host" report empty.jsonl
printf 'hello\n' >other.jsonl
expect 2 "other.jsonl:1: not JSON" report other.jsonl
