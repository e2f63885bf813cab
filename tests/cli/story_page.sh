#!/bin/bash
# The story's page is opened in a headless browser, and its numbers are read from what the browser
# made of it: they are those of the story. Nothing is loaded, and no script fails.
. "$(dirname "$0")/pictures.bash"
. "$(dirname "$0")/browser.bash"

# numbers STORY NAME ARGS...: compares $dir/NAME.dom with $dir/STORY.json.
numbers() {
    "$python" "$SOURCE/tests/story_page_numbers.py" "$dir/$1.json" "$dir/$2.dom" "${@:3}"
}

# spoiled NAME EXPRESSION: a page that differs by a sed expression.
spoiled() {
    sed -E "$2" "$dir/story.html" >"$dir/$1.html"
    ! cmp -s "$dir/story.html" "$dir/$1.html" || fail "$1: nothing was changed"
}

"$python" "$SOURCE/tests/story_synthetic.py" --free >"$dir/story.json"
"$SOURCE/scripts/story_page.py" "$dir/story.json" --output "$dir/story.html" >/dev/null
browse story
numbers story story
! grep CONSOLE "$dir/story.log" || fail "the browser complains"
grep -q "Content-Security-Policy\" content=\"default-src 'none'" "$dir/story.html" || fail "no policy"
for picture in speedup waiting ticker; do
    grep -q "<figure id=\"$picture\"" "$dir/story.dom" || fail "the picture $picture is missing"
done

# A click on a column's head sorts by it. The policy would not let the test's script run.
click='for (const head of document.querySelectorAll("thead th"))
    if (head.textContent === "Time") head.firstChild.click();'
spoiled sorted "s/<meta http-equiv[^>]*>//; s|</body>|<script>${click//$'\n'/}</script></body>|"
browse sorted
numbers story sorted --sorted time_ns

# What the checks above are for is found: a number that is another one, a request, a script that fails.
spoiled number '0,/data-column="speedup" data-value="1\.4/s//data-column="speedup" data-value="1.5/'
browse number
! numbers story number 2>/dev/null || fail "a wrong number was not noticed"
spoiled request 's|</body>|<img src="http://127.0.0.1:9/x" alt=""></body>|'
browse request
grep -q 'CONSOLE.*Content Security Policy' "$dir/request.log" || fail "the policy allows requests"
! numbers story request 2>/dev/null || fail "a request was not noticed"
spoiled script 's/"use strict";/"use strict"; nothing.at.all;/; s/<meta http-equiv[^>]*>//'
browse script
grep -q 'CONSOLE.*nothing' "$dir/script.log" || fail "a failing script was not noticed"

# What this build says of a run that was recorded is what the page shows: its tables name the rows,
# and a number of them is the one of the record.
"$CORESWEEP" story --report "$SOURCE/tests/fixtures/story.jsonl" --format json >"$dir/real.json"
"$SOURCE/scripts/story_page.py" "$dir/real.json" --output "$dir/real.html" >/dev/null
browse real
numbers real real
! grep CONSOLE "$dir/real.log" || fail "the browser complains of a real story"
late=$(sed -nE 's/.*"row":"alone","language":"C".*"late_p50_ns".*"value":([0-9.]+).*/\1/p' \
    "$SOURCE/tests/fixtures/story.jsonl")
grep -qF "data-row=\"alone\" data-column=\"late_p50_ns\" data-value=\"$late" "$dir/real.dom" ||
    fail "the ticker's median $late ns of the record is not in the page"

# Bad input is one sentence and exit code 2, and no page.
! "$SOURCE/scripts/story_page.py" "$dir/story.html" --output "$dir/none.html" 2>"$dir/said"
grep -q "not one JSON document.*coresweep story" "$dir/said" || fail "said: $(cat "$dir/said")"
[ ! -e "$dir/none.html" ] || fail "a page from bad input"
