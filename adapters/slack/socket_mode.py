"""The `ChatConnection` port: a Bolt app on Socket Mode, which needs no open port in the company's network."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

import structlog
from slack_bolt import App
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.errors import SlackApiError

from adapters.slack.envelopes import TwoLaneClient
from adapters.slack.errors import TOKEN, translate_errors
from adapters.slack.form_listeners import FormListeners
from adapters.slack.form_looks import FormLooks
from adapters.slack.listeners import register
from adapters.slack.scopes import missing_in
from adapters.slack.web import SlackWeb
from bot.commands import COMMANDS
from bot.errors import ChatError, SettingsError
from bot.workflow.form_intake import FormIntake

if TYPE_CHECKING:
    from collections.abc import Callable

    from slack_sdk.web import SlackResponse

    from adapters.slack.ack_keeper import AckKeeper
    from bot.domain.request import WorkItem
    from bot.workflow.intake import Intake

log = structlog.get_logger()

Answer = TypeVar("Answer")

ACKING = 64
"""How many threads take envelopes and ack them. With Bolt's default of five, envelopes would queue in a busy minute."""

LISTENING = 256
"""How many listeners run at once. After its ack one may still wait for Slack, and no other is kept waiting for that."""

START_WITHIN = timedelta(minutes=1)
"""How long the start asks Slack again that does not answer, or says that it cannot at the moment."""

FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=1), timedelta(seconds=10)
"""Between two tries at the start; each pause is twice as long as the one before."""

APP_TOKEN = "slack.app_token"  # noqa: S105 - the name of a key
"""Where the configuration has the token of Socket Mode."""

NO_TOKEN = TOKEN | {"not_allowed_token_type"}
"""What Slack calls a token that no waiting makes a good one."""


class SocketMode:
    """Connects, listens and acks.

    At the start Slack is asked which workspace the token belongs to and what the app may do. After that no network call
    precedes an ack.
    """

    def __init__(  # noqa: PLR0913 - two tokens, their workspace, and the parts that take commands and presses
        self,
        *,
        bot_token: str,
        app_token: str,
        api_url: str,
        team: str,
        intake: Intake,
        wake: Callable[[WorkItem], None],
        asked: Callable[[str, str], None],
        keeper: AckKeeper,
        looks: FormLooks | None = None,
        start_within: timedelta = START_WITHIN,
    ) -> None:
        self._client = SlackWeb(token=bot_token, base_url=api_url, retries=False)
        self._bot_token, self._app_token, self._team, self._api_url = bot_token, app_token, team, api_url
        self._intake, self._wake, self._keeper = intake, wake, keeper
        self._asked, self._looks = asked, looks or FormLooks(self._client)
        self._start_within = start_within
        self._executor = ThreadPoolExecutor(max_workers=LISTENING, thread_name_prefix="ack")
        self._stopping = threading.Event()
        self._socket: TwoLaneClient | None = None

    def start(self) -> None:
        """Connect, and return once the socket is open.

        Slack is asked again for a minute while it cannot be reached. Raises `ChatError` when it still cannot be then,
        and `SettingsError` when a token is no good one or another workspace's.
        """
        with ExitStack() as undo:
            undo.callback(self.stop)
            self._connect(time.monotonic() + self._start_within.total_seconds())
            undo.pop_all()

    def _connect(self, deadline: float) -> None:
        authorized = self._authorize(deadline)
        app = App(
            client=SlackWeb(base_url=self._api_url),
            authorize=lambda: authorized,
            listener_executor=self._executor,
        )
        forms = FormListeners(
            forms=FormIntake(intake=self._intake),
            looks=self._looks,
            wake=self._wake,
            client=self._client,
            keeper=self._keeper,
        )
        register(
            app,
            COMMANDS,
            self._intake,
            self._wake,
            asked=self._asked,
            client=self._client,
            keeper=self._keeper,
            forms=forms,
        )
        web_client = SlackWeb(base_url=self._api_url, retries=False)
        self._socket = TwoLaneClient(app, app_token=self._app_token, web_client=web_client, concurrency=ACKING)
        self._patiently(self._open, APP_TOKEN, deadline)

    def _authorize(self, deadline: float) -> AuthorizeResult:
        """Return whom the token belongs to. What the app may not do is said in the log, and the start goes on."""
        answer: SlackResponse = self._patiently(self._client.auth_test, "slack.bot_token", deadline)
        if answer["team_id"] != self._team:
            message = (
                f"team: the bot's token belongs to workspace {answer['team_id']}, the configuration says {self._team}."
            )
            raise SettingsError(message)
        for scope in missing_in(answer.headers):
            log.warning("slack.scope_missing", scope=scope.name, message=scope.consequence)
        return AuthorizeResult.from_auth_test_response(auth_test_response=answer, bot_token=self._bot_token)

    def _open(self) -> None:
        """Open the socket. Raises as Slack's client does, and `ConnectionError` when nobody answers at its address."""
        if self._socket and not self._socket.is_connected():
            self._socket.connect_to_new_endpoint(force=True)
            if not self._socket.is_connected():
                raise ConnectionError("the socket did not open")

    def _patiently(self, call: Callable[[], Answer], key: str, deadline: float) -> Answer:
        """Return the answer, asking again until the deadline (of the monotonic clock) while another try may help.

        `key` is where the configuration has the token of this call.
        """
        pause = FIRST_PAUSE
        while True:
            try:
                with translate_errors():
                    return _checked(call, key)
            except ChatError as error:
                wait = max(pause, error.retry_after or pause)
                if not error.retryable or time.monotonic() + wait.total_seconds() > deadline:
                    raise
                log.warning("slack.not_connected", message=error.message, again_in_seconds=wait.total_seconds())
                if self._stopping.wait(wait.total_seconds()):
                    raise
                pause = min(2 * pause, LONGEST_PAUSE)

    def heard(self) -> object | None:
        """Return a mark that changes with each sign of life of Slack; None while no socket is open."""
        return self._socket.heard() if self._socket else None

    def take_no_more(self) -> None:
        """Keep the present socket, and open no new one after it is lost. A start that still waits ends."""
        self._stopping.set()
        if self._socket:
            self._socket.take_no_more()

    def stop(self) -> None:
        """Take no more envelopes, and finish those that have arrived. May be called twice."""
        self.take_no_more()
        if self._socket:
            self._socket.close()
        self._executor.shutdown(wait=True)


def _checked(call: Callable[[], Answer], key: str) -> Answer:
    """Return the answer. Raises `SettingsError` when Slack says that the token is no good one."""
    try:
        return call()
    except SlackApiError as exc:
        name = str(exc.response.get("error", ""))
        is_for_app = key == APP_TOKEN
        if name not in NO_TOKEN and not (is_for_app and name == "missing_scope"):
            raise
        kind = "xapp-, with connections:write" if is_for_app else "xoxb-"
        message = f"{key}: Slack does not take this token ({name}). Copy the token of the app again ({kind})."
        raise SettingsError(message) from exc
