"""What the plots read: the report that `coresweep report --format json FILE` printed, and its caption.

Nothing is estimated here. Medians and intervals come from the report; this module only divides one
round's time by another's to show the single rounds.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from typing import Callable, Iterator, Optional, TypeVar

Parsed = TypeVar("Parsed")

BASE_DRIVER = "serial"
HOST_NUMBERS = ("usable_cores", "usable_pus", "quota_cpus")
LOSSES = ("load_balance", "serialisation", "work_inflation")  # efficiency is their product
INFLATION = ("clock", "cycles")  # work inflation is their product, where the clock is known
CEILING_KERNEL = "spin"  # touches no memory and splits evenly: what the machine gives at best


# ---- the report ----------------------------------------------------------------------------------


class BadReport(Exception):
    """The input cannot be drawn; the text is the sentence that the user reads."""


@dataclass(frozen=True)
class Estimate:
    """A median and its interval; None: unknown, or too few rounds for an interval."""

    value: Optional[float]
    low: Optional[float]
    high: Optional[float]


UNKNOWN = Estimate(None, None, None)


@dataclass(frozen=True)
class Point:
    """One cell of the sweep, with the times of its rounds (None: round not measured)."""

    kernel: str
    options: str  # "input=random isa=auto"; empty: the kernel has none
    tasks: str  # of one worker, where they grow with the workers
    own_tasks: str  # those of this point
    growth: float
    schedule: str
    driver: str
    settings: str  # "python=/usr/bin/python3"; empty: the driver has none
    base: str  # whose time the speedup is over: driver and settings
    label: str  # the driver, with what of its settings tells it apart
    workers: int
    oversubscribed: bool
    waits: bool
    time: Estimate  # in seconds
    s_abs: Estimate
    s_cpu: Estimate
    round_ns: tuple[Optional[float], ...]
    karp_flatt: Estimate  # the serial fraction that this worker count shows; unknown in old reports
    gustafson: Estimate  # the same where the work grows with the workers
    resolution: Optional[float]  # a serial fraction below it cannot be told from 0
    loss: dict = field(hash=False)  # the efficiency's factors, as far as they are known
    disturbed: int  # samples that the plan's rule marks
    checks: tuple[str, ...]  # sentences on what the rounds do not fulfil
    above_bound: bool  # the speedup is larger than its bound
    numbers: dict = field(hash=False)  # all that the program gives, as estimates, by its names

    @property
    def seconds(self) -> Optional[float]:
        """The median."""
        return self.time.value

    @property
    def name(self) -> str:
        """Driver and settings, as `base` of others names them."""
        return f"{self.driver} {self.settings}".strip()

    @property
    def work(self) -> tuple[str, str, str]:
        """What is done, whoever does it."""
        return (self.kernel, self.options, self.tasks)

    def same_work(self, other: Point) -> bool:
        """Whether times of the two may be divided by each other."""
        return self.work == other.work

    def rounds_measured(self) -> int:
        """Less than the plan's rounds where a visit failed or the sweep was interrupted."""
        return sum(ns is not None for ns in self.round_ns)


@dataclass(frozen=True)
class Why:
    """Why a driver loses what it loses."""

    place: tuple[str, ...]  # kernel, options, the point's own tasks, schedule, driver and settings
    sentence: str

    @property
    def name(self) -> str:
        """Driver and settings."""
        return self.place[-1]


def ratios(base: Optional[Point], point: Point) -> list[float]:
    """Speedups of the single rounds: base and point of the same round, as the median is."""
    pairs = zip(base.round_ns, point.round_ns) if base else ()
    return [point.growth * whole / mine for whole, mine in pairs
            if whole is not None and mine is not None]


