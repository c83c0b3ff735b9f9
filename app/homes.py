"""The homes of the running bot: drawn in threads of their own, from the database, beside all steps."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from adapters.scheduler.ticker import Ticker
from adapters.slack.home import SlackHome
from bot.workflow.home_reader import HomeReader
from bot.workflow.homes import DRAWN_EVERY, Homes

if TYPE_CHECKING:
    from slack_sdk import WebClient

    from adapters.slack.directory import SlackDirectory
    from bot.ports.ledger import Ledger
    from bot.workflow.authorization import Authorizer

DRAWING = 4
"""How many homes are drawn side by side: a call of Slack may last, and nobody waits behind another."""


class HomeService:
    """Looks after the homes from the start of the bot to its end."""

    def __init__(self, homes: Homes) -> None:
        self._ticker = Ticker("home", homes.look, DRAWN_EVERY, threads=DRAWING)

    def start(self) -> None:
        self._ticker.start()

    def stop(self) -> None:
        """A thread that waits for Slack ends with the process: a home is drawn anew when it is opened."""
        self._ticker.stop(timedelta(0))


def homes_of(client: WebClient, directory: SlackDirectory, ledger: Ledger, authorizer: Authorizer) -> Homes:
    """Return the homes over this Slack and this database."""
    contents = HomeReader(ledger=ledger, authorizer=authorizer)
    return Homes(contents=contents, tab=SlackHome(client, directory.group_ids), clock=authorizer.clock)
