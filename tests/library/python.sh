#!/bin/bash
# python/coresweep.py under every interpreter on the PATH that is recent enough: see
# tests/python/test_coresweep.py.
set -euo pipefail
export PYTHONDONTWRITEBYTECODE=1
export CORESWEEP_LIBRARY=$BUILD/libcoresweep-run.so

skip() {
    echo "skipped: $*"
    exit 77
}

[ -e "$CORESWEEP_LIBRARY" ] || skip "this build has no libcoresweep-run.so (CSW_PROGRAM is off)"
! nm -D "$CORESWEEP_LIBRARY" | grep -E ' U __[a-z]*san_' >/dev/null ||
    skip "the library has a sanitizer in it, which no interpreter here has"

# Interpreters by what they say they are: what the PATH has may be links, or scripts that choose.
candidates() {
    echo /usr/bin/python3
    compgen -c | grep -xE '(python|pypy)3(\.[0-9]+t?)?' | sort -u | xargs -r which -a
}

interpreters=$(candidates | while read -r python; do
    "$python" -c 'import os, sys
if sys.version_info >= (3, 8): print(os.path.realpath(sys.executable))' </dev/null 2>/dev/null || true
done | sort -u)
[ -n "$interpreters" ] || skip "there is no python3 of version 3.8 or later"

status=0
while read -r python; do
    echo "==== $python: $("$python" -c 'import sys; print(sys.version.replace("\n", " "))')"
    "$python" "$SOURCE/tests/python/test_coresweep.py" --verbose </dev/null 2>&1 || status=1
done <<<"$interpreters"
exit $status
