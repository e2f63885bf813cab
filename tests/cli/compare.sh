#!/bin/bash
# Two result files, two builds live, and this program against itself: what is said, and the exit codes.
. "$(dirname "$0")/check.bash"

# ---- two files: B's times are A's times a factor, so that verdicts are certain
coresweep sweep --kernel trial --n 300 --driver pthread --workers 1 --rounds 9 --min-ms 1 \
    --output a.jsonl >/dev/null 2>&1
scaled() {
    /usr/bin/python3 - "$1" "$2" <<'EOF'
import json, sys
for line in open(sys.argv[1]):
    record = json.loads(line)
    if record["type"] == "sample":
        record["region_ns"] = (1e6 + record["round"]) * float(sys.argv[2])
    print(json.dumps(record))
EOF
}
scaled a.jsonl 1 >one.jsonl
scaled a.jsonl 1.1 >more.jsonl
scaled a.jsonl 1.001 >same.jsonl
status=0
coresweep compare one.jsonl more.jsonl >table 2>said || status=$?
[ $status -eq 4 ] && [ ! -s said ] || fail "slower: exit $status: $(cat said)"
grep -qE '^pthread +1 1\.000 ms +1\.100 ms +1\.100 \[1\.100, 1\.100\] +<?0\.[0-9]+ slower' table || fail "$(cat table)"
grep -q 'unpaired: drift between the two files is not excluded' table || fail "does not warn"
grep -q "B takes 1.100 of A's time" table || fail "does not say which is which"
[ "$(awk '{ if (length > 100) print }' table | wc -l)" -eq 0 ] || fail "the table is wider than 100"
coresweep compare more.jsonl one.jsonl >table || fail "faster is no failure"
grep -q '^0 slower, 2 faster' table || fail "$(cat table)"
coresweep compare one.jsonl same.jsonl --format json >json || fail "0.1 % is within the margin"
coresweep compare one.jsonl more.jsonl --margin 15 >table || fail "10 % is within 15 %"
grep -q '2 equivalent' table || fail "$(cat table)"
/usr/bin/python3 -c '
import json
c = json.load(open("json"))
assert not c["paired"] and c["margin"] == 0.02 and len(c["cells"]) == 2
assert all(cell["verdict"] == "equivalent" and 1 < cell["ratio"]["value"] < 1.002 for cell in c["cells"])
' || fail "JSON: $(cat json)"
sed 's/"hostname": *"[^"]*"/"hostname":"elsewhere"/' more.jsonl >other.jsonl
expect 2 'different machines.*hostname.*"elsewhere" in B; --force' compare one.jsonl other.jsonl
status=0
coresweep compare --force one.jsonl other.jsonl >table || status=$?
[ $status -eq 4 ] && grep -q 'hostname' table || fail "--force: exit $status"
sed '1s/"workers": *1/"workers":2/g' one.jsonl >two.jsonl
expect 2 'no cell in common' compare one.jsonl two.jsonl
expect 2 'name A and B' compare one.jsonl
expect 2 "not 'three' as well" compare one.jsonl more.jsonl three
expect 2 "missing.jsonl" compare one.jsonl missing.jsonl
expect 2 "what to measure is for --live" compare one.jsonl more.jsonl --kernel trial
expect 2 "'-1' is not a number of percent" compare one.jsonl more.jsonl --margin=-1
expect 2 "unknown format 'cvs'" compare one.jsonl more.jsonl --format cvs
for file in "$SOURCE"/results/*/sweep.jsonl; do
    coresweep compare "$file" "$file" >table || fail "$file with itself"
    grep -q '^0 slower, 0 faster, 0 small, ' table || fail "$file: $(tail -n 1 table)"
done

# ---- two programs
live=(--kernel count --n 200 --driver pthread --workers 1 --min-ms 1 --rounds 4)
status=0
coresweep compare --live "$CORESWEEP" "$CORESWEEP" "${live[@]}" --output live.jsonl >table 2>said || status=$?
[ $status -eq 0 ] || fail "4 rounds cannot tell anything, but exit $status: $(cat said)"
grep -q '^results: live-a.jsonl live-b.jsonl$' said || fail "does not name its files"
grep -q 'paired by round' table || fail "not paired"
grep -q 'Too few rounds: 2 cells need at least 7' table || fail "few rounds: $(cat table)"
coresweep compare live-a.jsonl live-b.jsonl | cmp - table || fail "the files say something else"
for side in a b; do
    [ "$(visits_in live-$side.jsonl | uniq | wc -l)" -eq 8 ] || fail "2 points x 4 rounds in $side"
    coresweep report live-$side.jsonl >/dev/null || fail "$side is no result file"
    tail -n 1 live-$side.jsonl | grep -q '^{"type":"end","samples":8,"failed":0,' || fail "no end in $side"
done
# every position of the pair's rounds is taken once
positions=$(cat live-a.jsonl live-b.jsonl | sed -nE 's/.*"round":([0-9]+),"position":([0-9]+),.*/\1 \2/p' | sort | uniq | wc -l)
[ "$positions" -eq 16 ] || fail "$positions positions"
expect 2 "its plan has pair \"[0-9-]+\", here it is \"\"" sweep --resume live-a.jsonl
expect 2 "exists" compare --live "$CORESWEEP" "$CORESWEEP" "${live[@]}" --output live.jsonl
expect 2 "'/bin/false' is no coresweep" compare --live "$CORESWEEP" /bin/false "${live[@]}" --output n.jsonl
expect 2 "'./nothing' is no coresweep" compare --live ./nothing "$CORESWEEP" "${live[@]}" --output n.jsonl
[ ! -e n-a.jsonl ] && [ ! -e n-b.jsonl ] || fail "files that hold nothing are left"

