"""The `Terminal` port for Windows hosts: one call of the agent for each look and for each host's act."""

from __future__ import annotations

import math
import secrets
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING

from adapters.windows import faults, replies, script
from adapters.windows.shell import Deadline
from bot.errors import Unreachable
from bot.model import Verdict
from bot.ports import Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence

    from adapters.windows.replies import Ended, Reply
    from adapters.windows.shell import Shell
    from bot.model import Session
    from bot.ports import Order


_VERDICTS = {
    "gone": Verdict.GONE,
    "requested": None,
    "absent": Verdict.ALREADY_GONE,
    "changed": Verdict.CHANGED,
    "protected": Verdict.SKIPPED,
    "still_closing": Verdict.STILL_CLOSING,
}


def _new_nonce() -> str:
    return secrets.token_hex(16)


class WinRmTerminal:
    """Repeats by itself only what was not delivered, or what changes nothing."""

    def __init__(self, shell: Shell, *, new_nonce: Callable[[], str] = _new_nonce) -> None:
        self._shell = shell
        self._new_nonce = new_nonce

    def sessions(self, host: str, *, within: timedelta) -> tuple[Session, ...]:
        deadline = Deadline(within)
        try:
            return self._listed(host, deadline)
        except (faults.Miscompiled, Unreachable) as error:
            has_had_its_second = isinstance(error, Unreachable) and not error.delivered
            if has_had_its_second or not deadline.left:
                raise
            return self._listed(host, deadline)

    def log_off(
        self, host: str, orders: Sequence[Order], *, wait: timedelta | None, within: timedelta
    ) -> Iterator[Answer]:
        deadline = Deadline(within)
        seconds = math.ceil(wait.total_seconds()) if wait else 0
        request = script.logoff_request(orders, wait_seconds=seconds)
        try:
            yield from self._answers(host, orders, request, deadline)
        except faults.Miscompiled:
            if not deadline.left:
                raise
            yield from self._answers(host, orders, request, deadline)

    def _listed(self, host: str, deadline: Deadline) -> tuple[Session, ...]:
        with closing(self._run(host, script.list_request(), deadline)) as lines:
            found = [line.session.on(host) for line in lines if isinstance(line, replies.Listed)]
        return tuple(sorted(found, key=lambda session: session.id))

    def _answers(
        self, host: str, orders: Sequence[Order], request: tuple[str, ...], deadline: Deadline
    ) -> Iterator[Answer]:
        answered = 0
        with closing(self._run(host, request, deadline)) as lines:
            for line in lines:
                if not isinstance(line, replies.Ended) or line.target != answered or answered == len(orders):
                    raise faults.INCOMPLETE.at(host, delivered=True)
                yield answer_of(orders[answered], line)
                answered += 1
        if answered < len(orders):
            raise faults.INCOMPLETE.at(host, delivered=True)

    def _run(self, host: str, request: tuple[str, ...], deadline: Deadline) -> Generator[Reply]:
        nonce = self._new_nonce()
        payload = script.payload(nonce, request)
        with closing(self._shell.run(host, payload, within=timedelta(seconds=deadline.left))) as chunks:
            yield from replies.read(host, nonce, chunks)


def answer_of(order: Order, ended: Ended) -> Answer:
    r"""The agent's verdict in the words of the core.

    `detail` is the agent's `why`: `person: CORP\carol` names who holds the session now.
    """
    if ended.verdict == "refused":
        verdict: Verdict | None = faults.REFUSALS.get(ended.code, Verdict.FAILED)
    else:
        verdict = _VERDICTS[ended.verdict]
    holder = f": {ended.seen.account}" if ended.why == "person" and ended.seen else ""
    return Answer(session_id=order.session_id, verdict=verdict, code=ended.code, detail=ended.why + holder)
