"""A private answer gives a time in the zone of its reader, as the card does."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from rehearsal_testing.waiting import wait_until

if TYPE_CHECKING:
    from app.rehearse.environment import Rehearsal


def test_answers_to_a_command_and_to_a_press_have_the_time_of_a_pause_in_the_readers_zone(stage: Rehearsal) -> None:
    dana = stage.visitor("dana")
    dana.command("/logoff comp1 id=3")
    stage.wait_until_still()
    stage.bot.ledger.pause("ops", "patch night <!channel>")
    pause = stage.bot.ledger.paused()
    assert pause
    fallback = f"{pause.since:%Y-%m-%d %H:%M} UTC"
    timestamp = int(pause.since.replace(second=0, microsecond=0).timestamp())
    before = len(dana.messages())
    dana.press("Log off 1")
    wait_until(lambda: len(dana.messages()) > before)
    told = dana.messages()[-1]
    assert told.ephemeral
    assert re.search(rf"since <!date\^{timestamp}\^[^|]+\|{fallback}>: patch night &lt;!channel&gt;", told.text)
    dana.command("/logoff comp1 id=5")
    stage.wait_until_still()
    [card] = [message for message in dana.messages() if "Not allowed" in message.text]
    assert card.ephemeral
    assert f'"timestamp": {timestamp}' in json.dumps(card.blocks)
