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
    from app.config.settings import Settings
    from bot.ports.ledger import Ledger
    from bot.ports.store import Store
    from bot.workflow.authorization import Authorizer

FOLLOWED_EVERY = timedelta(seconds=2)
"""How often a replica reads what the others have changed."""

DRAWING = 4
"""How many homes are drawn side by side: a call of Slack may last, and nobody waits behind another."""


class HomeService:
    """Looks after the homes from the start of the bot to its end.

    With a `log` it reads there whose homes have changed: other replicas change them, too.
    """

    def __init__(self, homes: Homes, log: Store | None = None) -> None:
        self._homes, self._log, self._read = homes, log, 0
        self._tickers = [Ticker("home", homes.look, DRAWN_EVERY, threads=DRAWING)]
        if log:
            self._tickers.append(Ticker("home.log", self.follow, FOLLOWED_EVERY))

    def start(self) -> None:
        if self._log:
            self._read = self._log.head().seq
        for ticker in self._tickers:
            ticker.start()

    def follow(self) -> None:
        """Read what is new in the audit log, and draw the homes of those whom it is about."""
        while self._log and (entries := self._log.entries(after=self._read)):
            self._homes.changed_for({person for entry in entries for person in (entry.requester, entry.actor)})
            self._read = entries[-1].seq

    def stop(self) -> None:
        """A thread that waits for Slack ends with the process: a home is drawn anew when it is opened."""
        for ticker in self._tickers:
            ticker.stop(timedelta(0))


def homes_of(
    settings: Settings, client: WebClient, directory: SlackDirectory, ledger: Ledger, authorizer: Authorizer
) -> Homes:
    """Return the homes over this Slack and this database."""
    contents = HomeReader(
        ledger=ledger, authorizer=authorizer, inventory=settings.inventory(), contact=settings.contact
    )
    return Homes(contents=contents, tab=SlackHome(client, directory.group_ids), clock=authorizer.clock)
