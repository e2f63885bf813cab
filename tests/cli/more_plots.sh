#!/bin/bash
# Times, Karp-Flatt's fraction, losses, order, timeline and grain are drawn from reports of 2 and of
# 64 workers that do not exist: they say what they show, and no text is cut off or covers another.
. "$(dirname "$0")/plots.bash"

synthetic >"$dir/two.json"
synthetic --workers 64 --cores 32 --drivers 3 --rounds 8 --kernels trial >"$dir/large.json"
synthetic --plain >"$dir/plain.json"

# more KIND NAME TEXT...: draws $dir/NAME.json; the picture says a driver, and every TEXT.
more() {
    local kind=$1 stem=$dir/$2-$1
    plot "$kind" "$dir/$2.json" --output "$stem" >/dev/null || fail "$kind of $2"
    check_png "$stem.png" 400 || fail "$stem.png"
    check_svg "$stem.svg" openmp "${@:3}" || fail "$stem.svg"
}
for report in two large; do
    base=$(base_seconds "$dir/$report.json" trial)
    more karp_flatt $report "Base: the same driver with one worker (S_rel)." "trial, dynamic" \
        "not to be told from 0" "that of S_rel"
    more loss $report "$base" imbalance "work inflation" "ln f / ln E" "(paired)"
    more order $report "$base" "hollow: disturbed" "Availability of the CPUs" "serial (base)" "n = "
    more timeline $report "$base" "on its CPU" "began within" "nearest to its cell"
    more time $report "$base" ideal "100 ms" "of the median"
    plot speedup "$dir/$report.json" --output "$dir/model" >/dev/null
    check_svg "$dir/model.svg" "fitted model" "beyond what was measured" || fail "models of $report"
done
plot timeline "$dir/two.json" --point 0 --point 4 --output "$dir/chosen" >/dev/null
[ "$(grep -c 'began within' "$dir/chosen.svg")" -eq 2 ] || fail "two points were asked for"
"$python" "$SOURCE/tests/grain_synthetic.py" --workers 2 64 >"$dir/grain"
plot grain "$dir/grain" --output "$dir/grain" >/dev/null
check_svg "$dir/grain.svg" "spin, dynamic:1, 64 workers" "METG(50 %): openmp 1.13 us [1.02 us" \
    "tbb 200 us [180 us, > 210 us]" "20 rounds" "50 %" || fail "the grain"

# values REPORT EXPRESSION...: each is true of what the scripts make of the report.
values() {
    "$python" - "$SOURCE/scripts" "$@" <<'PYTHON'
import sys
sys.path.insert(0, sys.argv[1])
import csw_plot, csw_report, plot_karp_flatt, plot_order, plot_speedup, plot_time, plot_timeline, statistics
from report_page import whys
report = csw_report.load(sys.argv[2])
series = next(one for one in report.series if one.title.startswith("trial, dynamic"))
point = max(series.of("openmp"), key=lambda one: one.workers)
for expression in sys.argv[3:]:
    assert eval(expression), expression
PYTHON
}

# edited PYTHON: the report of 2 workers, changed by statements.
edited() {
    "$python" -c "import json, sys; report = json.load(sys.stdin); points = report['points']
samples = report['samples']; $1
print(json.dumps(report))" <"$dir/two.json"
}

# Where the clock is known, work inflation is drawn in its two parts.
edited "
for point in points:
    if point['loss']:
        half = {key: one if key == 'n' else one ** 0.5 for key, one in point['loss']['work_inflation'].items()}
        point['loss'].update(clock=half, cycles=half)" >"$dir/clock.json"
more loss clock "lower clock" "more cycles"
! grep -q "work inflation" "$dir/clock-loss.svg" || fail "work inflation stands beside its parts"

# Single rounds are of the ratio that the interval is of; a law starts from the driver's own S_abs.
near="lambda a, b: abs(a - b) < 1e-9 * abs(b)"
values "$dir/two.json" \
    "($near)(statistics.median(series.ratios(point)), point.s_abs.value)" \
    "series.ratios_to_one(point) != series.ratios(point)" \
    "plot_karp_flatt.fractions(series, point)[0] == 2 / series.ratios_to_one(point)[0] - 1" \
    "($near)(csw_plot.make_drawing(report, plot_speedup.SPEEDUP).curve(series,
        next(m for m in report.models_of(series) if m.name == 'openmp'))[0][1],
        series.of('openmp')[0].s_abs.value)" || fail "rounds and laws"

# What waits, or has more workers than CPUs, has no availability; the rule's threshold is drawn.
edited "report['plan']['exclude'] = 'throttled>0 availability<0.95'
for s in samples: s['availability'] = 0.0 if points[s['point']]['waits'] else s['availability']
samples[0]['clock_hz'] = 2.5e9; samples[1]['clock_hz'] = None" >"$dir/clock.json"
more order clock "samples that wait or have more" "dashed: 0.95" "Clock of the CPUs" \
    "samples it is not known"
edited "report['points'] = points = [p for p in points if p['waits']]
report['samples'] = [dict(s, point=0, availability=0.1) for s in samples]; report['models'] = []
report['why'] = []" >"$dir/waits.json"
plot order "$dir/waits.json" --output "$dir/waits" >/dev/null
! check_svg "$dir/waits.svg" "Availability of the CPUs" 2>/dev/null || fail "availability of what waits"
! check_svg "$dir/two-order.svg" "Clock of the CPUs" 2>/dev/null || fail "a clock that nobody read"

# Where the work grows with the workers, speedups are scaled and the serial fraction is Gustafson's.
edited "report['why'] = []
for p in points:
    if not p['waits']:
        p.update(growth=p['workers'], grown_from=p['tasks'], karp_flatt=None, resolution=None)
        p['tasks'] = p['tasks'] + ('x2' if p['workers'] == 2 else '')
        p['gustafson'] = {'value': 0.1, 'low': 0.05, 'high': 0.2} if p['workers'] == 2 else None
        if p['driver'] == 'openmp' and p['workers'] == 2 and p['kernel'] == 'trial':
            report['why'].append({k: p[k] for k in ('kernel', 'options', 'tasks', 'schedule', 'driver',
                                                    'workers')} | {'settings': '', 'sentence': 'so'})
report['models'] = []" >"$dir/weak.json"
more karp_flatt weak "Gustafson: the serial fraction" "s = (p - S_rel) / (p - 1)" "on its part of the work"
more speedup weak "Scaled speedup over serial" "S_abs = p x serial time / time"
more time weak "Ideal: the base's time."
values "$dir/weak.json" "report.weak" "list(whys(report, series)) == ['openmp: so']" \
    "plot_karp_flatt.scaled_fractions(series, point)[0] == 2 - series.ratios_to_one(point)[0]" \
    "csw_plot.plot(report, plot_time.TIME).caption" || fail "a weak sweep"

# Of very many points, the timeline shows those whose workers used least of their time.
synthetic --workers 64 --drivers 8 --rounds 2 --kernels trial sqrt array >"$dir/very.json"
plot timeline "$dir/very.json" --output "$dir/very" >/dev/null
check_svg "$dir/very.svg" "Of 35 points" "15 are shown" || fail "the timeline of very many points"
[ "$(grep -c 'began within' "$dir/very.svg")" -eq 15 ] || fail "15 panels"

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
