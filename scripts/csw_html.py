"""What the pages share: cells, tables, figures and the document, which loads nothing; its policy
forbids that it does. Every number in a table has its value in an attribute, as the program gave it.
"""

from __future__ import annotations

import base64
import hashlib
import re
from html import escape
from pathlib import Path
from typing import Callable, Iterable, Iterator, Optional, Union

from csw_figure import Figure, Plot, finish, rendered, write_file, write_output
from csw_report import Estimate
from csw_rows import Picture
from csw_story import quantity_text

HERE = Path(__file__).resolve().parent

# ---- cells ---------------------------------------------------------------------------------------

Show = Callable[[float], str]
Shown = Union[Picture, Plot]


def nanoseconds(value: float) -> str:
    """3.10 ms"""
    return quantity_text(value, "ns")


def byte_count(value: float) -> str:
    """9.10 MiB"""
    return quantity_text(value, "bytes")


def whole(value: float) -> str:
    """A count."""
    return f"{value:g}"


def up_to_four_digits(value: float) -> str:
    """1.416"""
    return f"{value:.4g}"


def attributes(**values: object) -> str:
    """Of an element; None: it does not have that one. A trailing _ and _ are - in HTML."""
    pairs = ((name.replace("_", "-"), value) for name, value in values.items())
    return "".join(f' {name}="{escape(str(value))}"' for name, value in pairs if value is not None)


def number_cell(row: str, column: str, estimate: Optional[Estimate], show: Show,
                mark: str = "") -> str:
    """A number for people, and as the program gave it; empty: unknown."""
    if estimate is None or estimate.value is None:
        return "<td></td>"
    value, low, high = estimate.value, estimate.low, estimate.high
    data = attributes(data_row=row, data_column=column, data_value=value, data_low=low,
                      data_high=high,
                      **({"class": "above"} if mark else {}))
    interval = "" if low is None or high is None else (
        f"<small>{escape(show(low))} to {escape(show(high))}</small>")
    return f"<td{data}>{escape(show(value))}{mark}{interval}</td>"


# ---- tables --------------------------------------------------------------------------------------


def table(caption: str, heads: list[str], rows: list[str], hidden: bool = False) -> str:
    """Scrolls by itself where the page is narrow; the caption is hidden where a heading says it."""
    look = ' class="hidden"' if hidden else ""
    return (f'<div class="scroll" role="region" tabindex="0" aria-label="{escape(caption)}"><table>'
            f"<caption{look}>{escape(caption)}</caption>\n"
            f"<thead><tr>{''.join(heads)}</tr></thead>\n"
            "<tbody>\n" + "\n".join(rows) + "\n</tbody></table></div>")


def head(text: str, title: str = "", words: bool = False) -> str:
    """Of a column."""
    more = attributes(title=title or None, **({"class": "text"} if words else {}))
    return f'<th scope="col"{more}>{escape(text)}</th>'


# ---- figures -------------------------------------------------------------------------------------


def lines(text: str) -> str:
    """A paragraph that keeps its lines; nothing where there are none."""
    kept = "\n".join(line.strip() for line in text.splitlines())
    return f'<p class="lines">{escape(kept)}</p>\n' if kept else ""


def inline_svg(picture: Shown, drawn: Figure) -> str:
    """Without what a file of its own needs, and with names that no other picture has."""
    svg = rendered(drawn, "svg").decode()
    svg = re.sub(r"\s*<metadata>.*?</metadata>", "", svg[svg.index("<svg"):], flags=re.S)
    svg = re.sub(r'\bid="', f'id="{picture.name}-', svg)
    svg = re.sub(r'(href="|url\()#', rf"\1#{picture.name}-", svg)
    named = attributes(role="img", aria_label=f"{picture.title}. {picture.summary}")
    return re.sub(r'<svg [^>]*viewBox="([^"]*)"[^>]*>',
                  rf'<svg xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="\1"{named}>', svg, 1)


def figure(picture: Shown, drawn: Figure) -> str:
    """A picture and what it shows."""
    return (f'<figure id="{picture.name}"><div class="scroll">{inline_svg(picture, drawn)}</div>\n'
            f"<figcaption>{escape(picture.summary)}</figcaption></figure>")


# ---- the page ------------------------------------------------------------------------------------


def policy(script: str) -> str:
    """Nothing is loaded from anywhere; of scripts only this one runs."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"


def document(title: str, parts: Iterable[str]) -> str:
    """The page, with the parts of its body."""
    style, script = ((HERE / f"page.{kind}").read_text() for kind in ("css", "js"))
    return "\n".join([
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{policy(script)}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(title)}</title>\n<style>\n{style}</style>\n</head>\n<body>",
        *parts,
        f"<script>{script}</script>\n</body>\n</html>\n",
    ])


def facts(names: Iterable[tuple[str, object]], complete: bool) -> str:
    """A list of what is known of the machine and the run."""
    items = "".join(f"<dt>{escape(name)}</dt><dd>{escape(str(text))}</dd>"
                    for name, text in names if text)
    unfinished = "" if complete else "<p><strong>The run was not finished.</strong></p>"
    return f"<dl>{items}</dl>{unfinished}"


def navigation(label: str, links: Iterable[tuple[str, str]]) -> str:
    """To the sections, by identifier and title."""
    items = "".join(f'<li><a href="#{name}">{escape(title)}</a></li>' for name, title in links)
    return f'<nav aria-label="{escape(label)}"><ul>{items}</ul></nav>'


# ---- the program ---------------------------------------------------------------------------------


def page_files(output: str, make: Callable[[], str]) -> Iterator[str]:
    """Writes the page, and yields its name where it is in a file."""
    content = make().encode()
    if output == "-":
        write_output(content)
    else:
        yield write_file(output, content)


def write_page(output: str, make: Callable[[], str]) -> int:
    """Makes the page and writes it; `-` is standard output. Returns the exit code."""
    return finish(page_files(output, make))
