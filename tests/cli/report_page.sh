#!/bin/bash
# A report's page is opened in a headless browser, and its numbers are read from what the browser
# made of it: they are those of the report. What a report does not hold is left out with a sentence.
. "$(dirname "$0")/pictures.bash"
. "$(dirname "$0")/browser.bash"

# numbers REPORT NAME: compares $dir/NAME.dom with $dir/REPORT.json.
numbers() {
    "$python" "$SOURCE/tests/report_page_numbers.py" "$dir/$1.json" "$dir/$2.dom"
}

# pictures NAME PICTURE...: these and no others.
pictures() {
    local there
    there=$(grep -oE '<figure id="[a-z_]+"' "$dir/$1.dom" | cut -d'"' -f2 | xargs)
    [ "$there" = "${*:2}" ] || fail "$1 has the pictures '$there'"
}

all=(speedup efficiency time karp_flatt loss order timeline)
"$python" "$SOURCE/tests/plots_synthetic.py" >"$dir/two.json"
"$SOURCE/scripts/report_page.py" "$dir/two.json" --output "$dir/two.html" >/dev/null
browse two
numbers two two
pictures two "${all[@]}"
! grep CONSOLE "$dir/two.log" || fail "the browser complains"
grep -q "Content-Security-Policy\" content=\"default-src 'none'" "$dir/two.html" || fail "no policy"

# What the checks above are for is found: another number, a sentence less, a request.
spoiled() {
    sed -E "$2" "$dir/two.html" >"$dir/$1.html"
    ! cmp -s "$dir/two.html" "$dir/$1.html" || fail "$1: nothing was changed"
    browse "$1"
    ! numbers two "$1" 2>/dev/null || fail "$1 was not noticed"
}
spoiled number '0,/data-column="s_abs" data-value="1\./s//data-column="s_abs" data-value="7./'
spoiled sentence 's/lag-1 autocorrelation/nothing/'
spoiled request 's|</body>|<img src="http://127.0.0.1:9/x" alt=""></body>|'
grep -q 'CONSOLE.*Content Security Policy' "$dir/request.log" || fail "the policy allows requests"

# A report of before there was more than times.
"$python" "$SOURCE/tests/plots_synthetic.py" --plain >"$dir/plain.json"
"$SOURCE/scripts/report_page.py" "$dir/plain.json" --output "$dir/plain.html" >/dev/null
browse plain
numbers plain plain
pictures plain speedup efficiency time
for missing in karp_flatt loss samples workers; do
    grep -qE "A picture is left out: .*$missing" "$dir/plain.dom" || fail "no word of $missing"
done

# What this build says of a sweep is what the page shows, however it is asked for.
"$CORESWEEP" sweep --kernel trial --n 2000 --driver pthread --workers 1,2 --oversubscribe --rounds 2 \
    --min-ms 1 --output "$dir/real.jsonl" >/dev/null 2>&1
"$CORESWEEP" report "$dir/real.jsonl" --format json >"$dir/real.json"
"$CORESWEEP" report "$dir/real.jsonl" --html "$dir/real.html"
"$CORESWEEP" report "$dir/real.jsonl" --format html | cmp - "$dir/real.html"
browse real
numbers real real
! grep CONSOLE "$dir/real.log" || fail "the browser complains of a real report"
grep -q '<figure id="order"' "$dir/real.dom" || fail "the samples of a real sweep are not drawn"

# What names hold is text, also where HTML, Markdown or an expression would make more of it.
sed 's/"trial"/"<b>$x_1$ \&amp; *`y`* |\\"\\"<\/b>"/; s/"openmp"/"o<script>p"/' "$dir/two.json" >"$dir/special.json"
"$SOURCE/scripts/report_page.py" "$dir/special.json" --output "$dir/special.html" >/dev/null
browse special
numbers special special
pictures special "${all[@]}"
! grep CONSOLE "$dir/special.log" || fail "the browser complains of names"
! grep -qE '<b>|o<script' "$dir/special.dom" || fail "a name became an element"

# The work grows with the workers: Gustafson's fractions, and the sentences of every point.
"$CORESWEEP" sweep --weak --kernel spin --n 2000 --driver pthread --workers 1,2 --oversubscribe --rounds 2 \
    --min-ms 1 --output "$dir/weak.jsonl" >/dev/null 2>&1
"$CORESWEEP" report "$dir/weak.jsonl" --format json >"$dir/weak.json"
"$CORESWEEP" report "$dir/weak.jsonl" --html "$dir/weak.html"
browse weak
numbers weak weak
grep -q 'data-column="gustafson"' "$dir/weak.dom" || fail "no serial fraction of a weak sweep"

# Only what waits; a sweep that was cut off.
"$python" "$SOURCE/tests/plots_synthetic.py" --kernels sleep --incomplete >"$dir/cut.json"
"$SOURCE/scripts/report_page.py" "$dir/cut.json" --output "$dir/cut.html" >/dev/null
browse cut
numbers cut cut
grep -q "The run was not finished" "$dir/cut.dom" || fail "an unfinished sweep looks finished"

# refused CODE PATTERN ARGS...: one sentence, that code, and no page.
refused() {
    local got=0
    "$CORESWEEP" report "$dir/real.jsonl" --html "${@:3}" >"$dir/out" 2>"$dir/said" || got=$?
    [ "$got" -eq "$1" ] && grep -qE -- "$2" "$dir/said" && [ "$(wc -l <"$dir/said")" -eq 1 ] ||
        fail "report --html ${*:3}: exit code $got, said '$(cat "$dir/said")'"
    [ ! -s "$dir/out" ] || fail "report --html ${*:3} printed $(head -n 2 "$dir/out")"
}
refused 2 "goes with no --format but html" "$dir/none.html" --format csv
for kind in story grain; do
    "$python" -c 'import json, sys
plan, *rest = open(sys.argv[1])
print(json.dumps(json.loads(plan) | {sys.argv[2]: "x"}) + "\n", *rest, sep="", end="")' "$dir/real.jsonl" $kind >"$dir/kind.jsonl"
    ! "$CORESWEEP" report "$dir/kind.jsonl" --html "$dir/kind.html" 2>"$dir/said" || fail "a page of a $kind"
    grep -q "coresweep $kind --report FILE" "$dir/said" || fail "a $kind: $(cat "$dir/said")"
    [ ! -e "$dir/kind.html" ] || fail "a $kind left a page"
done
refused 1 "cannot write '$dir/none/x.html': No such" "$dir/none/x.html"
mkdir "$dir/without"
echo 'raise ImportError' >"$dir/without/matplotlib.py"
export PYTHONPATH=$dir/without
refused 1 "no page: matplotlib is missing: install the package python3-matplotlib" "$dir/none.html"
[ ! -e "$dir/none.html" ] || fail "a page without a page"
