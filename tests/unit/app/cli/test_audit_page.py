"""The rows of a report wait in bounded memory until the page knows how many they are."""

from __future__ import annotations

from app.cli.audit_page import KEPT_IN_MEMORY, Spool


def test_a_spool_gives_its_rows_back_in_their_order_as_often_as_it_is_asked() -> None:
    spool = Spool()
    for row in ("<tr>é\r\n", "日\n", "\ud800"):
        spool.add(row)
    assert spool.rows == 3
    for _ in range(2):
        assert "".join(spool) == "<tr>é\r\n日\n\\ud800"


def test_what_is_more_than_the_bound_leaves_memory_and_loses_nothing() -> None:
    spool = Spool()
    row = "é" * 1000
    count = KEPT_IN_MEMORY // 1000
    for _ in range(count):
        spool.add(row)
    assert spool._file._rolled  # type: ignore[attr-defined] # whether it is on the disk by now
    assert sum(map(len, spool)) == count * len(row)
    assert max(map(len, spool)) <= 65_536
