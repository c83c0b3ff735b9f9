"""Half a surrogate pair in a name: Windows allows it and UTF-8 has no place for it. From the host to the card."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from adapters.windows.agent.script import logoff_request, message_request
from adapters.windows.shell import Chunk
from adapters.windows.terminal import WinRmTerminal
from bot.domain.conditions import Condition, Field, Operator
from bot.domain.request import Ending
from bot.domain.session import Account, SessionState
from bot.ports.terminal import Order
from tests.support.harness import BotHarness, text_of

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

HALF = "a\ud83d"
SHOWN = "a\N{REPLACEMENT CHARACTER}"
LOGON = 134_087_000_000_000_001


class HostWithHalfALetter:
    """Answers as the agent does and compares names to the letter: 3 is held by half a letter, 5 by bob."""

    def __init__(self) -> None:
        self.people = {3: HALF, 5: "bob"}

    def run(self, host: str, payload: bytes, *, within: timedelta) -> Generator[Chunk]:
        assert (host, within > timedelta(0)) == ("comp1", True)
        found = re.match(rb"\$nonce = '([0-9a-f]{32})'\n\$request = @'\n(.*?)\n'@\n", payload, re.DOTALL)
        assert found
        operation, *lines = found[2].decode("ascii").split("\n")
        replies = self._list() if operation == "list" else [*self._log_off(lines)]
        for each in (*replies, {"end": len(replies)}):
            yield Chunk(stdout=b"%b%b%b\n" % (found[1], json.dumps(each).encode("ascii"), found[1]))

    def _list(self) -> list[dict[str, Any]]:
        head = {"host": {"name": "COMP1", "dns": "comp1", "pointer": 8, "now": str(LOGON + 1)}}
        return [head, *({"session": self._seen(number)} for number in self.people)]

    def _log_off(self, lines: list[str]) -> Iterator[dict[str, Any]]:
        targets = [line.split(" ")[1:] for line in lines if line.startswith("target ")]
        for place, words in enumerate(targets):
            number, _domain, user = (b64decode(word).decode() for word in words[:3])
            told = {"target": place, "code": 0, "waited_ms": 0}
            if self.people[int(number)] == user:
                del self.people[int(number)]
                yield told | {"verdict": "gone", "why": "", "seen": None}
            else:
                yield told | {"verdict": "changed", "why": "person", "seen": self._seen(int(number))}

    def _seen(self, number: int) -> dict[str, Any]:
        ticks = {"logon": str(LOGON), "connect": "0", "disconnect": str(LOGON), "input": "0", "now": str(LOGON + 1)}
        texts = {"station": "", "domain": "CORP", "user": self.people[number], "client": HALF, "address": ""}
        return {"id": number, "state": 4, "protocol": 2, "build": 0, "display": "", "error": 0, **texts, **ticks}


class FarHouse(BotHarness):
    """The house, with its computers behind WinRM."""

    def __init__(self) -> None:
        self.host = HostWithHalfALetter()
        super().__init__()

    def restart(self) -> None:
        self.terminal = WinRmTerminal(self.host)  # type: ignore[assignment] # the port is the same
        super().restart()


def test_a_name_with_half_a_letter_is_shown_not_touched_and_the_others_are_logged_off() -> None:
    harness = FarHouse()
    harness.ask_and_run("comp1 id=3,5 --sync")
    assert f"CORP\\{SHOWN}" in text_of(harness.card)
    request = harness.approve_and_run()
    assert harness.verdicts() == {"comp1 3": "changed", "comp1 5": "gone"}
    assert harness.host.people == {3: HALF}
    assert request.ending is Ending.DONE
    text_of(harness.card).encode()


def test_an_order_with_half_a_letter_from_anywhere_can_be_sent() -> None:
    condition = Condition(field=Field.USER, operator=Operator.LIKE, values=(HALF,))
    order = Order(
        session_id=3,
        account=Account(domain=HALF, user=HALF),
        logon=1,
        said_state=SessionState.ACTIVE,
        even_if_active=False,
        conditions=(condition,),
    )
    whole = replace(order, account=Account(domain=SHOWN, user=SHOWN), conditions=(replace(condition, values=(SHOWN,)),))
    assert logoff_request([order], wait_seconds=1) == logoff_request([whole], wait_seconds=1)
    assert message_request([], title=HALF, text=HALF) == message_request([], title=SHOWN, text=SHOWN)
