"""The `Forms` port: the modals of this process that wait for a look at a host."""

from __future__ import annotations

import threading
from collections import OrderedDict
from contextlib import nullcontext
from typing import TYPE_CHECKING

import structlog
from slack_sdk.errors import SlackApiError

from adapters.slack.errors import translate_errors
from adapters.slack.logoff_view import logoff_view
from bot.cards import logoff_form
from bot.errors import ChatError

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from slack_sdk import WebClient

    from bot.cards.logoff_form import LogoffForm
    from bot.domain.draft import Draft
    from bot.domain.request import Request

MOST_KEPT = 1000
"""How many forms are remembered; the oldest is forgotten, and its look is answered like a typed command."""

log = structlog.get_logger()


class FormLooks:
    """Knows which form waits for which look. All threads may use it."""

    def __init__(self, client: WebClient, away: Callable[[], AbstractContextManager[None]] = nullcontext) -> None:
        """`away` is entered while a caller only waits for Slack."""
        self._client, self._away, self._lock = client, away, threading.Lock()
        self._waiting: OrderedDict[str, tuple[str, Draft]] = OrderedDict()
        self._newest: OrderedDict[str, str] = OrderedDict()

    def keep(self, view_id: str, draft: Draft) -> None:
        """Remember that this form waits for the look of its draft, and for no earlier one."""
        with self._lock:
            self._waiting[draft.look], self._newest[view_id] = (view_id, draft), draft.look
            for kept in (self._waiting, self._newest):
                while len(kept) > MOST_KEPT:
                    kept.popitem(last=False)

    def show(self, request: Request) -> bool:
        """Show what the look found, unless another computer was chosen since, or the form is closed."""
        with self._lock:
            view_id, draft = self._waiting.get(request.id, ("", None))
            is_newest = self._newest.get(view_id) == request.id
        if draft is None:
            return False
        return not is_newest or self.update(view_id, logoff_form.build(draft, request))

    def update(self, view_id: str, form: LogoffForm) -> bool:
        """Redraw the form. Return False when Slack does not; a form that was closed needs no drawing."""
        try:
            with self._away(), translate_errors():
                return self._updated(view_id, form)
        except ChatError as error:
            log.warning("form.not_updated", message=error.message)
            return False

    def _updated(self, view_id: str, form: LogoffForm) -> bool:
        try:
            self._client.views_update(view_id=view_id, view=logoff_view(form))
        except SlackApiError as exc:
            if exc.response.get("error") != "not_found":
                raise
            log.info("form.closed")
        return True