@dataclass(frozen=True)
class Series:
    """One panel: all drivers on one workload under one schedule, and the serial base of both."""

    title: str
    options: str  # what the kernel's options were; empty: it has none
    bases: tuple[Point, ...]  # of this work: serial, and those of other languages
    points: tuple[Point, ...]

    @property
    def place(self) -> tuple[str, ...]:
        """What tells it from other series."""
        return (*self.points[0].work, self.points[0].schedule)

    @property
    def waits(self) -> bool:
        """Whether workers wait rather than compute, so that they may exceed the CPUs."""
        return any(point.waits for point in self.everything())

    def everything(self) -> tuple[Point, ...]:
        """The points and the base, if there is one."""
        return self.points + tuple(base for base in self.bases if base not in self.points)

    def of(self, name: str) -> list[Point]:
        """The points of one driver that have a speedup, by workers."""
        mine = (p for p in self.points if p.name == name and p.s_abs.value is not None)
        return sorted(mine, key=lambda point: point.workers)

    def ratios(self, point: Point) -> list[float]:
        """S_abs of the single rounds."""
        return ratios(next((base for base in self.bases if base.name == point.base), None), point)

    def ratios_to_one(self, point: Point) -> list[float]:
        """S_rel of the single rounds: over the same driver with one worker."""
        return ratios(next((one for one in self.everything()
                            if one.workers == 1 and one.name == point.name), None), point)

    def holds(self, why: Why) -> bool:
        """Whether it is about a point of this series."""
        return why.place in {(*point.work[:2], point.own_tasks, point.schedule, point.name)
                             for point in self.points}


@dataclass(frozen=True)
class Model:
    """A law that was fitted to one driver's curve, or the reason why none was."""

    series: tuple[str, ...]  # kernel, options, tasks, schedule
    name: str  # driver and settings
    kind: str  # ideal, amdahl, usl, superlinear or refused
    measured_to: float  # workers; the curve beyond is extrapolated
    curve: tuple[tuple[float, float], ...]  # workers, speedup over the law's own one worker
    sentence: str


@dataclass(frozen=True)
class Sample:
    """One timed repetition, in the order of the run."""

    point: int  # index of the report's points
    round: int
    started_ns: float
    region_ns: float
    availability: Optional[float]  # least CPU time / time of its workers
    clock_hz: Optional[float]  # mean clock of its workers' CPUs; None where nothing counts it
    disturbed: bool
    workers: tuple[tuple[float, float, float], ...]  # start, end, CPU time, in ns


@dataclass(frozen=True)
class Report:
    """What is drawn of a report."""

    confidence: float
    complete: bool
    rounds: Optional[float]  # planned; None: as many as the precision took
    pin: str
    host: dict  # HOST_NUMBERS are numbers or None, the others text
    points: tuple[Point, ...]  # in the plan's order
    series: tuple[Series, ...]
    models: tuple[Model, ...]
    whys: tuple[Why, ...]
    stop: str  # when the sweep stopped, and why; empty: not told
    noise: tuple[str, ...]  # sentences on who took the CPUs from it
    events: tuple[str, ...]  # what happened besides
    samples: tuple[Sample, ...]
    plan: dict = field(hash=False)  # as the program gave it

    @property
    def weak(self) -> bool:
        """Whether the work grows with the workers."""
        return any(point.growth > 1 for point in self.points)

    def models_of(self, series: Series) -> list[Model]:
        """Those of a panel."""
        return [model for model in self.models if model.series == series.place]

    def bases(self) -> set[str]:
        """Whose times speedups are over."""
        return {base.name for series in self.series for base in series.bases}

    def drivers(self) -> list[str]:
        """Names in the plan's order, the bases left out."""
        bases = self.bases()
        names = (point.name for series in self.series for point in series.points)
        return [name for name in dict.fromkeys(names) if name not in bases]

    def best(self, wanted: Callable[[Point], bool]) -> dict[int, float]:
        """By workers, the largest S_abs of the wanted points.

        The largest and not the middle one: a driver that shares one interpreter lock says nothing
        about what the machine could give.
        """
        best: dict[int, float] = {}
        bases = self.bases()
        for point in (p for series in self.series for p in series.points if wanted(p)):
            if point.s_abs.value is not None and point.name not in bases:
                best[point.workers] = max(best.get(point.workers, 0), point.s_abs.value)
        return dict(sorted(best.items()))


