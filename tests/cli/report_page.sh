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

# refused CODE PATTERN ARGS...: one sentence, that code, and no page.
refused() {
    local got=0
    "$CORESWEEP" report "$dir/real.jsonl" --html "${@:3}" >"$dir/out" 2>"$dir/said" || got=$?
    [ "$got" -eq "$1" ] && grep -qE -- "$2" "$dir/said" && [ "$(wc -l <"$dir/said")" -eq 1 ] ||
        fail "report --html ${*:3}: exit code $got, said '$(cat "$dir/said")'"
    [ ! -s "$dir/out" ] || fail "report --html ${*:3} printed $(head -n 2 "$dir/out")"
}
refused 2 "goes with no --format but html" "$dir/none.html" --format csv
refused 1 "cannot write '$dir/none/x.html': No such" "$dir/none/x.html"
mkdir "$dir/without"
echo 'raise ImportError' >"$dir/without/matplotlib.py"
export PYTHONPATH=$dir/without
refused 1 "no page: matplotlib is missing: install the package python3-matplotlib" "$dir/none.html"
[ ! -e "$dir/none.html" ] || fail "a page without a page"
