# check.bash - sourced by the tests of the command line. CORESWEEP is the program under test.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
unset OMP_PROC_BIND OMP_PLACES GOMP_CPU_AFFINITY KMP_AFFINITY

coresweep() {
    "$CORESWEEP" "$@"
}

fail() {
    printf 'FAILED: %s\n' "$*" >&2
    exit 1
}

# expect STATUS PATTERN ARGS...: coresweep ARGS exits with STATUS, says one line on stderr that
# matches the extended regular expression, and prints nothing on stdout.
expect() {
    local status=$1 pattern=$2 got=0
    shift 2
    coresweep "$@" >"$work/stdout" 2>"$work/stderr" </dev/null || got=$?
    [ "$got" -eq "$status" ] || fail "coresweep $*: exit $got instead of $status: $(cat "$work/stderr")"
    grep -qE -- "$pattern" "$work/stderr" || fail "coresweep $*: said '$(cat "$work/stderr")', not '$pattern'"
    [ ! -s "$work/stdout" ] || fail "coresweep $*: printed '$(head -n 3 "$work/stdout")' as well"
}

# A sweep that takes seconds: two drivers, tiny work. More arguments may follow. In the background it
# must be started as "$CORESWEEP" sweep "${quick[@]}" ... &, so that $! is its own process.
quick=(--kernel count,trial --n 200 --driver pthread,fork --workers 1,2 --oversubscribe
    --min-ms 1 --rounds 4)
quick_sweep() {
    coresweep sweep "${quick[@]}" "$@"
}

# The points x rounds that a result file holds, one "point round" per line.
visits_in() {
    sed -nE 's/^\{"type":"sample","point":([0-9]+),"round":([0-9]+).*/\1 \2/p' "$1" | sort -n
}