def number(value: object) -> Optional[float]:
    """A finite number; None stays None."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError(f"{value!r} is not a number")
    if not math.isfinite(value):
        raise ValueError(f"{value!r} is not a finite number")
    return float(value)


def known(value: object) -> float:
    """A finite number that may not be missing."""
    found = number(value)
    if found is None:
        raise ValueError("null stands where a number is needed")
    return found


def positive(value: object) -> Optional[float]:
    """A time or a ratio as a number; None stays None."""
    found = number(value)
    if found is not None and found <= 0:
        raise ValueError(f"{value!r} is not a positive number")
    return found


def parse_estimate(cell: dict) -> Estimate:
    """Reads {"value", "low", "high"}."""
    return Estimate(positive(cell["value"]), positive(cell["low"]), positive(cell["high"]))


def scaled(estimate: Estimate, scale: Callable[[float], float]) -> Estimate:
    """In another unit, by a function that rises."""
    values = (estimate.value, estimate.low, estimate.high)
    return Estimate(*(None if value is None else scale(value) for value in values))


def parse_signed(cell: Optional[dict]) -> Estimate:
    """Reads {"value", "low", "high"} of what may be 0 or less; None: not in the report."""
    return Estimate(*(number(cell[key] if cell else None) for key in ("value", "low", "high")))


def parse_numbers(cell: dict) -> dict[str, Estimate]:
    """All numbers of a cell by their names, with intervals where they have any."""
    found = {name: parse_signed(one) for name, one in cell.items()
             if isinstance(one, dict) and one.keys() >= {"value", "low", "high"}}
    plain = {name: Estimate(number(one), None, None) for name, one in cell.items()
             if isinstance(one, (int, float)) and not isinstance(one, bool)}
    return found | plain


def parse_loss(cell: dict) -> dict[str, Estimate]:
    """Reads the factors of the efficiency that are known."""
    factors = {name: parse_estimate(cell[name]) for name in LOSSES + INFLATION if cell.get(name)}
    known = {name: factor for name, factor in factors.items() if factor.value is not None}
    left_out = ("work_inflation",) if known.keys() >= set(INFLATION) else INFLATION
    return {name: factor for name, factor in known.items() if name not in left_out}


def parse_point(cell: dict) -> Point:
    """Reads one element of "points"."""
    workers = positive(cell["workers"])
    if workers is None or workers != int(workers):
        raise ValueError("'workers' is not a whole number")
    return Point(
        kernel=str(cell["kernel"]),
        options=str(cell.get("options", "")),  # older reports have none, nor settings
        tasks=str(cell.get("grown_from") or cell["tasks"]),
        own_tasks=str(cell["tasks"]),
        growth=positive(cell.get("growth")) or 1,
        schedule=str(cell["schedule"]),
        driver=str(cell["driver"]),
        settings=str(cell.get("settings", "")),
        base=str(cell.get("base") or BASE_DRIVER),
        label=str(cell.get("label", cell["driver"])),
        workers=int(workers),
        oversubscribed=bool(cell["oversubscribed"]),
        waits=bool(cell["waits"]),
        time=scaled(parse_estimate(cell["time_ns"]), lambda ns: ns / 1e9),
        s_abs=parse_estimate(cell["s_abs"]),
        s_cpu=parse_estimate(cell["s_cpu"]),
        round_ns=tuple(positive(ns) for ns in cell["round_ns"]),
        karp_flatt=parse_signed(cell.get("karp_flatt")),  # these came later
        gustafson=parse_signed(cell.get("gustafson")),
        resolution=positive(cell.get("resolution")),
        loss=parse_loss(cell.get("loss") or {}),
        disturbed=int(cell.get("disturbed") or 0),
        checks=tuple(str(sentence) for sentence in cell.get("checks") or ()),
        above_bound=bool(cell.get("above_bound")),
        numbers=parse_numbers(cell),
    )


def parse_model(cell: dict) -> Model:
    """Reads one element of "models"."""
    return Model(
        series=tuple(str(cell[key]) for key in ("kernel", "options", "tasks", "schedule")),
        name=f"{cell['driver']} {cell['settings']}".strip(),
        kind=str(cell["model"]),
        measured_to=known(cell["segment"][1]),
        curve=tuple((known(workers), known(ratio)) for workers, ratio in cell["curve"] or ()),
        sentence=str(cell["sentence"]),
    )


def parse_sample(cell: dict) -> Sample:
    """Reads one element of "samples"."""
    return Sample(
        point=int(cell["point"]),
        round=int(cell["round"]),
        started_ns=known(cell["started_ns"]),
        region_ns=known(cell["region_ns"]),
        availability=number(cell.get("availability")),
        clock_hz=positive(cell.get("clock_hz")),
        disturbed=bool(cell.get("disturbed")),
        workers=tuple((known(start), known(end), known(cpu))
                      for start, end, cpu in cell.get("worker") or ()),
    )


def parse_why(cell: dict) -> Why:
    """Reads one element of "why"."""
    work = (str(cell[key]) for key in ("kernel", "options", "tasks", "schedule"))
    return Why((*work, f"{cell['driver']} {cell['settings']}".strip()), str(cell["sentence"]))


def parse_stop(cell: dict) -> str:
    """Reads "stop": converged after 35 rounds; widest 99 % interval: +-0.97 %, spin, fork, ..."""
    text = f"{cell['verdict']} after {known(cell['rounds']):g} rounds"
    if number(cell["half_width"]) is None:
        return text
    return (f"{text}; widest {known(cell['confidence']) * 100:g} % interval: "
            f"+-{known(cell['half_width']) * 100:.2g} %, {cell['widest']}")


def shorten(text: str, most: int) -> str:
    """Cuts a list of task sizes that would not fit over a panel."""
    return text if len(text) <= most else text[: most - 3] + "..."


def series_title(point: Point, points: list[Point]) -> str:
    """Kernel and schedule; the workload only where it tells two panels apart."""
    title = f"{point.kernel}, {point.schedule}"
    tasks = {p.tasks for p in points if p.kernel == point.kernel}
    return f"{title}, {shorten(point.tasks, 18)}" if len(tasks) > 1 else title


def split_series(points: list[Point]) -> Iterator[Series]:
    """A base belongs to every series of its work and leads its own only where there is no other."""
    names = {point.base for point in points}
    bases = [point for point in points if point.name in names]
    groups: dict[tuple[str, ...], list[Point]] = {}
    for point in points:
        alone = not any(p.same_work(point) for p in points if p.name not in names)
        if point.name not in names or alone:
            groups.setdefault((*point.work, point.schedule), []).append(point)
    for group in groups.values():
        ours = tuple(base for base in bases if base.same_work(group[0]))
        yield Series(series_title(group[0], points), group[0].options, ours, tuple(group))


def parse_host(host: dict) -> dict:
    """HOST_NUMBERS as numbers or None."""
    return host | {key: positive(host.get(key)) for key in HOST_NUMBERS}


def parse_report(data: dict) -> Report:
    """Reads the whole report; KeyError, TypeError or ValueError where it is none."""
    points = [parse_point(cell) for cell in data["points"]]
    samples = tuple(parse_sample(cell) for cell in data.get("samples") or ())
    if any(not 0 <= sample.point < len(points) for sample in samples):
        raise ValueError("a sample is of no point")
    return Report(
        confidence=known(data["confidence"]),
        complete=bool(data["complete"]),
        rounds=None if data["plan"].get("precision") else positive(data["plan"].get("rounds")),
        pin=str(data["plan"].get("pin") or "not recorded"),
        host=parse_host(data["host"]),
        points=tuple(points),
        series=tuple(split_series(points)),
        models=tuple(parse_model(cell) for cell in data.get("models") or ()),
        whys=tuple(parse_why(cell) for cell in data.get("why") or ()),
        stop=parse_stop(data["stop"]) if data.get("stop") else "",
        noise=tuple(str(text) for text in (data.get("noise") or {}).get("sentences") or ()),
        events=tuple(f"{event['what']}: {event['text']}" for event in data.get("events") or ()),
        samples=samples,
        plan=data["plan"],
    )


MAKE_ONE = "make a report with `coresweep report --format json RESULTS`"


def name_of(path: str) -> str:
    """What messages call the input."""
    return "standard input" if path == "-" else path


def read_text(path: str, make_one: str) -> str:
    """The whole input; `-` is standard input."""
    try:
        with open(0 if path == "-" else path, "rb", closefd=path != "-") as file:
            return file.read().decode()
    except OSError as error:
        raise BadReport(f"cannot read {name_of(path)}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise BadReport(f"{name_of(path)} is not text; {make_one}") from error


def load_json(path: str, parse: Callable[[dict], Parsed], make_one: str = MAKE_ONE) -> Parsed:
    """Reads a document of the program's, or raises BadReport."""
    name, text = name_of(path), read_text(path, make_one)
    if not text.strip():
        raise BadReport(f"{name} is empty; {make_one}")
    try:
        return parse(json.loads(text))
    except json.JSONDecodeError as error:
        why = f"is not one JSON document ({error.msg}, line {error.lineno})"
        raise BadReport(f"{name} {why}; {make_one}") from error
    except KeyError as error:
        why = f"is JSON but not a report: {error} is missing"
        raise BadReport(f"{name} {why}; {make_one}") from error
    except (TypeError, ValueError, AttributeError, IndexError, OverflowError,
            RecursionError) as error:
        raise BadReport(f"{name} is JSON but not a report: {error}; {make_one}") from error


