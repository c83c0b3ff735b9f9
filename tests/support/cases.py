"""One rule over a list of cases as one test: every case is tried, and those that fail are named.

`parametrize` makes a test of each case, with fixtures of its own; here the cases share them. A small case costs a
fraction so: in the quick round pytest itself took longer than what was tried.
"""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    Test = Callable[..., None]
LONGEST_NAME = 300
"""Letters of a case that are shown."""


def for_each(
    names: str | Sequence[str], cases: Iterable[Any], *, ids: Callable[[Any], object] | Iterable[object] | None = None
) -> Callable[[Test], Test]:
    """Call the test with every case. It is written as `parametrize` is; one above another tries all pairs."""
    arguments = [name.strip() for name in names.split(",")] if isinstance(names, str) else list(names)
    several = len(arguments) > 1 or not isinstance(names, str)
    listed = [dict(zip(arguments, case if several else (case,), strict=True)) for case in cases]
    given = None if ids is None or callable(ids) else [str(name) for name in ids]
    assert listed, "there is no case: nothing would be tried"
    assert given is None or len(given) == len(listed), "not every case has its name"

    def name_of(at: int) -> str:
        return given[at] if given is not None else _shown(listed[at], ids if callable(ids) else repr)

    def decorate(test: Test) -> Test:
        @functools.wraps(test)
        def try_all(**fixtures: object) -> None:
            failed: list[BaseException] = []
            for at, case in enumerate(listed):
                try:
                    test(**fixtures, **case)
                except (Exception, pytest.fail.Exception) as exc:  # noqa: BLE001 - it is raised below
                    exc.add_note(f"The case: {name_of(at)}")
                    failed.append(exc)
            if len(failed) == 1:
                raise failed[0]
            if failed:
                raise BaseExceptionGroup(f"{len(failed)} of {len(listed)} cases failed", failed)

        taken = inspect.signature(test)
        others = [each for name, each in taken.parameters.items() if name not in arguments]
        assert len(others) + len(arguments) == len(taken.parameters), "the test takes no such case"
        try_all.__signature__ = taken.replace(parameters=others)  # type: ignore[attr-defined] # for pytest
        return try_all

    return decorate


def _shown(case: dict[str, Any], said: Callable[[Any], object]) -> str:
    text = ", ".join(f"{name}={said(value)}" for name, value in case.items())
    return text if len(text) <= LONGEST_NAME else f"{text[: LONGEST_NAME - 1]}…"
