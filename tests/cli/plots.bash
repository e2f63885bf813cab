# plots.bash - sourced by the tests of plots: made-up reports, and what is looked at in the pictures.
. "$(dirname "${BASH_SOURCE[0]}")/pictures.bash"

synthetic() {
    "$python" "$SOURCE/tests/plots_synthetic.py" "$@"
}

# plot KIND ARGS...
plot() {
    "$SOURCE/scripts/plot_$1.py" "${@:2}"
}

# check_png FILE LEAST_HEIGHT: signature, IHDR, and a size that a page can carry.
check_png() {
    "$python" - "$@" <<'PYTHON'
import struct, sys
data = open(sys.argv[1], "rb").read()
assert data[:8] == b"\x89PNG\r\n\x1a\n" and data[12:16] == b"IHDR", "no PNG"
width, height = struct.unpack(">II", data[16:24])
assert width == 1400, f"{width} pixels wide"
assert int(sys.argv[2]) <= height <= 1500, f"{height} pixels high"
assert len(data) < 300_000, f"{len(data)} bytes"
PYTHON
}

# check_svg FILE TEXT...: well-formed, and every TEXT is text in it, not a drawing of text.
check_svg() {
    "$python" - "$@" <<'PYTHON'
import sys, xml.etree.ElementTree as tree
texts = [e.text or "" for e in tree.parse(sys.argv[1]).iter() if e.tag.endswith("}text")]
for wanted in sys.argv[2:]:
    assert any(wanted in text for text in texts), f"{wanted!r} is not in {texts}"
PYTHON
}

# base_seconds REPORT KERNEL: as the caption writes them.
base_seconds() {
    "$python" - "$@" <<'PYTHON'
import json, sys
for p in json.load(open(sys.argv[1]))["points"]:
    if p["driver"] == "serial" and p["kernel"] == sys.argv[2]:
        print(f"{p['kernel']} {p['time_ns']['value'] / 1e9:#.3g} s")
PYTHON
}

# refused CODE PATTERN COMMAND...: one sentence on standard error, nothing else, and that code.
refused() {
    local code=0
    "${@:3}" >"$dir/out" 2>"$dir/err" || code=$?
    [ "$code" -eq "$1" ] || fail "${*:3} ended with $code: $(cat "$dir/err")"
    [ "$(wc -l <"$dir/err")" -eq 1 ] || fail "${*:3}: not one sentence: $(cat "$dir/err")"
    grep -q "$2" "$dir/err" || fail "${*:3}: not '$2' but: $(cat "$dir/err")"
    [ ! -s "$dir/out" ] || fail "${*:3} printed: $(cat "$dir/out")"
}
