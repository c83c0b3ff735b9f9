"""Nothing here is collected unless `TS_TEST_HOST` names a real host; the acts need `TS_TEST_SEAT`, too."""

from __future__ import annotations

import os
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from adapters.windows.terminal import WinRmTerminal

_NEEDS = {"test_real_host.py": "TS_TEST_HOST", "test_real_seat.py": "TS_TEST_SEAT"}
collect_ignore = [name for name, variable in _NEEDS.items() if not {"TS_TEST_HOST", variable} <= os.environ.keys()]


@pytest.fixture(scope="module")
def terminal() -> Iterator[WinRmTerminal]:
    from adapters.clock import SystemClock  # noqa: PLC0415 - only where a real host is named
    from adapters.windows.terminal import WinRmTerminal  # noqa: PLC0415 - as above
    from adapters.windows.winrm.logon_gate import LogonGate  # noqa: PLC0415 - as above
    from adapters.windows.winrm.shell import WinRmShell  # noqa: PLC0415 - as above
    from tests.fakes.logons import FakeLogons  # noqa: PLC0415 - as above
    from tests.real_host.host import connection, machine_of  # noqa: PLC0415 - as above

    clock = SystemClock()
    gate = LogonGate(
        FakeLogons(clock), clock, b"one run of the tests"
    )  # a wrong password is tried once, not by each test
    with closing(WinRmShell(connection, gate=gate)) as shell:
        yield WinRmTerminal(shell, machine_of=machine_of)
