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
[ "$(cd "$prefix" && find include -type f)" = include/coresweep/squares.h ] ||
    fail "other headers than the public one: $(find "$prefix/include")"

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

# What the shared library shows is what the header declares, and everything of it.
declared=$(sed -nE '/^CSW_PUBLIC/,/;/s/.*[ *](csw_[a-z_]+)\(.*/\1/p' "$prefix/include/coresweep/squares.h" | sort)
shown=$(nm -D --defined-only "$libdir/libcoresweep.so" | awk '$2 ~ /[A-Z]/ { print $3 }' | sort)
[ "$declared" = "$shown" ] || fail "declared: $declared; in the library: $shown"

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
