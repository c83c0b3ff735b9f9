"""A home that was opened at one replica follows what others do."""

from __future__ import annotations

from datetime import timedelta

from app.homes import HomeService
from bot.domain.events import Refused
from bot.workflow.home_reader import HomeReader
from bot.workflow.homes import Homes
from tests.support import builders as b
from tests.support.harness import BotHarness
from tests.unit.bot.workflow.test_homes import Tabs

MINUTE = timedelta(minutes=1)


def test_a_home_is_drawn_anew_when_another_replica_has_changed_a_request_of_its_person() -> None:
    bot, tabs = BotHarness(), Tabs()
    reader = HomeReader(ledger=bot.ledger, authorizer=bot.authorizer, inventory=bot.intake.inventory)
    homes = Homes(contents=reader, tab=tabs, clock=bot.clock)
    service = HomeService(homes, bot.ledger)
    bot.ledger.open(b.request("TS-AAAAAA"))
    for person in (b.ASKER, b.OTHER):
        homes.opened(person)
    homes.look()
    service.follow()
    bot.clock.move(MINUTE)
    homes.look()
    tabs.shown.clear()
    bot.ledger.record("TS-AAAAAA", Refused(rule="r", message="no"))
    bot.clock.move(MINUTE)
    homes.look()
    assert tabs.readers == []
    service.follow()
    homes.look()
    assert tabs.readers == [b.ASKER.user_id]
