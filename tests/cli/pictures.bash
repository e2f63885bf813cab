# pictures.bash - sourced by the tests of plots and pages: a Python with matplotlib, which they are
# skipped without, and a folder for what is drawn.
set -eu

python=/usr/bin/python3
export PYTHONDONTWRITEBYTECODE=1
"$python" -c 'import matplotlib' 2>/dev/null || {
    echo "skipped: $python has no matplotlib (Debian: python3-matplotlib)"
    exit 77
}

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
[ -w "${HOME:-/nonexistent}" ] || export MPLCONFIGDIR=$dir/matplotlib

fail() {
    echo "FAILED: $*" >&2
    exit 1
}
