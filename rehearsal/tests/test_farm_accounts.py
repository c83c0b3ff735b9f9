"""The accounts of all farms of a process stand in one file, because pyspnego looks into one."""

from __future__ import annotations

import os
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from rehearsal.windows.auth import accounts_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest


def test_two_farms_that_start_at_once_know_the_accounts_of_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NTLM_USER_FILE", raising=False)
    is_open = threading.Event()
    with ExitStack() as farms:

        def open_the_other() -> None:
            farms.enter_context(accounts_file(tmp_path / "other", ["CORP\\other"], "a password"))
            is_open.set()

        other = threading.Thread(target=open_the_other)

        def logons() -> Iterator[str]:
            other.start()
            is_open.wait(0.1)
            yield "CORP\\first"

        farms.enter_context(accounts_file(tmp_path / "first", logons(), "a password"))
        other.join()
        known = Path(os.environ["NTLM_USER_FILE"]).read_text(encoding="utf-8")
    assert sorted(known.splitlines()) == ["CORP:first:a password", "CORP:other:a password"]
    assert "NTLM_USER_FILE" not in os.environ
