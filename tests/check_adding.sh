#!/bin/bash
# Replays docs/ADDING.md in a copy of the sources: its files and lines, a build, the registry-wide
# tests, and its commands with the output that the page promises.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

mkdir "$work/tree"
cd "$SOURCE"
cp -r CMakeLists.txt CMakePresets.json include squares kernels drivers harness cli tests docs scripts "$work/tree"
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

cmake --preset release >/dev/null
cmake --build --preset release --target coresweep test_kernels test_drivers >"$work/log" 2>&1 ||
    { cat "$work/log"; exit 1; }
build/release/tests/test_kernels >"$work/log" || { cat "$work/log"; exit 1; }
build/release/tests/test_drivers >"$work/log" || { cat "$work/log"; exit 1; }
PATH=$work/tree/build/release:$PATH
coresweep list | grep -q '^primes '
coresweep list | grep -q '^thrd '
bash -eu "$work/commands" >"$work/got"
diff "$work/expected" "$work/got"
