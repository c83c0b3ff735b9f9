from __future__ import annotations

import threading

import pytest

from app.watchdog import ROUNDS, STUCK, Watchdog


def test_a_writer_that_is_seen_for_a_minute_is_stuck_and_no_sooner() -> None:
    writer = object()
    watchdog = Watchdog(lambda: writer)
    assert [watchdog.is_stuck() for _ in range(ROUNDS + 1)] == [False] * ROUNDS + [True]


@pytest.mark.parametrize("between", [None, object()])
def test_another_writer_or_none_begins_the_count_anew(between: object | None) -> None:
    first, now = object(), [object()]
    now[0] = first
    watchdog = Watchdog(lambda: now[0], rounds=3)
    assert not any(watchdog.is_stuck() for _ in range(3))
    now[0] = between
    assert not watchdog.is_stuck()
    now[0] = first
    assert not any(watchdog.is_stuck() for _ in range(3))
    assert watchdog.is_stuck()


def test_where_nobody_writes_nothing_is_stuck() -> None:
    watchdog = Watchdog(lambda: None, rounds=1)
    assert not any(watchdog.is_stuck() for _ in range(9))


def test_a_process_that_is_stuck_ends_with_the_code_of_a_failure_that_a_start_cures(
    capsys: pytest.CaptureFixture[str],
) -> None:
    codes: list[int] = []
    ended = threading.Event()

    def end(code: int) -> None:
        codes.append(code)
        ended.set()

    writer = object()
    Watchdog(lambda: writer, rounds=2, end=end, wait=lambda: None).start()
    assert ended.wait(20)
    assert codes == [STUCK] == [75]
    assert "process.stuck" in "".join(capsys.readouterr())


def test_whoever_asks_is_told_in_each_round_that_nobody_is_stuck_and_no_longer_once_somebody_is() -> None:
    writer, told, ended = object(), list[int](), threading.Event()
    watchdog = Watchdog(
        lambda: writer, rounds=3, end=lambda _code: ended.set(), wait=lambda: None, content=lambda: told.append(1)
    )
    watchdog.start()
    assert ended.wait(20)
    assert len(told) == 3
