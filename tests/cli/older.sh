#!/bin/bash
# Files of older versions, which lack the fields that came later, are reported, plotted and gone on
# with as before.
. "$(dirname "$0")/check.bash"

for file in "$SOURCE"/results/*/sweep.jsonl; do
    for format in table csv json markdown; do
        coresweep report "$file" --format $format >out 2>said || fail "$format of $file: $(cat said)"
        [ -s out ] && [ ! -s said ] || fail "$format of $file: $(cat said)"
    done
    /usr/bin/python3 -c 'import matplotlib' 2>/dev/null || continue
    coresweep report "$file" --format json |
        PYTHONDONTWRITEBYTECODE=1 "$SOURCE/scripts/plot_speedup.py" - --output plot >/dev/null ||
        fail "plot of $file"
done

# a sweep of today as it would have been written then
quick_sweep --output now.jsonl >table 2>/dev/null
sed -E '/"type":"cost"/d; s/"options":"",//g; s/"(memory|memory_cannot)":"[^"]*",//g; s/"huge_pages":false,//g
    s/"(data_bytes|data_huge_bytes|processes|pss_bytes|peak_bytes)":[0-9.a-z]*,//g
    s/,"pss_bytes":\[[^]]*\]//g' now.jsonl >then.jsonl
grep -qE '"(memory|memory_cannot|huge_pages|data_bytes|processes|pss_bytes)"' then.jsonl &&
    fail "a later field is left"
cmp -s now.jsonl then.jsonl && fail "there is nothing to leave out"
coresweep report then.jsonl | cmp - table || fail "another table"
head -c $(($(stat -c %s then.jsonl) * 2 / 3)) then.jsonl >cut.jsonl
coresweep sweep --resume cut.jsonl >/dev/null 2>said || fail "resume: $(cat said)"
[ "$(visits_in cut.jsonl | uniq | wc -l)" -eq 40 ] || fail "visits are missing"

# what was always there is still asked for
sed 's/"schedule":"dynamic",//' now.jsonl >broken.jsonl
expect 2 'broken.jsonl:[0-9]+: a line of type .* lacks "schedule"' report broken.jsonl
