#!/bin/bash
# Times, Karp-Flatt's fraction, losses, order, timeline and grain are drawn from reports of 2 and of
# 64 workers that do not exist: they say what they show, and no text is cut off or covers another.
. "$(dirname "$0")/plots.bash"

synthetic >"$dir/two.json"
synthetic --workers 64 --cores 32 --drivers 3 --rounds 8 --kernels trial >"$dir/large.json"
synthetic --plain >"$dir/plain.json"

# more KIND NAME TEXT...: draws $dir/NAME.json; the picture says the base, a driver, and every TEXT.
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

# What a report does not hold is one sentence.
refused 2 "there is no point 99" plot timeline "$dir/two.json" --point 99 -o "$dir/x"
refused 2 "'grain' is missing.*coresweep grain" plot grain "$dir/two.json" -o "$dir/x"
refused 2 "karp_flatt" plot karp_flatt "$dir/plain.json" -o "$dir/x"
refused 2 "does not say why efficiency is lost" plot loss "$dir/plain.json" -o "$dir/x"
refused 2 "no samples" plot order "$dir/plain.json" -o "$dir/x"
refused 2 "no samples that tell of workers" plot timeline "$dir/plain.json" -o "$dir/x"
