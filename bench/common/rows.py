"""Tables of text."""

from __future__ import annotations


def print_rows(rows: list[list[str]], sides: str) -> None:
    """Columns as wide as they must be, each flush left or right: "lr"."""
    widths = [max(map(len, column)) for column in zip(*rows)]
    for row in rows:
        cells = [cell.ljust(width) if side == "l" else cell.rjust(width)
                 for cell, width, side in zip(row, widths, sides)]
        print("  ".join(cells).rstrip())
