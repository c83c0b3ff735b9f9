"""The `Directory` port: user groups, kept in memory and refreshed in the background, so that no ack waits for Slack."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import structlog

from adapters.slack.faults import mapped
from bot.errors import ChatError

if TYPE_CHECKING:
    from datetime import timedelta

    from slack_sdk import WebClient

log = structlog.get_logger()


class SlackDirectory:
    """Who is in which user group. Before the first refresh, and for strangers: in none, so no rule lets them act."""

    def __init__(self, client: WebClient, *, refresh_every: timedelta) -> None:
        self._client, self._every = client, refresh_every
        self._groups: dict[str, frozenset[str]] = {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._keep_fresh, name="directory", daemon=True)

    def groups_of(self, user_id: str) -> frozenset[str]:
        return self._groups.get(user_id, frozenset())

    def start(self) -> None:
        """Ask once before the first command comes, then now and again."""
        self._refresh_or_say()
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    def refresh(self) -> None:
        """Read all groups anew. Tier 2 calls (20 a minute): one for the list, with its members. Raises `ChatError`."""
        found: dict[str, set[str]] = {}
        with mapped():
            answer = self._client.usergroups_list(include_users=True, include_disabled=False)
            for group in answer["usergroups"]:
                for user_id in group.get("users") or ():
                    found.setdefault(user_id, set()).update((group["id"], f"@{group['handle']}"))
        self._groups = {user_id: frozenset(groups) for user_id, groups in found.items()}

    def _keep_fresh(self) -> None:
        while not self._stopping.wait(self._every.total_seconds()):
            self._refresh_or_say()

    def _refresh_or_say(self) -> None:
        try:
            self.refresh()
        except ChatError as error:
            log.warning("directory.not_refreshed", say=error.say)
