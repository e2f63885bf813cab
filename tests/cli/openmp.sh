#!/bin/bash
# One owner of binding: where a variable makes the OpenMP runtime bind its threads, `run` with the
# driver openmp leaves it to that on all of its CPUs and says so; everything else refuses.
. "$(dirname "$0")/check.bash"

coresweep list >list
grep -qE '^openmp +OpenMP \(.*lib(gomp|omp|iomp5)\.so.*, wait policy default' list || {
    grep -qE '^openmp +not built' list || fail "no runtime of openmp in: $(cat list)"
    exit 77
}
OMP_WAIT_POLICY=passive coresweep list >list
grep -qE '^openmp +OpenMP .*wait policy passive' list || fail "wait policy: $(cat list)"

point=(run --kernel spin --driver openmp --samples 1 --min-ms 1)

# workers_of ARGS...: the workers that the point has by default, and what it says about its binding.
workers_of() {
    coresweep "${point[@]}" --json "$@" >json 2>said || fail "$*: $(cat said)"
    sed -E 's/.*"workers":([0-9]+).*/\1/' json
}

usable=$(workers_of)
[ ! -s said ] || fail "a warning without a reason: $(cat said)"
export OMP_PROC_BIND=close
[ "$(workers_of)" -eq "$usable" ] || fail "CPUs were lost: $(cat json)"
grep -q "^coresweep: warning: OMP_PROC_BIND is set: driver 'openmp' binds its threads itself; coresweep binds none$" said ||
    fail "said: $(cat said)"
grep -q '"pin":"OMP_PROC_BIND=close"' json || fail "pin: $(cat json)"
# each of them on a CPU of its own, none where coresweep has put it
sed -E 's/.*"cpu":\[([0-9,]+)\].*/\1/' json | tr , '\n' | sort | uniq -d >twice
[ ! -s twice ] || fail "workers share a CPU: $(cat json)"
grep -qE '"pu":\[-1[],]' json || fail "bound twice: $(cat json)"
status=0
coresweep "${point[@]}" --workers $((usable + 1)) >out 2>said || status=$?
[ $status -eq 2 ] || fail "more workers than CPUs: exit $status"
grep -q "exceed the $usable usable CPUs" said || fail "more workers than CPUs: $(cat said)"

expect 2 "binds its threads itself, and --pin 'cores' cannot bind them, too" "${point[@]}" --pin cores
expect 2 "^coresweep: OMP_PROC_BIND='close' makes the OpenMP runtime bind.*places the workers$" \
    run --kernel spin --driver pthread
expect 2 "places the workers, or measure single points by coresweep run --driver openmp$" \
    sweep --kernel spin --driver serial,openmp
expect 2 "places the workers$" sweep --kernel spin --driver openmp,pthread
expect 2 "places the workers$" sweep --kernel spin

# a place of one CPU is room for one worker
unset OMP_PROC_BIND
first=$(sed -nE 's/^Cpus_allowed_list:\s*([0-9]+).*/\1/p' /proc/self/status)
export OMP_PLACES="{$first}"
[ "$(workers_of)" -eq 1 ] || fail "workers beyond their place: $(cat json)"
grep -qF "\"pin\":\"OMP_PLACES={$first}\"" json || fail "pin: $(cat json)"
