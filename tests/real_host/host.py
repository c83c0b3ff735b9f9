"""The real host that the environment names, and how it is spoken to."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import SecretStr

from adapters.windows.winrm.endpoint import Connection, Transport
from bot.ports.terminal import Order

if TYPE_CHECKING:
    from collections.abc import Iterator

    from adapters.windows.terminal import WinRmTerminal
    from bot.domain.session import Account, Session
    from bot.domain.verdicts import Reason, Verdict
    from bot.ports.terminal import Answer

HOST = os.environ["TS_TEST_HOST"]
WITHIN = timedelta(minutes=2)
WAIT = timedelta(seconds=90)


def connection(host: str) -> Connection:
    said = os.environ
    scheme = said.get("TS_TEST_SCHEME", "https")
    port = said.get("TS_TEST_PORT", "5986" if scheme == "https" else "5985")
    return Connection(
        endpoint=f"{scheme}://{host}:{port}/wsman",
        transport=Transport(said.get("TS_TEST_TRANSPORT", "kerberos")),
        username=said.get("TS_TEST_USER", ""),
        password=SecretStr(said.get("TS_TEST_PASSWORD", "")),
        ca_file=Path(said["TS_TEST_CA_FILE"]) if "TS_TEST_CA_FILE" in said else None,
    )


def machine_of(host: str) -> str:
    """Return the name that the host gives itself, where it is reached by another."""
    return os.environ.get("TS_TEST_MACHINE", host)


def look(terminal: WinRmTerminal) -> dict[int, Session]:
    return {session.id: session for session in terminal.sessions(HOST, within=WITHIN)}


def order_for(session: Session, session_id: int | None = None, account: Account | None = None) -> Order:
    return Order(
        session_id=session.id if session_id is None else session_id,
        account=account or session.account,
        logon=session.logon,
        said_state=session.state,
        even_if_active=False,
        conditions=(),
        not_at_console=False,  # whoever named the seat may have meant the console
    )


def one(answers: Iterator[Answer]) -> tuple[Verdict | None, Reason | None]:
    (answer,) = answers
    return answer.verdict, answer.reason
