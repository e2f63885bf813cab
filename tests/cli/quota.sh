#!/bin/bash
# Under a CPU quota that is used up the sweep says so by itself, and so does doctor. Skipped where no
# control group can be made.
. "$(dirname "$0")/check.bash"

group=
# The control groups of version 1 and 2 in which one of our own may be made, nearest first.
parents() {
    local point type options own
    while read -r _ point type options _; do
        case $type:,$options, in
            cgroup:*,cpu,*) own=$(sed -nE 's/^[0-9]+:([^:]*,)?cpu(,[^:]*)?:(.*)/\3/p' /proc/self/cgroup) ;;
            cgroup2:*) own=$(sed -n 's/^0:://p' /proc/self/cgroup) ;;
            *) continue ;;
        esac
        printf '%s\n' "$point${own%/}" "$point"
    done </proc/mounts
}

# limit GROUP: gives it a tenth of a CPU, and the largest weight: others must not keep it from using
# that up.
limit() {
    if [ -e "$1/cpu.max" ]; then
        echo '10000 100000' >"$1/cpu.max" && echo 10000 >"$1/cpu.weight"
    else
        echo 100000 >"$1/cpu.cfs_period_us" && echo 10000 >"$1/cpu.cfs_quota_us" &&
            echo 262144 >"$1/cpu.shares"
    fi
}

while read -r parent; do
    group=$parent/coresweep-test-$$
    if mkdir "$group" 2>/dev/null; then
        { limit "$group"; } 2>/dev/null && break
        rmdir "$group"
    fi
    group=
done < <(parents)
if [ -z "$group" ]; then
    echo "no control group with a quota can be made here"
    exit 77
fi
trap 'rmdir "$group"; rm -rf "$work"' EXIT

# limited ARGS...: coresweep in that group.
limited() (
    echo "$BASHPID" >"$group/cgroup.procs"
    exec "$CORESWEEP" "$@"
)

limited sweep --kernel spin --tasks 100000 --driver serial --workers 1 --rounds 2 --output q.jsonl \
    >table 2>err || fail "sweep: $(cat err)"
tr -s '\n ' ' ' <table |
    grep -qE "[12] of 2 samples were throttled by a CPU quota of 0\.10 CPUs \([^)]*coresweep-test-" ||
    fail "the sweep does not tell of the quota: $(cat table)"
grep -qE '"throttled":[1-9].*"disturbed":"[^"]*throttled [0-9]+ times?' q.jsonl || fail "no sample is marked"
status=0
limited doctor >out || status=$?
[ $status -eq 4 ] || fail "doctor: exit $status under a quota"
grep -qE '^bad +CPU quota +0\.10 CPUs by ' out || fail "doctor does not tell of the quota: $(cat out)"
