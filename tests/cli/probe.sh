#!/bin/bash
# Probes run here and, where there is a Python, as their twins; whatever an interpreter does in place
# of that is told in one sentence, and nothing that it started is left.
. "$(dirname "$0")/check.bash"

coresweep probe >probes
coresweep list >list
names=$(awk 'NR > 1 { print $1 }' probes)
[ "$(xargs <<<"$names")" = "unjoined ticker prices" ] || fail "probes: $names"
for name in $names; do
    grep -q "^$name " list || fail "list lacks $name"
done

expect 2 "unknown probe 'tickr'; did you mean 'ticker'\?" probe tickr
expect 2 "one probe at a time, not 'prices' as well" probe ticker prices
expect 2 "--scale '-1' is not a number from 0 to 3600" probe unjoined --scale=-1
expect 2 "--scale 'nan' is not a number" probe unjoined --scale nan
expect 2 "--scale '1s' is not a number" probe unjoined --scale 1s
expect 2 "--timeout '0' is not a whole number from 1" probe unjoined --timeout 0

coresweep probe unjoined --scale 0.01 >table
for row in joined 'not joined' 'detached and exit'; do
    grep -qE "^thread, $row  *[0-9]" table || fail "no row 'thread, $row'"
done
grep -qE '^unjoined +printed +done +ended +done, number$' table || fail "heading: $(cat table)"
coresweep probe unjoined --scale 0.01 --json >lines
! grep -qvE '^\{"type":"reading","probe":"unjoined","row":"thread, .*"language":"C"' lines ||
    fail "JSON: $(cat lines)"

# ---- interpreters that are none, or bad ones
# interpreter NAME TEXT: a program of that text
interpreter() {
    printf '#!/bin/bash\n%s\n' "$2" >"$1"
    chmod +x "$1"
}

expect 2 "cannot start './nowhere': No such file or directory" probe ticker --python ./nowhere
expect 2 "cannot start 'no-such-python': No such file" probe ticker --python no-such-python
expect 2 "cannot start '$work': Permission denied" probe ticker --python "$work"
expect 1 "'/bin/echo' gave no reading of probe 'ticker', so it is no Python interpreter; it printed '.*coresweep_probe.py ticker" \
    probe ticker --python /bin/echo
interpreter rubbish 'echo hello >&3'
expect 1 "'./rubbish' gave a line that is no reading: a reading is no JSON" probe ticker --python ./rubbish
interpreter dies 'kill -SEGV $$'
expect 1 "'./dies' was killed by signal 11 \(Segmentation fault\)" probe ticker --python ./dies
interpreter fails 'echo "ImportError: no luck" >&2; exit 3'
expect 1 "'./fails' ended with exit code 3: ImportError: no luck" probe ticker --python ./fails

# ---- a hang, an end by the user, and the end of coresweep itself: nothing is left
# alive: which of the processes whose numbers are in the file live
alive() {
    local pid
    for pid in $(cat started); do
        # a zombie that nobody reaps is gone as a process
        grep -qsE '^State:\s+[^ZX]' /proc/"$pid"/status && echo "$pid"
    done
    return 0
}

none_is_left() {
    local _
    for _ in $(seq 100); do
        [ -n "$(alive)" ] || return 0
        sleep 0.05
    done
    fail "$1: left $(alive)"
}

interpreter hangs 'setsid sleep 1000 & echo $! >>started; (sleep 1000 & echo $! >>started)
echo $$ >>started; sleep 1000'
: >started
expect 1 "'./hangs' took longer than 1 s and was killed" probe ticker --python ./hangs --timeout 1
[ "$(wc -l <started)" -eq 3 ] || fail "the interpreter did not run"
none_is_left "timeout"

interpreter leaves 'sleep 1000 & echo $! >started; exit 4'
: >started
expect 1 "'./leaves' ended with exit code 4" probe ticker --python ./leaves
none_is_left "exit"

for signal in TERM INT KILL; do
    : >started
    # job control: else bash lets what it starts in the background ignore SIGINT
    set -m
    "$CORESWEEP" probe ticker --python ./hangs >out 2>said &
    set +m
    probe=$!
    for _ in $(seq 200); do
        [ "$(wc -l <started)" -lt 3 ] || break
        sleep 0.05
    done
    [ "$(alive | wc -l)" -eq 3 ] || fail "the interpreter did not run"
    kill -$signal $probe
    status=0
    wait $probe 2>/dev/null || status=$?
    none_is_left "SIG$signal"
    [ $signal = KILL ] || { [ $status -eq 1 ] && grep -q 'stopped by the user' said; } ||
        fail "SIG$signal: exit $status: $(cat said)"
done

# ---- the scripts of an installed program are beside it
mkdir -p prefix/bin prefix/share/coresweep/python
cp "$CORESWEEP" prefix/bin
echo '#' >prefix/share/coresweep/python/coresweep_probe.py
prefix/bin/coresweep probe ticker --python /bin/echo 2>said >/dev/null || true
grep -q "it printed '$work/prefix/bin/../share/coresweep/python/coresweep_probe.py" said ||
    fail "another script: $(cat said)"

# ---- Python
python=/usr/bin/python3
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 8))' 2>/dev/null || exit 0
[ "$("$python" -B -c 'import sys; sys.path.insert(0, sys.argv[1]); import coresweep_experiments
print(*coresweep_experiments.PROBES)' "$SOURCE/python")" = "$(xargs <<<"$names")" ] || fail "another registry"
for name in $names; do
    coresweep probe $name --python "$python" --scale 0.01 --json >twin.jsonl 2>said || fail "$name: $(cat said)"
    coresweep probe $name --scale 0.01 --json >own.jsonl
    grep -q '"runtime":"[CP].*, GIL o[nf]*","python":"/' twin.jsonl || fail "$name has no runtime"
    # a twin reads the same things: of lists, of all sizes
    for file in own twin; do
        sed -E 's/.*"quantity":"([^"]*)","unit":"([^"]*)".*/\1 \2/' $file.jsonl | sort -u >$file
    done
    cmp -s own twin || fail "$name reads other things: $(diff own twin)"
done
grep -q '"row":"Process, spawn"' twin.jsonl || fail "no spawn"

# rubbish that a site customisation prints, and a script that is no probe
mkdir site
echo 'print("welcome")' >site/sitecustomize.py
PYTHONPATH=$work/site coresweep probe unjoined --python "$python" --scale 0.01 >table || fail "a loud interpreter"
grep -qE '^thread, daemon ' table || fail "no daemon: $(cat table)"
mkdir other
echo 'import coresweep_nowhere' >other/coresweep_probe.py
CORESWEEP_PYTHON_DIR=$work/other expect 1 "ModuleNotFoundError: No module named 'coresweep_nowhere'" \
    probe ticker --python "$python"
if python2=$(command -v python2.7) && "$python2" -c 0 2>/dev/null; then
    expect 1 "coresweep_probe.py needs Python 3.8 or later, this is 2\.7\." probe ticker --python "$python2"
fi
