# browser.bash - sourced after pictures.bash by the tests that open a page: a headless browser.
command -v chromium >/dev/null || {
    echo "skipped: there is no chromium (Debian: chromium)"
    exit 77
}

# browse NAME: opens $dir/NAME.html; NAME.dom gets what the browser made of it, NAME.log what it
# said. A sandbox needs privileges that a test may not have; the page is the test's own.
browse() {
    timeout --kill-after=5 40 chromium --headless --no-sandbox --disable-gpu \
        --no-first-run --disable-extensions --disable-background-networking \
        --user-data-dir="$dir/profile" --virtual-time-budget=5000 --enable-logging=stderr \
        --dump-dom "file://$dir/$1.html" >"$dir/$1.dom" 2>"$dir/$1.log" </dev/null ||
        fail "chromium, exit code $?: $(tail -n 3 "$dir/$1.log")"
    grep -q '</html>' "$dir/$1.dom" || fail "chromium printed no page: $(tail -n 3 "$dir/$1.log")"
    ! pgrep -f -- "--user-data-dir=$dir/profile" || fail "chromium left processes"
}
