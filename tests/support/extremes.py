"""Cards and homes of any size, for the limits of a chat."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from bot.cards.home import Home, HomeRow, Section
from bot.cards.logoff_form import LogoffForm, SessionRow
from bot.cards.model import (
    Bold,
    Break,
    Button,
    Card,
    Channel,
    CommandButton,
    Group,
    Line,
    Mark,
    Press,
    Timestamp,
    Tone,
    UserMention,
)
from bot.cards.signs import Sign
from bot.cards.table import Cell, Option, Pick, Table
from bot.domain.draft import PAGE, Draft
from bot.domain.posting import MessageRef
from tests.support import builders as b

if TYPE_CHECKING:
    from bot.cards.model import LinePart

LENGTHS = (0, 1, 24, 75, 76, 150, 151, 300, 2000, 2001, 3000, 3001)
LETTERS = ("x", "&", "<", "*", "_", ":", "\n", "\u05d0", "\u0301", "\U0001f600", "日", " ")

texts = st.one_of(
    st.builds(lambda letter, length: letter * length, st.sampled_from(LETTERS), st.sampled_from(LENGTHS)),
    st.text(st.characters(exclude_categories=()), max_size=12),
    st.sampled_from(("<!channel>", ":boom:", "`code`", "2026-03-02 14:00 UTC", "*b* _i_ ~s~", "a:b:c:d:")),
)
OTHERS: tuple[LinePart, ...] = (
    UserMention("U0DANA0001"),
    Timestamp(b.NOW),
    Group("@leads"),
    Group("S0LEADS"),
    Channel("C0OPS00001"),
    Break(),
    Mark("⚠️ "),
)
parts = st.one_of(texts, st.builds(Bold, texts), st.sampled_from(OTHERS))
lines = st.builds(
    lambda found, tone: Line(parts=tuple(found), tone=tone), st.lists(parts, max_size=6), st.sampled_from(Tone)
)
short_lines = st.builds(
    lambda letter, length, tone: Line(parts=(letter * length, *OTHERS), tone=tone),
    st.sampled_from(LETTERS),
    st.integers(0, 100),
    st.sampled_from(Tone),
)
many_lines = st.one_of(
    st.lists(lines, max_size=8),
    st.builds(lambda line, times: [line] * times, short_lines, st.sampled_from((39, 41, 60, 401))),
)
own_buttons = st.builds(
    lambda press, label, *, danger: Button(
        press=press, label=label, request_id="TS-AAAAAA", version=2, is_danger=danger
    ),
    st.sampled_from(Press),
    texts,
    danger=st.booleans(),
)
command_buttons = st.builds(
    lambda label, text: CommandButton(label=label, asker="U0DANA0001", command="logoff", text=text), texts, texts
)
buttons = st.builds(
    lambda own, asks, times: (*own, *(asks * times)),
    st.lists(own_buttons, max_size=7, unique_by=lambda button: button.press),
    st.lists(command_buttons, max_size=3),
    st.sampled_from((1, 9, 30)),
)
menus = st.lists(st.one_of(own_buttons, command_buttons), max_size=7)


def _apart(found: tuple[Button | CommandButton, ...], folded: list[Button | CommandButton]) -> tuple[Any, ...]:
    """A card has one button for each press, in its row or in its menu."""
    presses = {button.press for button in found if isinstance(button, Button)}
    own = {each.press: each for each in folded if isinstance(each, Button) and each.press not in presses}
    return (*own.values(), *(each for each in folded if isinstance(each, CommandButton)))


cells = st.one_of(
    st.builds(lambda text, sign: Cell(text=text, sign=sign), texts, st.sampled_from(("", *Sign))),
    st.just(Cell(at=b.NOW)),
)


def _table(row: list[Cell], times: int, name: str, *, is_aligned: bool) -> Table:
    return Table(columns=(name,) * len(row), rows=(tuple(row),) * times, is_aligned=is_aligned)


tables = st.builds(
    _table,
    st.builds(lambda some, times: some * times, st.lists(cells, min_size=1, max_size=4), st.sampled_from((1, 6))),
    st.sampled_from((0, 1, 40, 99, 100, 500)),
    st.sampled_from(("", "person", "x" * 200)),
    is_aligned=st.booleans(),
)
picks = st.builds(
    lambda label, name, value, number: Pick(
        label=label,
        options=tuple(Option(label=name, value=f"{value}{row}" if value else "", row=row) for row in range(number)),
    ),
    texts,
    texts,
    st.sampled_from(("", "TS-AAAAAA:", "v" * 148, "v" * 151)),
    st.sampled_from((0, 1, 99, 101, 500)),
)
cards = st.builds(
    lambda said, found, row, folded, table, pick: Card(
        sign=said[0],
        headline=said[1],
        summary=said[2],
        lines=tuple(found),
        buttons=row,
        menu=_apart(row, folded),
        table=table,
        pick=pick,
    ),
    st.tuples(st.sampled_from(("", *Sign)), texts, texts),
    many_lines,
    buttons,
    menus,
    st.none() | tables,
    st.none() | picks,
)
rows = st.builds(
    lambda line, ref, button: HomeRow(line=line, card=ref, button=button),
    lines,
    st.sampled_from((None, MessageRef(channel_id="C0OPS00001", ts="1770000000.000100"))),
    st.one_of(st.none(), command_buttons),
)
sections = st.builds(
    lambda title, found, times, more: Section(title=title, rows=tuple(found * times), more=more),
    texts,
    st.lists(rows, min_size=1, max_size=3),
    st.sampled_from((1, 5, 40)),
    st.sampled_from((0, 188)),
)
homes = st.builds(
    lambda found, asks, small: Home(sections=tuple(found), buttons=tuple(asks), lines=tuple(small)),
    st.lists(sections, max_size=5),
    st.lists(command_buttons, max_size=40),
    many_lines,
)
drafts = st.builds(
    lambda host, page, ticked: Draft(
        place=b.PLACE, host=host[:150], look="TS-AAAAAA" if host else "", page=page, ticked=frozenset(ticked)
    ),
    texts,
    st.integers(0, 40),
    st.sets(st.integers(0, 4000), max_size=200),
)
logoff_forms = st.builds(
    lambda draft, note, name, number, pages: LogoffForm(
        draft=draft,
        note=note,
        rows=tuple(SessionRow(place=draft.page * PAGE + place, text=name) for place in range(number)),
        pages=pages,
    ),
    drafts,
    texts,
    texts,
    st.sampled_from((0, 1, 10, 11, PAGE)),
    st.sampled_from((1, 2, 41)),
)
