#!/bin/bash
# What `cmake --install` leaves is what others need, and no more: the example of docs/LIBRARY.md is
# built against it, both ways, and prints what the page says.
set -euo pipefail
command -v pkg-config >/dev/null || { echo "there is no pkg-config"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
prefix=$work/prefix

fail() {
    printf 'FAILED: %s\n' "$*" >&2
    exit 1
}

# run PROGRAM: under the emulator, where this was built for another CPU.
run() {
    LD_LIBRARY_PATH=$libdir ${RUN:-} "$@"
}

"$CMAKE" --install "$BUILD" --prefix "$prefix" >/dev/null
headers=squares.h
has_run=$([ ! -e "$BUILD/libcoresweep-run.so" ] || echo yes) # a build of libcoresweep alone has not
[ -z "$has_run" ] || headers='err.h run.h squares.h tally.h'
[ "$(cd "$prefix/include" && find . -type f | sort | xargs)" = "$(printf './coresweep/%s ' $headers | xargs)" ] ||
    fail "other headers than $headers: $(find "$prefix/include")"

PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name coresweep.pc)")
export PKG_CONFIG_PATH
libdir=$(pkg-config --variable=libdir coresweep)
for library in libcoresweep.a libcoresweep.so; do
    [ -f "$libdir/$library" ] || fail "no $library in $libdir"
done
[ "$(pkg-config --modversion coresweep)" = "$(sed -nE 's/^project\(coresweep VERSION ([0-9.]+).*/\1/p' \
    "$SOURCE/CMakeLists.txt")" ] || fail "version $(pkg-config --modversion coresweep)"

# Fenced blocks of the page: "c PATH" is a file, "sh" its commands, "out" what they print.
cd "$work"
awk '
    /^```/ && target { target = ""; next }
    /^```c / { target = $2; next }
    /^```sh$/ { target = "commands"; next }
    /^```out$/ { target = "expected"; next }
    target { print > target }
' "$SOURCE/docs/LIBRARY.md"
for file in example.c commands expected; do
    [ -s $file ] || fail "the page has no $file"
done

# replay LINKING [OPTION]: the page's commands with this compiler.
replay() {
    sed "s|^cc |$CC ${2:-} |; s|^\./|run ./|" commands >replayed
    (set -e; . ./replayed) >got
    diff expected got || fail "$1: the example says something else"
}

replay shared
readelf -d example | grep -q 'NEEDED.*libcoresweep\.so\.' || fail "the example is not linked to the library"
replay static -static
! readelf -d example | grep -q NEEDED || fail "the example is not static"

# check_shown LIBRARY HEADER...: what it shows is what the headers declare, and everything of it.
check_shown() {
    local declared shown
    declared=$(sed -nE '/^CSW_PUBLIC/,/;/s/.*[ *](csw_[a-z_]+)\(.*/\1/p' "${@:2}" | sort)
    shown=$(nm -D --defined-only "$libdir/$1" | awk '$2 ~ /[A-Z]/ { print $3 }' | sort)
    [ -n "$declared" ] && [ "$declared" = "$shown" ] || fail "$1: declared: $declared; shown: $shown"
}

check_shown libcoresweep.so "$prefix/include/coresweep/squares.h"

cat >in_use.c <<'END'
#include <coresweep/squares.h>
#include <stdio.h>

int main(void)
{
    return puts(csw_isa_in_use()) < 0;
}
END
flags=$(pkg-config --cflags --libs coresweep)
# shellcheck disable=SC2086
$CC in_use.c -o in_use $flags
best=$(unset CORESWEEP_ISA; run ./in_use)
[ "$(CORESWEEP_ISA=scalar run ./in_use)" = scalar ] || fail "CORESWEEP_ISA=scalar has no effect"
[ "$(CORESWEEP_ISA=nosuch run ./in_use)" = "$best" ] || fail "CORESWEEP_ISA=nosuch is not the best one"
[ "$(CORESWEEP_ISA='' run ./in_use)" = "$best" ] || fail "an empty CORESWEEP_ISA is not the best one"

# A program's constructor may call the library before main: its tables are filled by then.
cat >early.c <<'END'
#include <coresweep/squares.h>

static size_t found;

__attribute__((constructor)) static void count_early(void)
{
    uint64_t values[512];

    for (uint64_t i = 0; i < 512; i++)
        values[i] = i;
    found = csw_count_array(values, 512);
}

int main(void)
{
    return found != 23;
}
END
for kind in "" -static; do
    # shellcheck disable=SC2086
    $CC $kind early.c -o early $flags
    run ./early || fail "a constructor counts wrongly${kind:+ with $kind}"
done

[ -n "$has_run" ] || exit 0

# libcoresweep-run, from C and from Python.
check_shown libcoresweep-run.so "$prefix"/include/coresweep/{squares,run}.h
[ "$(readelf -d "$libdir/libcoresweep-run.so" | sed -nE 's/.*SONAME.*\[(.*)\]/\1/p')" = libcoresweep-run.so.0 ] ||
    fail "the library is not the one that python/coresweep.py asks for"
cat >job.c <<'END'
#include <coresweep/run.h>
#include <stdio.h>

int main(void)
{
    static const uint64_t tasks[] = {1000, 2000, 5000, 3000, 100}, numbers[] = {15, 16};
    const struct csw_run_request request = {
        .kernel = "trial", .tasks = tasks, .count = 5, .driver = "fork", .workers = 2};
    struct csw_run_lists *lists;
    struct csw_tally tally;
    struct csw_err err;

    if (csw_run_job(&request, &tally, &err) < 0 || csw_run_lists_open(&lists, &request, &err) < 0)
        return puts(err.text), 1;
    for (size_t task = 0; task < 5; task++) {
        uint64_t count;

        csw_run_lists_hits(lists, task, &count);
        printf("%llu ", (unsigned long long)count);
    }
    csw_run_lists_close(lists);
    printf("%llu %zu\n", (unsigned long long)tally.hits, csw_count_array(numbers, 2));
    return 0;
}
END
# shellcheck disable=SC2046
$CC -std=c99 -Wall -Wextra -Werror job.c -o job $(pkg-config --cflags --libs coresweep-run)
[ "$(run ./job)" = "31 44 70 54 10 209 1" ] || fail "a program in C: $(run ./job)"

# The module finds the library of its own tree.
for python in /usr/bin/python3 $(type -P python3); do
    found=$(env -u CORESWEEP_LIBRARY PYTHONDONTWRITEBYTECODE=1 PYTHONPATH="$prefix/share/coresweep/python" "$python" -c '
import coresweep
print(coresweep.library(), *coresweep.squares(9))') || fail "python/coresweep.py under $python"
    [ "$found" = "$(realpath -s "$libdir")/libcoresweep-run.so.0 1 4 9" ] || fail "under $python: $found"
done