# ---- until the ratios are known, or the time is over
calm=(--kernel sleep --tasks 20 --driver pthread --workers 1 --min-ms 1)
coresweep compare --live "$CORESWEEP" "$CORESWEEP" "${calm[@]}" --precision 50% --output p.jsonl >table 2>said ||
    fail "--precision: $(cat said)"
rounds=$(($(visits_in p-a.jsonl | cut -d ' ' -f 2 | sort -n | tail -n 1) + 1))
[ $rounds -ge 10 ] && [ $((rounds % 5)) -eq 0 ] || fail "converged after $rounds rounds"
for side in a b; do
    tail -n 1 p-$side.jsonl | grep -q '"verdict":"converged","half_width":0\.[0-9e-]*,"confidence":0.99,"widest":"sleep, ' ||
        fail "$side ends with $(tail -n 1 p-$side.jsonl)"
done
grep -q "^verdict: converged after $rounds rounds$" table || fail "the verdict is not shown: $(cat table)"
grep -qE '^widest 99 % interval: \+-[0-9.]+ %, wanted \+-50 % \(sleep, ' table || fail "the width is not shown: $(cat table)"
coresweep compare --live "$CORESWEEP" "$CORESWEEP" "${calm[@]}" --max-time 1s --output t.jsonl >table 2>&1 ||
    fail "--max-time: $(cat table)"
tail -n 1 t-b.jsonl | grep -q '"verdict":"budget"' || fail "t-b ends with $(tail -n 1 t-b.jsonl)"
coresweep compare --live "$CORESWEEP" "$CORESWEEP" "${calm[@]}" --rounds 2 --warm-rounds 1 --output u.jsonl >table 2>&1
[ "$(visits_in u-a.jsonl | wc -l)" -eq 4 ] && grep -q '"spin_ms":200,"warm_rounds":1' u-b.jsonl ||
    fail "the warm-up is kept, or not declared"

# ---- a pair that was cut off, at any line, in the middle of a point too
cut_pair() {
    head -n "$1" live-a.jsonl >cut-a.jsonl
    head -n "$2" live-b.jsonl >cut-b.jsonl
}
pair=(compare --live "$CORESWEEP" "$CORESWEEP")
cut_pair 7 6
coresweep compare cut-a.jsonl cut-b.jsonl >table 2>said || fail "what was cut off is not compared: $(cat said)"
grep -q "'cut-a.jsonl' and 'cut-b.jsonl' are not complete: [23] of 4 rounds; .*--resume 'cut-a.jsonl' goes on" said ||
    fail "said: $(cat said)"
grep -q 'paired by round' table || fail "a pair that was cut off is not paired"
for lines in "2 2" "3 2" "6 7" "10 9"; do
    cut_pair $lines
    printf '{"type":"samp' >>cut-b.jsonl
    coresweep "${pair[@]}" --resume cut.jsonl >table 2>said || fail "cut after $lines: $(cat said)"
    for side in a b; do
        [ "$(visits_in cut-$side.jsonl | uniq -c | awk '$1 == 1' | wc -l)" -eq 8 ] || fail "cut after $lines: visits of $side"
        tail -n 1 cut-$side.jsonl | grep -q '^{"type":"end","samples":8,"failed":0,' || fail "cut after $lines: no end in $side"
        grep -q '"what":"resumed"' cut-$side.jsonl || fail "$side does not tell that it was resumed"
    done
