#!/bin/bash
# The story's pictures are drawn from stories that were made up: they say what the story says, no
# text is cut off or covers another, and bad input gives one sentence and exit code 2.
. "$(dirname "$0")/pictures.bash"

layout() {
    "$python" "$SOURCE/tests/story_layout.py" "$1" "$SOURCE/scripts"
}

# said NAME STORY: every text of the picture, from its file.
said() {
    "$python" - "$dir/story-$1.svg" <<'PYTHON'
import sys, xml.etree.ElementTree as tree
print("\n".join(e.text or "" for e in tree.parse(sys.argv[1]).iter() if e.tag.endswith("}text")))
PYTHON
}

# rows STORY: what the picture of the speedups must say at the right of its lines.
rows() {
    "$python" - "$1" <<'PYTHON'
import json, sys
for row in json.load(open(sys.argv[1]))["rows"]:
    speedup, bound = row["speedup"], row["bound"]
    if row["workers"] > 1 and not row["waits"]:
        interval = "{value:.2f} [{low:.2f}, {high:.2f}]" if speedup["low"] else "{value:.2f}"
        print(interval.format(**speedup), f"of {bound:.4g}")
PYTHON
}

for story in --free "--rounds 3"; do
    # shellcheck disable=SC2086 # words
    "$python" "$SOURCE/tests/story_synthetic.py" $story >"$dir/story.json"
    layout "$dir/story.json" || fail "texts of '$story'"
    "$SOURCE/scripts/plot_story.py" "$dir/story.json" --output-dir "$dir" >"$dir/written"
    [ "$(wc -l <"$dir/written")" -eq 6 ] || fail "'$story' wrote $(cat "$dir/written")"
    said speedup >"$dir/said"
    rows "$dir/story.json" | while IFS= read -r row; do
        grep -qxF -- "$row" "$dir/said" || fail "'$row' is not in the picture of '$story'"
    done
done
"$CORESWEEP" story --report "$SOURCE/tests/fixtures/story.jsonl" --format json >"$dir/real.json"
layout "$dir/real.json" || fail "texts of a story that was recorded"
said ticker >"$dir/said"
grep -qx "one tick" "$dir/said" || fail "the ticker's picture"
said waiting >"$dir/said"
grep -qx "waiting" "$dir/said" || fail "the picture of waiting and computing"

# spoiled EXPRESSION FAULT: pictures that are drawn with too little room are found out.
spoiled() {
    mkdir -p "$dir/scripts"
    cp "$SOURCE"/scripts/{csw_figure,csw_report,csw_rows,csw_story,plot_story}.py "$dir/scripts"
    sed -i "$1" "$dir/scripts/csw_rows.py"
    ! "$python" "$SOURCE/tests/story_layout.py" "$dir/story.json" "$dir/scripts" >"$dir/faults" ||
        fail "$1: nothing was noticed"
    grep -q -- "$2" "$dir/faults" || fail "$1: $(cat "$dir/faults")"
}
spoiled 's/slack = .*/slack = 0.7/' "is cut off"
spoiled 's/^ROW, HEAD, PART = .*/ROW, HEAD, PART = 0.1, 0.1, 0/' "covers"

# refused CODE PATTERN FILE
refused() {
    local got=0
    "$SOURCE/scripts/plot_story.py" "$3" --output-dir "$dir/none" >"$dir/stdout" 2>"$dir/stderr" || got=$?
    [ "$got" -eq "$1" ] || fail "$3: exit code $got instead of $1: $(cat "$dir/stderr")"
    grep -qE -- "$2" "$dir/stderr" && [ "$(wc -l <"$dir/stderr")" -eq 1 ] ||
        fail "$3: said '$(cat "$dir/stderr")', not '$2'"
    [ ! -s "$dir/stdout" ] || fail "$3: printed '$(cat "$dir/stdout")' as well"
}

sed 's/"speedup"/"s_abs"/' "$dir/story.json" >"$dir/report"
sed 's/"bound": 1.416/"bound": "two"/' "$dir/story.json" >"$dir/word"
sed 's/"name": "A"/"name": "Z"/; s/"name": "[B-H]"/"name": "Y"/; s/"name": "[a-z]*"/"name": "x"/' \
    "$dir/story.json" >"$dir/nothing"
refused 2 "No such file" "$dir/absent"
refused 2 "not one JSON document.*coresweep story" "$SOURCE/README.md"
refused 2 "'speedup' is missing" "$dir/report"
refused 2 "'two' is not a number" "$dir/word"
refused 2 "neither rows nor readings" "$dir/nothing"
refused 1 "cannot write .*none/story-speedup.png: No such" "$dir/story.json"
