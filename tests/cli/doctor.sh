#!/bin/bash
# doctor tells what of a machine bears on a sweep, and by its exit code whether it is fit for one.
. "$(dirname "$0")/check.bash"
trees=$SOURCE/tests/fixtures/doctor
unset "${!OMP_@}" "${!GOMP_@}" "${!KMP_@}"

# exits STATUS ARGS...: doctor exits with it and says nothing on stderr.
exits() {
    local status=$1 got=0
    shift
    coresweep doctor "$@" >out 2>err || got=$?
    [ "$got" -eq "$status" ] || fail "doctor $*: exit $got instead of $status"
    [ ! -s err ] || fail "doctor $*: said '$(cat err)'"
}

exits 0 --root "$trees/ready"
grep -q '^fit: ' out || fail "no verdict"
! grep -qE '^(note|bad) ' out || fail "a machine that is ready has notes: $(cat out)"
exits 4 --root "$trees/cgroup-v1"
grep -qE '^bad +CPU quota +0\.50 CPUs by /sys/fs/cgroup/cpu/job/cpu\.cfs_quota_us$' out || fail "no quota"
grep -q '^unfit: ' out || fail "no verdict of a bad machine"
exits 4 --root "$trees/cgroup-v1" --json
grep -q '"fit": false' out || fail "JSON lacks the verdict"
exits 0 --root "$trees/bare-metal" --json
[ "$(grep -c '"grade": "note"' out)" -ge 6 ] || fail "JSON lacks notes"

# a folder that is none of a machine must not look fit
expect 2 "'nowhere' of --root tells no Cpus_allowed_list" doctor --root nowhere

# this machine: whatever it is, it is probed
status=0
coresweep doctor >out || status=$?
[ $status -eq 0 ] || [ $status -eq 4 ] || fail "exit $status on this machine"
grep -qE '^(ok|note|bad) +noise +availability [0-9.]+ to [0-9.]+, least on CPU [0-9]+' out || fail "no probe"
