#!/bin/bash
# All plots are drawn from reports of small and large machines that do not exist: the files are
# what they should be, they say what they show, and bad input gives one sentence and exit code 2.
. "$(dirname "$0")/pictures.bash"

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

# check KIND NAME LEAST_HEIGHT TEXT...: draws $dir/NAME.json and looks at both files.
check() {
    local kind=$1 stem=$dir/$2-$1 written
    written=$(plot "$kind" "$dir/$2.json" --output "$stem")
    [ "$written" = "$stem.png"$'\n'"$stem.svg" ] || fail "$kind of $2 printed: $written"
    check_png "$stem.png" "$3" || fail "$stem.png"
    check_svg "$stem.svg" ideal "$(base_seconds "$dir/$2.json" trial)" "${@:4}" || fail "$stem.svg"
}

synthetic >"$dir/two.json"
synthetic --plain --workers 64 --cores 32 --quota 48 --drivers 8 --rounds 20 \
    --kernels spin trial sqrt roots sleep >"$dir/many.json"
synthetic --workers 64 --cores 32 --drivers 3 --rounds 8 --kernels spin trial >"$dir/large.json"
synthetic --rounds 5 --incomplete --kernels trial sleep >"$dir/few.json"
synthetic --workers 6 --oversubscribe --kernels spin trial >"$dir/over.json"
synthetic --kernels trial array >"$dir/options.json"

drivers=(openmp pthread fork)
many=("${drivers[@]}" mpi tbb cpython cpython-nogil)
marks="32 cores, quota 48, SMT 64"
check speedup two 1000 "${drivers[@]}" "10 rounds" "95 % interval" "2 cores" "trial, dynamic" \
    "sleep, whole" "ceiling: spin" "sleep: waits"
check efficiency two 600 "${drivers[@]}" "trial, whole" half "ceiling: spin" "by CPU time"
check speedup many 1000 "${many[@]}" "$marks" 64 256
check efficiency many 1000 "${many[@]}" "$marks" 64
check speedup few 500 "2 of 5 rounds" INCOMPLETE "n < 6 rounds: no interval"
check speedup options 500 "array, static" "input=random isa=auto" "input=squares isa=auto" \
    "array (input=random isa=auto) 0.1" "array (input=squares isa=auto) 0.3"
check efficiency over 500 "hollow: more workers"
check_svg "$dir/many-efficiency.svg" "sleep, whole" 2>/dev/null &&
    fail "efficiency per CPU was drawn of a kernel that waits"
check_svg "$dir/few-speedup.svg" "95 % interval" 2>/dev/null &&
    fail "the caption explains intervals that are not there"

# The other pictures, of two and of 64 workers; what each must say besides the drivers.
more() {
    local kind=$1 stem=$dir/$2-$1
    plot "$kind" "$dir/$2.json" --output "$stem" >/dev/null || fail "$kind of $2"
    check_png "$stem.png" 400 || fail "$stem.png"
    check_svg "$stem.svg" "$(base_seconds "$dir/$2.json" trial)" openmp "${@:3}" || fail "$stem.svg"
}
for report in two large; do
    more karp_flatt $report "not to be told from 0" "rounds resampled" "trial, dynamic"
    more loss $report imbalance "work inflation" "ln f / ln E" "paired by round"
    more order $report "hollow: disturbed" "Availability of the CPUs" "serial (base)" "n = "
    more timeline $report "on its CPU" "began within" "nearest to its cell"
    more time $report ideal "100 ms" "of the median"
    plot speedup "$dir/$report.json" --output "$dir/model" >/dev/null
    check_svg "$dir/model.svg" "fitted model" "beyond what was measured" || fail "models of $report"
done
plot timeline "$dir/two.json" --point 0 --point 4 --output "$dir/chosen" >/dev/null
[ "$(grep -c 'began within' "$dir/chosen.svg")" -eq 2 ] || fail "two points were asked for"
"$python" "$SOURCE/tests/grain_synthetic.py" --workers 2 64 >"$dir/grain"
plot grain "$dir/grain" --output "$dir/grain" >/dev/null
check_svg "$dir/grain.svg" "spin, dynamic:1, 64 workers" "METG(50 %): openmp 1.13 us" "50 %" ||
    fail "the grain"

# No text is cut off or covers another; a page with too little room is found out.
layout() {
    "$python" "$SOURCE/tests/plots_layout.py" "$@"
}
layout "$dir/two.json" "$SOURCE/scripts" "$dir/grain" || fail "texts of two"
layout "$dir/large.json" "$SOURCE/scripts" || fail "texts of large"
mkdir "$dir/scripts"
cp "$SOURCE"/scripts/*.py "$dir/scripts"
sed -i 's/^LEFT, RIGHT, GAP = .*/LEFT, RIGHT, GAP = 0.1, 0.1, 0.0/' "$dir/scripts/csw_figure.py"
! layout "$dir/two.json" "$dir/scripts" >"$dir/faults" || fail "too little room was not noticed"
grep -q "is cut off" "$dir/faults" || fail "$(cat "$dir/faults")"

# Waiting kernels alone are drawn; standard input, with and without `-`, gives the same bytes.
synthetic --kernels sleep >"$dir/wait.json"
plot efficiency - --output "$dir/dash" <"$dir/wait.json" >/dev/null
(cd "$dir" && plot efficiency <wait.json >/dev/null)
check_svg "$dir/dash.svg" "sleep, whole" || fail "sleep alone"
cmp "$dir/dash.svg" "$dir/efficiency.svg"
cmp "$dir/dash.png" "$dir/efficiency.png"

