"""Tables of texts from outside, in a wide terminal and in a narrow one."""

from __future__ import annotations

import io

import pytest
from rich.cells import cell_len
from rich.console import Console

from app.cli.tables import Letters

HEADS = ("no.", "at (UTC)", "actor", "verdict", "said")
LONG = " ".join(f"word-{number}" for number in range(60))


def shown(*rows: tuple[str, ...], width: int, mark: str = "") -> list[str]:
    table = Letters(*HEADS, narrow=2)
    for row in rows:
        table.add_texts(*row, mark=mark)
    file = io.StringIO()
    table.print(Console(file=file, width=width, highlight=False))
    return file.getvalue().splitlines()


def test_a_wide_terminal_has_columns() -> None:
    head, line = shown(("7", "2026-03-02", "dana", "gone", "short"), width=200)
    assert head.split() == ["no.", "at", "(UTC)", "actor", "verdict", "said"]
    assert line.split() == ["7", "2026-03-02", "dana", "gone", "short"]


def test_a_narrow_terminal_has_each_row_with_its_names_and_leaves_out_what_is_empty() -> None:
    assert shown(("7", "2026-03-02", "dana", "", "short"), ("8", "", "bo", "gone", ""), width=80, mark="✗") == [
        "no.  at (UTC)",
        "✗ 7  2026-03-02",
        "    actor: dana   said: short",
        "✗ 8",
        "    actor: bo   verdict: gone",
    ]


@pytest.mark.parametrize("width", [20, 40, 79, 80, 119, 120, 200])
def test_no_letter_is_lost_and_no_line_is_too_long(width: int) -> None:
    lines = shown(("7", "2026-03-02", "山田太郎" * 30, "gone", LONG + "x" * 300), width=width)
    assert max(map(cell_len, lines)) <= width
    together = "".join("".join(lines).split())
    assert all(together.count(letter) >= number for letter, number in (("山", 30), ("x", 300)))
    assert width >= 120 or "".join(LONG.split()) in together


def test_a_text_from_outside_passes_for_no_cell() -> None:
    forged = "x   verdict: gone" + " y" * 40 + "\nverdict: gone\x1b[31m   [red]verdict[/red]: gone"
    for width in range(30, 120):
        lines = shown(("7", "2026-03-02", forged, "no_right", forged), width=width)
        cells = [
            cell.strip()
            for line in lines
            if line[:4].isspace() and not line[:5].isspace()
            for cell in line.split("   ")
        ]
        assert [cell for cell in cells if cell.startswith("verdict")] == ["verdict: no_right"]
        assert "[red]" in "".join(each.strip() for each in lines)


def test_nothing_is_shown_of_a_narrow_table_without_rows() -> None:
    assert shown(width=80) == []