done
cp cut-a.jsonl whole.jsonl
coresweep "${pair[@]}" --resume cut-b >/dev/null 2>&1 && cmp -s whole.jsonl cut-a.jsonl || fail "files that lack nothing"
expect 2 'its plan has rounds 4, here it is 9' "${pair[@]}" --resume cut --rounds 9
expect 2 "'a-a.jsonl'" "${pair[@]}" --resume a.jsonl
cp a.jsonl s-a.jsonl && cp a.jsonl s-b.jsonl
expect 2 "'s-a.jsonl' is no file of compare --live; coresweep sweep --resume goes on" "${pair[@]}" --resume s
cp live-a.jsonl m-a.jsonl && cp p-b.jsonl m-b.jsonl
expect 2 "cannot go on with 'm-b.jsonl': its plan has " "${pair[@]}" --resume m
sed 's/"revision":"[^"]*"/"revision":"another"/' live-a.jsonl >o-a.jsonl && cp live-b.jsonl o-b.jsonl
expect 2 "cannot go on with 'o-a.jsonl': its host has revision \"another\"" "${pair[@]}" --resume o

# ---- Ctrl-C: no folder and no process is left, the files are valid, and the sentence says what to do
mkdir tmp
TMPDIR=$work/tmp "$CORESWEEP" compare --live "$CORESWEEP" "$CORESWEEP" "${calm[@]}" --rounds 1000 --output i.jsonl >table 2>said &
compare=$!
for _ in $(seq 400); do
    ! grep -qs '"type":"sample"' i-b.jsonl || break
    sleep 0.05
done
kill -INT $compare
status=0
wait $compare || status=$?
[ $status -eq 1 ] && grep -q "^go on with the same command and --resume 'i-a.jsonl'" said || fail "Ctrl-C: exit $status: $(cat said)"
[ -z "$(ls tmp)" ] || fail "left in TMPDIR: $(ls tmp)"
coresweep compare i-a.jsonl i-b.jsonl >table 2>said && grep -q 'of 1000 rounds' said || fail "after Ctrl-C: $(cat said)"
TMPDIR=$work/nowhere expect 2 "cannot make a folder for temporary files in '$work/nowhere': No such file" \
    "${pair[@]}" "${live[@]}" --output n.jsonl
TMPDIR=$work/nowhere expect 2 "cannot make a folder for temporary files" selftest --aa --comparisons 1

# ---- what is measured is for --live, every option of it
coresweep sweep --help | grep -oE '^ +(-[a-zA-Z], +)?--[a-z-]+(=[A-Z]+)?' | grep -oE -- '--.*' >options
[ "$(wc -l <options)" -gt 20 ] || fail "where are the options of sweep: $(cat options)"
while read -r option; do
    [[ $option != --help && $option != --usage ]] || continue
    [ "${option%%=*}" = "$option" ] || option=${option%%=*}=1
    status=0
    coresweep compare one.jsonl more.jsonl "$option" >/dev/null 2>said || status=$?
    [ $status -eq 2 ] || fail "without --live $option is taken: exit $status"
done <options

# a build that finds other squares is found out
cat >wrong <<EOF
#!/bin/bash
"$CORESWEEP" "\$@" | sed 's/"hits":[0-9]*/"hits":7/'
EOF
chmod +x wrong
status=0
coresweep compare --live "$CORESWEEP" ./wrong "${live[@]}" --output w.jsonl >table 2>said || status=$?
[ $status -eq 3 ] && grep -q 'A and B do not do the same work' said || fail "wrong hits: exit $status: $(cat said)"

# ---- this program against itself
expect 2 "say which test: --aa" selftest
coresweep selftest --aa --comparisons 1 --output self >table 2>said || fail "selftest: $(cat said)"
grep -qE '^95 % interval excludes 1 +[0-9]+: [0-9.]+ \[[0-9.]+, [0-9.]+\] %' table || fail "$(cat table)"
grep -q '^Noise floor: 10 paired rounds' table || fail "$(cat table)"
[ "$(awk '{ if (length > 100) print }' table | wc -l)" -eq 0 ] || fail "the table is wider than 100"
[ "$(sed -nE 's/.*"type":"sample".*"round":([0-9]+),.*/\1/p' self-a.jsonl | sort -u | wc -l)" -eq 10 ] || fail "10 rounds"
