#!/bin/bash
# Replays docs/ADDING.md in a copy of the sources: its files and lines, a build, the registry-wide
# tests, and its commands with the output that the page promises. Its kernel with an option then goes
# through help, errors, a sweep, the report and --resume.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

mkdir "$work/tree"
cd "$SOURCE"
cp -r CMakeLists.txt CMakePresets.json include squares kernels drivers probes harness run cli python tests docs scripts bench "$work/tree"
cd "$work/tree"

# Fenced blocks: "c PATH" is a new file, "def PATH" lines to append, "sh" a command, "out" its output.
awk -v work="$work" '
    /^```/ && inside { inside = 0; close(target); next }
    /^```c / { target = $2; inside = 1; next }
    /^```def / { target = $2; append = 1; inside = 1; next }
    /^```sh$/ { target = work "/commands"; inside = 1; append = 1; next }
    /^```out$/ { target = work "/expected"; inside = 1; append = 1; next }
    inside { if (append) print >> target; else print > target }
    !inside { append = 0 }
' docs/ADDING.md
[ -s "$work/commands" ] && [ -s "$work/expected" ]

tests=(test_kernels test_drivers test_measure test_lists test_plan)
cmake --preset release >/dev/null
cmake --build --preset release --target coresweep "${tests[@]}" >"$work/log" 2>&1 ||
    { cat "$work/log"; exit 1; }
for test in "${tests[@]}"; do
    "build/release/tests/$test" >"$work/log" || { cat "$work/log"; exit 1; }
done
PATH=$work/tree/build/release:$PATH
coresweep list >"$work/list" # no pipe: grep -q stops reading, and pipefail would blame coresweep
grep -q '^primes ' "$work/list"
grep -q '^barrier ' "$work/list"
bash -eu "$work/commands" >"$work/got"
diff "$work/expected" "$work/got"

# The option of a kernel, on every way through the program.
fail() {
    echo "FAILED: $*" >&2
    exit 1
}

# refused PATTERN ARGS...: coresweep ARGS exits with 2 and says so.
refused() {
    local status=0
    coresweep "${@:2}" >"$work/out" 2>"$work/err" || status=$?
    [ $status -eq 2 ] && [ "$(wc -l <"$work/err")" -eq 1 ] && grep -q -- "$1" "$work/err" ||
        fail "coresweep ${*:2}: exit $status: $(cat "$work/err")"
}

cd "$work"
coresweep run --help | grep -A 99 '^ *Options of kernels' |
    grep -q -- '--divisor=VALUE  *Whose multiples are found (multiples)' || fail "no help"
coresweep run --kernel multiples --n 70 --samples 1 --min-ms 1 --divisor=3 >out
grep -q '^multiples (divisor=3), schedule dynamic, driver serial, 1 worker$' out || fail "title: $(cat out)"
refused "unknown divisor '5'; there are 2, 3 and 7" run --kernel multiples --divisor 5
refused "unknown divisor '2,7'" run --kernel multiples --divisor 2,7
refused "--divisor is an option of multiples, not of kernel 'trial'" run --kernel trial --divisor 2
refused "--divisor is an option of multiples, not of the kernels of this sweep" \
    sweep --kernel trial --divisor 2
refused "unknown divisor '5'" sweep --kernel multiples --divisor 2,5
refused "has an empty element" sweep --kernel multiples --divisor 2,
refused "--divisor '2 7' has a blank in it" sweep --kernel multiples --divisor "2 7"
refused "need --kernel" sweep --divisor 2

quick=(--n 70 --driver serial,pthread --workers 1 --rounds 2 --min-ms 1)
coresweep sweep --kernel multiples,trial --divisor 7,2 "${quick[@]}" --output o.jsonl >table 2>err ||
    fail "sweep: $(cat err)"
for title in 'multiples (divisor=7)' 'multiples (divisor=2)' trial; do
    grep -qF "$title, schedule dynamic, tasks 70 " table || fail "no table of $title"
done
# 7 and 2: 10 and 35 hits of 70; a serial and a pthread point of each, in two rounds
for choice in 7:10 2:35; do
    sample="\"type\":\"sample\".*\"options\":\"divisor=${choice%:*}\".*\"hits\":${choice#*:},"
    [ "$(grep -c "$sample" o.jsonl)" -eq 4 ] || fail "samples of $choice"
done
[ "$(coresweep report o.jsonl --format csv | grep -c '^multiples,divisor=[27],')" -eq 4 ] || fail "CSV"
head -n 4 o.jsonl >cut.jsonl
coresweep sweep --resume cut.jsonl --divisor 7,2 >/dev/null 2>err || fail "resume: $(cat err)"
[ "$(grep -c '"type":"sample"' cut.jsonl)" -eq 12 ] || fail "resume lacks samples"
refused 'its plan has options "divisor=7,2", here it is "divisor=3"' sweep --resume cut.jsonl --divisor 3
# scaled tasks: every choice is another work
coresweep sweep --kernel multiples --divisor 3,7 --driver serial --workers 1 --rounds 1 --min-ms 1 \
    --output auto.jsonl >table 2>err || fail "scaling: $(cat err)"
[ "$(grep -c '^multiples (divisor=[37]), schedule whole, tasks [0-9]* ' table)" -eq 2 ] || fail "scaled"