def load(path: str) -> Report:
    """Reads a report that has something to draw, or raises BadReport."""
    report = load_json(path, parse_report)
    if not any(point.s_abs.value for series in report.series for point in series.points):
        name = name_of(path)
        raise BadReport(f"{name} has no points with a speedup, so there is nothing to draw")
    return report


# ---- the caption ---------------------------------------------------------------------------------

NBSP = "\N{NO-BREAK SPACE}"  # keeps a number and its unit on one line while wrapping


def seconds_text(seconds: float) -> str:
    """Three significant digits: 0.100 s, 12.3 s."""
    return f"{seconds:#.3g}".rstrip(".") + NBSP + "s"


def base_text(drawn: list[Series]) -> str:
    """What every speedup was divided by, in seconds."""
    bases = dict.fromkeys(base for series in drawn for base in series.bases)
    works = [(base.name, base.kernel, base.options) for base in bases]
    parts: dict[str, list[str]] = {}
    for base in bases:
        work = f"{base.kernel} ({base.options})" if base.options else base.kernel
        if works.count((base.name, base.kernel, base.options)) > 1:
            work += f" {shorten(base.tasks, 18)}"
        time = seconds_text(base.seconds) if base.seconds else "unknown"
        parts.setdefault(base.label, []).append(f"{work} {time}")
    named = "; ".join(f"{name}, {', '.join(times)}" for name, times in parts.items())
    return f"Base: {named} (median)." if parts else "Base: not measured."


