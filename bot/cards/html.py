"""HTML of which every text is a text: what is no `Html` is escaped, and no letter steers, turns or hides anything."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, NewType

from bot.cards.text import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

Html = NewType("Html", str)
"""Markup that the bot made itself."""

LONGEST_TEXT = 10_000
"""The most characters of one text on a page; a command has fewer."""

MANY_COLUMNS = 6
"""So many columns of numbers are wider than a phone."""

_ISOLATES = {ord("\N{FIRST STRONG ISOLATE}"): "<bdi>", ord("\N{POP DIRECTIONAL ISOLATE}"): "</bdi>"}
"""In HTML an element keeps a word that is written from the right from turning what stands around it."""


def text(words: str) -> Html:
    """Return a text letter by letter. Put what came from outside into `outer`, so that it is a piece of its own."""
    cut = words if len(words) <= LONGEST_TEXT else f"{words[:LONGEST_TEXT]}..."
    return Html(escape(plain(cut)).translate(_ISOLATES))


def outer(words: str) -> Html:
    """Return a text from outside as a piece of its own, which turns nothing around it. An empty one is no element."""
    return Html(f"<bdi>{text(words)}</bdi>") if words else Html("")


def typed(words: str) -> Html:
    """Return what a person typed, from left to right."""
    return Html(f'<code dir="ltr">{text(words)}</code>') if words else Html("")


def join(parts: Iterable[Html], between: str = "") -> Html:
    """Return pieces of markup as one."""
    return Html(between.join(parts))


def paragraph(*parts: Html, kind: str = "") -> Html:
    """Return a paragraph."""
    return Html(f'<p class="{kind}">{join(parts)}</p>\n' if kind else f"<p>{join(parts)}</p>\n")


def table(caption: str, heads: Sequence[str], rows: Iterable[Sequence[Html | int]], kind: str = "") -> Iterator[str]:
    """Yield a table whose first column names its rows. Where it is too wide it scrolls, also with the keyboard.

    One of many columns says so on a phone, where no scroll bar shows it.
    """
    label = text(caption)
    if len(heads) >= MANY_COLUMNS:
        yield paragraph(text("More columns to the right: scroll the table sideways."), kind="hint")
    yield f'<div class="scroll {kind}" role="region" tabindex="0" aria-label="{label}">\n<table>\n'
    yield f"<caption>{label}</caption>\n<thead><tr>"
    yield join(Html(f'<th scope="col">{text(head)}</th>') for head in heads) + "</tr></thead>\n<tbody>\n"
    for first, *others in rows:
        yield f'<tr><th scope="row">{first}</th>{"".join(f"<td>{each}</td>" for each in others)}</tr>\n'
    yield "</tbody>\n</table>\n</div>\n"


def list_of(caption: str, heads: Sequence[str], rows: Iterable[str]) -> Iterator[str]:
    """Yield a table of long texts, whose rows `list_row` made. Where it is narrow each row is a block.

    The roles stand there because blocks are no longer rows for programs that read aloud.
    """
    yield f'<table class="list" role="table" aria-label="{text(caption)}">\n<thead role="rowgroup"><tr role="row">'
    yield join(Html(f'<th scope="col" role="columnheader">{text(head)}</th>') for head in heads)
    yield '</tr></thead>\n<tbody role="rowgroup">\n'
    yield from rows
    yield "</tbody>\n</table>\n"


def list_row(heads: Sequence[str], cells: Sequence[Html]) -> Html:
    """Return a row of `list_of`."""
    first, *others = (f'data-label="{text(head)}">{cell}' for head, cell in zip(heads, cells, strict=True))
    tail = "".join(f'<td role="cell" {each}</td>' for each in others)
    return Html(f'<tr role="row"><th scope="row" role="rowheader" {first}</th>{tail}</tr>\n')