# refused CODE PATTERN COMMAND...: one sentence on standard error, nothing else, and that code.
refused() {
    local code=0
    "${@:3}" >"$dir/out" 2>"$dir/err" || code=$?
    [ "$code" -eq "$1" ] || fail "${*:3} ended with $code: $(cat "$dir/err")"
    [ "$(wc -l <"$dir/err")" -eq 1 ] || fail "${*:3}: not one sentence: $(cat "$dir/err")"
    grep -q "$2" "$dir/err" || fail "${*:3}: not '$2' but: $(cat "$dir/err")"
    [ ! -s "$dir/out" ] || fail "${*:3} printed: $(cat "$dir/out")"
}

: >"$dir/empty"
echo '{"type": "plan"' >"$dir/cut"
printf '{"type": "plan"}\n{"type": "host"}\n' >"$dir/lines"
echo '[1, 2]' >"$dir/list"
printf '\377\376' >"$dir/binary"
sed 's/"workers": 2,/"workers": "two",/' "$dir/two.json" >"$dir/word"
sed 's/"workers": 2,/"workers": 0,/' "$dir/two.json" >"$dir/zero"
sed 's/"s_abs"/"speed"/' "$dir/two.json" >"$dir/key"
"$python" -c 'import json, sys
report = json.load(sys.stdin); report["points"] = []; print(json.dumps(report))' \
    <"$dir/two.json" >"$dir/points"

refused 2 "No such file" plot efficiency "$dir/none" -o "$dir/x"
refused 2 "is empty" plot speedup "$dir/empty" -o "$dir/x"
refused 2 "not one JSON document.*coresweep report" plot speedup "$dir/cut" -o "$dir/x"
refused 2 "not one JSON document" plot speedup "$dir/lines" -o "$dir/x"
refused 2 "not a report" plot speedup "$dir/list" -o "$dir/x"
refused 2 "not text" plot speedup "$dir/binary" -o "$dir/x"
refused 2 "'two' is not a number" plot efficiency "$dir/word" -o "$dir/x"
refused 2 "not a positive number" plot speedup "$dir/zero" -o "$dir/x"
refused 2 "'s_abs' is missing" plot speedup "$dir/key" -o "$dir/x"
refused 2 "no points" plot efficiency "$dir/points" -o "$dir/x"
refused 2 "there is no point 99" plot timeline "$dir/two.json" --point 99 -o "$dir/x"
refused 2 "'grain' is missing.*coresweep grain" plot grain "$dir/two.json" -o "$dir/x"
synthetic --plain >"$dir/plain.json"
refused 2 "karp_flatt" plot karp_flatt "$dir/plain.json" -o "$dir/x"
refused 2 "does not say why efficiency is lost" plot loss "$dir/plain.json" -o "$dir/x"
refused 2 "no samples" plot order "$dir/plain.json" -o "$dir/x"
refused 2 "no samples that tell of workers" plot timeline "$dir/plain.json" -o "$dir/x"
refused 1 "cannot write $dir/none/x.png: No such" plot speedup "$dir/two.json" -o "$dir/none/x"

# Without matplotlib: the package to install, not a traceback.
mkdir "$dir/without"
echo 'raise ImportError' >"$dir/without/matplotlib.py"
refused 1 python3-matplotlib env PYTHONPATH="$dir/without" \
    "$SOURCE/scripts/plot_speedup.py" "$dir/two.json" -o "$dir/x"

# A report of before there were options is drawn as one of kernels without them.
sed '/"options": "",/d' "$dir/plain.json" >"$dir/before.json"
plot speedup "$dir/before.json" --output "$dir/before" >/dev/null
plot speedup "$dir/plain.json" --output "$dir/plain" >/dev/null
cmp "$dir/before.svg" "$dir/plain.svg"

# Drivers of another language are curves of their own for each interpreter, over their own base.
"$python" -c 'import json, sys
report = json.load(sys.stdin)
points = [p for p in report["points"] if p["kernel"] == "trial" and p["driver"] in ("serial", "fork")]
for name in ("3.11", "3.14t"):
    for point in points:
        driver = "cpython-" + ("serial" if point["driver"] == "serial" else "processes")
        settings, times = "python=/" + name, [ns and 8 * ns for ns in point["round_ns"]]
        report["points"].append(point | {"driver": driver, "settings": settings, "round_ns": times,
                                         "time_ns": point["time_ns"] | {"value": 0.5e9},
                                         "base": "cpython-serial " + settings,
                                         "label": driver + " " + name})
print(json.dumps(report))' <"$dir/two.json" >"$dir/foreign.json"
plot speedup "$dir/foreign.json" --output "$dir/foreign" >/dev/null
check_svg "$dir/foreign.svg" "cpython-processes 3.11" "cpython-processes 3.14t" \
    "serial, cpython-serial 3.11, cpython-serial 3.14t (base)" "cpython-serial 3.11, trial 0.500 s" ||
    fail "a report with interpreters"

# What this build prints is what the plots read.
"$CORESWEEP" sweep --kernel trial --n 2000 --workers 1 --rounds 1 --min-ms 1 \
    --output "$dir/real.jsonl" >/dev/null 2>&1
"$CORESWEEP" report --format json "$dir/real.jsonl" |
    plot speedup --output "$dir/real" >/dev/null
check_svg "$dir/real.svg" "trial, dynamic" ideal "n < 6 rounds" || fail "a real report"