def rounds_text(drawn: list[Series], planned: Optional[float]) -> str:
    """How many rounds, and where fewer were measured."""
    counts = [p.rounds_measured() for series in drawn for p in series.everything()]
    least, most = min(counts), max(counts)
    planned = planned or most
    text = f"{planned:g}{NBSP}round{'s' if planned != 1 else ''}"
    if least == most == planned:
        return text + "."
    return f"{least if least == most else f'{least} to {most}'} of {text} measured."


RATIOS = "of the median of the per-round ratios (paired)"


def interval_text(estimates: list[Estimate], confidence: float, of: str, bars: str = "Bars") -> str:
    """What the bars mean, and where there are none; `of` whose intervals they are."""
    lows = [estimate.low for estimate in estimates if estimate.value is not None]
    level = f"{confidence * 100:g}{NBSP}%"
    there = f"{bars}: {level} interval {of}. "
    none = f"Without: n{NBSP}<{NBSP}6{NBSP}rounds, or as few by their dependence. "
    return (there if any(low is not None for low in lows) else "") + (none if None in lows else "")


def host_text(host: dict, pin: str) -> str:
    """Which machine, when, and where the workers were bound."""
    parts = [host.get("cpu_model"), host.get("topology"), host.get("hypervisor")]
    if host["quota_cpus"]:
        parts.append(f"CPU quota {host['quota_cpus']:g}")
    machine = "; ".join(str(part) for part in parts if part) or "machine unknown"
    placement = f"Placement: {pin}"
    if host.get("placement"):
        placement += f" (not bound: {host['placement']})"
    date = str(host.get("date") or "")[:16].replace("T", NBSP)
    return f"{machine}. {placement}. {date + NBSP + 'UTC' if date else 'No date'}."


def measured(series: Series) -> list[Point]:
    """Its points without the bases, whose intervals are none of a comparison."""
    return [point for point in series.points if point not in series.bases]


INCOMPLETE = "INCOMPLETE: it was interrupted or is still running."


def first_text(report: Report, drawn: list[Series], base: str) -> str:
    """Base, rounds, and whether the sweep is whole: the paragraph that every caption begins with."""
    text = f"{base or base_text(drawn)} {rounds_text(drawn, report.rounds)}"
    if not report.complete:
        text += f" {INCOMPLETE}"
    return text


def caption(report: Report, drawn: list[Series], notes: str, base: str = "") -> tuple[str, ...]:
    """The paragraphs below the panels; `notes` tells what is drawn, `base` what ratios are over
    where that is not the serial base.
    """
    return (first_text(report, drawn, base), notes.strip(), host_text(report.host, report.pin))
