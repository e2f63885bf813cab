#!/usr/bin/python3
"""Fails where a text of a story's pictures is cut off or covers another: `STORY.json SCRIPTS`."""

from __future__ import annotations

import sys
from itertools import combinations

sys.path.insert(0, sys.argv[2])

from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: E402
from matplotlib.figure import Figure  # noqa: E402
from matplotlib.text import Text  # noqa: E402
from matplotlib.transforms import Bbox  # noqa: E402

from csw_rows import draw  # noqa: E402
from csw_story import load_story  # noqa: E402
from plot_story import pictures  # noqa: E402


def texts_of(figure: Figure) -> list[tuple[str, Bbox]]:
    """Everything that is written, and where."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    shown = [text for text in figure.findobj(Text) if text.get_text() and text.get_visible()]
    return [(text.get_text(), text.get_window_extent(canvas.get_renderer())) for text in shown]


def overlap(a: Bbox, b: Bbox) -> bool:
    """By more than the rounding of a letter's edge."""
    return min(a.x1, b.x1) - max(a.x0, b.x0) > 1 and min(a.y1, b.y1) - max(a.y0, b.y0) > 2


def faults(figure: Figure) -> list[str]:
    """Sentences."""
    texts, page = texts_of(figure), figure.bbox
    cut = [f"'{text}' is cut off" for text, box in texts
           if box.x0 < 0 or box.y0 < 0 or box.x1 > page.x1 or box.y1 > page.y1]
    covered = [f"'{a[0]}' covers '{b[0]}'" for a, b in combinations(texts, 2)
               if overlap(a[1], b[1])]
    return cut + covered


def main() -> None:
    """Exit code 1 where there are faults."""
    drawn = pictures(load_story(sys.argv[1]))
    found = [f"{one.name}: {fault}" for one in drawn for fault in faults(draw(one))]
    print("\n".join(found) or f"{len(drawn)} pictures")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
