#!/bin/bash
# squares.h compiles without a warning in every C since C99, and in C++ where that compiler is there;
# -ffast-math, which would make it inexact, is refused. So does the way without vector registers.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
warnings=(-pedantic -Wall -Wextra -Wshadow -Wconversion -Wsign-conversion -Wdouble-promotion -Werror)

fail() {
    printf 'FAILED: %s\n' "$*" >&2
    exit 1
}

cat >"$work/all.c" <<'END'
#include <coresweep/squares.h>

uint64_t use(uint64_t x);

uint64_t use(uint64_t x)
{
    return csw_is_square(x) + csw_isqrt(x) + csw_nearest_root(x) + csw_count_range(1, x);
}
END
cp "$work/all.c" "$work/all.cpp"

# compile COMPILER FILE OPTION...: stays silent and gives an object.
compile() {
    "$1" "${warnings[@]}" -O2 "${@:3}" -I "$SOURCE/include" -c "$work/$2" -o "$work/all.o"
}

for standard in c99 c11 c17 c2x gnu11; do
    compile "$CC" all.c -std=$standard || fail "-std=$standard"
done

for fast in -ffast-math -Ofast; do
    ! compile "$CC" all.c $fast 2>"$work/said" || fail "$fast was accepted"
    grep -q 'makes these functions exact' "$work/said" || fail "$fast: said $(cat "$work/said")"
done

# gcc becomes g++ and clang becomes clang++, also with a prefix or a version.
cxx=$(sed -E 's/gcc(-[0-9]+)?$/g++\1/; s/clang(-[0-9]+)?$/clang++\1/; s/(^|\/)cc$/\1c++/' <<<"$CC")
if [ "$cxx" != "$CC" ] && command -v "$cxx" >/dev/null; then
    for standard in c++11 c++17 c++20; do
        compile "$cxx" all.cpp -std=$standard || fail "-std=$standard"
    done
else
    echo "no C++ compiler goes with $CC: C++ was not tried"
fi

# sqrt() of the C library in the place of an instruction: what CPUs get that have none of their own.
case $("$CC" -dumpmachine) in
x86_64*)
    compile "$CC" all.c -std=c99 -U__SSE2__
    "$CC" -O2 -D_GNU_SOURCE -U__SSE2__ -I "$SOURCE/include" -I "$SOURCE/tests" \
        "$SOURCE/tests/exhaustive_squares.c" "$BUILD/libcoresweep.a" -lm -lpthread \
        -o "$work/exhaustive"
    for mode in nearest upward downward zero; do
        "$work/exhaustive" number $mode 8
    done
    ;;
esac
