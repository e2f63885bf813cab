#!/bin/bash
# Speedup and efficiency are drawn from reports of small and large machines that do not exist: the files are
# what they should be, they say what they show, and bad input gives one sentence and exit code 2.
. "$(dirname "$0")/plots.bash"

# check KIND NAME LEAST_HEIGHT TEXT...: draws $dir/NAME.json and looks at both files.
check() {
    local kind=$1 stem=$dir/$2-$1 written
    written=$(plot "$kind" "$dir/$2.json" --output "$stem")
    [ "$written" = "$stem.png"$'\n'"$stem.svg" ] || fail "$kind of $2 printed: $written"
    check_png "$stem.png" "$3" || fail "$stem.png"
    check_svg "$stem.svg" ideal "$(base_seconds "$dir/$2.json" trial)" "${@:4}" || fail "$stem.svg"
}

synthetic >"$dir/two.json"
synthetic --plain >"$dir/plain.json"
synthetic --plain --workers 64 --cores 32 --quota 48 --drivers 8 --rounds 20 \
    --kernels spin trial sqrt roots sleep >"$dir/many.json"
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
check speedup few 500 "2 of 5 rounds" INCOMPLETE "n < 6 rounds, or as few"
check speedup options 500 "array, static" "input=random isa=auto" "input=squares isa=auto" \
    "array (input=random isa=auto) 0.1" "array (input=squares isa=auto) 0.3"
check efficiency over 500 "hollow: more workers"
check_svg "$dir/many-efficiency.svg" "sleep, whole" 2>/dev/null &&
    fail "efficiency per CPU was drawn of a kernel that waits"
check_svg "$dir/few-speedup.svg" "95 % interval" 2>/dev/null &&
    fail "the caption explains intervals that are not there"

# Waiting kernels alone are drawn; standard input, with and without `-`, gives the same bytes.
synthetic --kernels sleep >"$dir/wait.json"
plot efficiency - --output "$dir/dash" <"$dir/wait.json" >/dev/null
(cd "$dir" && plot efficiency <wait.json >/dev/null)
check_svg "$dir/dash.svg" "sleep, whole" || fail "sleep alone"
cmp "$dir/dash.svg" "$dir/efficiency.svg"
cmp "$dir/dash.png" "$dir/efficiency.png"

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
    <"$dir/plain.json" >"$dir/points"

"$python" -c 'import json, sys
report = json.load(sys.stdin); report["samples"][0]["started_ns"] = "late"
json.dump(report, open(sys.argv[1], "w"))
report["samples"][0]["started_ns"], report["models"][0]["segment"] = 1, []
json.dump(report, open(sys.argv[2], "w"))' "$dir/late" "$dir/segment" <"$dir/two.json"

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
refused 1 "cannot write $dir/none/x.png: No such" plot speedup "$dir/two.json" -o "$dir/none/x"

refused 2 "is not a number" plot speedup "$dir/late" -o "$dir/x"
refused 2 "list index out of range" plot speedup "$dir/segment" -o "$dir/x"
status=0
plot speedup "$dir/two.json" -o "$dir/x" >/dev/full 2>"$dir/err" || status=$?
[ $status -eq 1 ] && grep -q "cannot write to standard output: No space" "$dir/err" &&
    [ "$(wc -l <"$dir/err")" -eq 1 ] || fail "a full standard output: $status, $(cat "$dir/err")"

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
