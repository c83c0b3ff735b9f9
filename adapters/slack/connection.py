"""What both ways to hear Slack share: a Bolt app that knows whose its token is, and a start that waits for Slack."""

from __future__ import annotations

import logging
import threading
import time
from abc import ABC, abstractmethod
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, NotRequired, TypedDict, TypeVar, Unpack

import structlog
from slack_bolt import App
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.errors import SlackApiError

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
    from collections.abc import Callable, Iterator

    from slack_sdk.web import SlackResponse

    from adapters.slack.ack_keeper import AckKeeper
    from bot.domain.request import WorkItem
    from bot.workflow.intake import Intake
    from bot.workflow.response import Response

log = structlog.get_logger()

Answer = TypeVar("Answer")

ACKING = 64
"""How many threads take commands and ack them. With Bolt's default of five, they would queue in a busy minute."""

LISTENING = 256
"""How many listeners run at once. After its ack one may still wait for Slack, and no other is kept waiting for that."""

START_WITHIN = timedelta(minutes=1)
"""How long the start asks Slack again that does not answer, or says that it cannot at the moment."""

FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=1), timedelta(seconds=10)
"""Between two tries at the start; each pause is twice as long as the one before."""

BOT_TOKEN, APP_TOKEN = "slack.bot_token", "slack.app_token"
"""Where the configuration has the token of the bot, and the one of Socket Mode."""

NO_TOKEN = TOKEN | {"not_allowed_token_type"}
"""What Slack calls a token that no waiting makes a good one."""


class Listening(TypedDict):
    """What every connection needs: a token, its workspace, and the parts that take commands and presses."""

    bot_token: str
    api_url: str
    team: str
    intake: Intake
    wake: Callable[[WorkItem], None]
    asked: Callable[[Response, str], None]
    keeper: AckKeeper
    looks: NotRequired[FormLooks]
    start_within: NotRequired[timedelta]


class BoltConnection(ABC):
    """Connects, listens and acks.

    At the start Slack is asked which workspace the token belongs to and what the app may do. After that no network call
    precedes an ack.
    """

    def __init__(self, **needs: Unpack[Listening]) -> None:
        self._needs = needs
        self._client = SlackWeb(token=needs["bot_token"], base_url=needs["api_url"], retries=False)
        self._start_within = needs.get("start_within", START_WITHIN)
        self._executor = ThreadPoolExecutor(max_workers=LISTENING, thread_name_prefix="ack")
        self._stopping = threading.Event()
        self._bot_id = ""

    def start(self) -> None:
        """Connect, and return once commands can arrive.

        Slack is asked again for a minute while it cannot be reached. Raises `ChatError` when it still cannot be then,
        and `SettingsError` when a token is no good one or another workspace's.
        """
        with ExitStack() as undo:
            undo.callback(self.stop)
            deadline = time.monotonic() + self._start_within.total_seconds()
            authorized = self._authorize(deadline)
            self._bot_id = authorized.bot_id or ""
            self._listen(self._app(authorized), deadline)
            undo.pop_all()

    @abstractmethod
    def _listen(self, app: App, deadline: float) -> None:
        """Let commands, presses and events reach the app from now on. Raises as `start` does."""

    @abstractmethod
    def _end(self) -> None:
        """Take nothing more, and return when what has arrived has got its ack. May be called twice."""

    def take_no_more(self) -> None:
        """Keep the present connection, and do not connect again after it is lost. A start that still waits ends."""
        self._stopping.set()

    def stop(self) -> None:
        """Take no more commands and presses, and finish those that have arrived. May be called twice."""
        self.take_no_more()
        self._end()
        self._executor.shutdown(wait=True)

    def _app(self, authorized: AuthorizeResult) -> App:
        with _no_warnings("slack_bolt.App"):  # that it leaves SLACK_BOT_TOKEN of the environment alone, for one
            app = App(
                client=SlackWeb(base_url=self._needs["api_url"]),
                authorize=lambda: authorized,
                listener_executor=self._executor,
                # Socket Mode needs no signatures; in HTTP mode they are checked before the app sees a request.
                request_verification_enabled=False,
            )
        intake, wake, keeper = self._needs["intake"], self._needs["wake"], self._needs["keeper"]
        forms = FormListeners(
            forms=FormIntake(intake=intake),
            looks=self._needs.get("looks") or FormLooks(self._client),
            wake=wake,
            client=self._client,
            keeper=keeper,
        )
        asked = self._needs["asked"]
        register(app, COMMANDS, intake, wake, asked=asked, client=self._client, keeper=keeper, forms=forms)
        return app

    def _authorize(self, deadline: float) -> AuthorizeResult:
        """Return whom the token belongs to. What the app may not do is said in the log, and the start goes on."""
        answer: SlackResponse = self._patiently(self._client.auth_test, BOT_TOKEN, deadline)
        if answer["team_id"] != self._needs["team"]:
            said = self._needs["team"]
            raise SettingsError(
                f"team: the bot's token belongs to workspace {answer['team_id']}, the configuration says {said}."
            )
        for scope in missing_in(answer.headers):
            log.warning("slack.scope_missing", scope=scope.name, message=scope.consequence)
        return AuthorizeResult.from_auth_test_response(auth_test_response=answer, bot_token=self._needs["bot_token"])

    def _patiently(self, call: Callable[[], Answer], key: str, deadline: float) -> Answer:
        """Return the answer, asking again until the deadline (of the monotonic clock) while another try may help.

        `key` is where the configuration has the token of this call.
        """
        pause = FIRST_PAUSE
        while True:
            try:
                with translate_errors():
                    return checked_token(call, key)
            except ChatError as error:
                wait = max(pause, error.retry_after or pause)
                if not error.retryable or time.monotonic() + wait.total_seconds() > deadline:
                    raise
                log.warning("slack.not_connected", message=error.message, again_in_seconds=wait.total_seconds())
                if self._stopping.wait(wait.total_seconds()):
                    raise
                pause = min(2 * pause, LONGEST_PAUSE)


def checked_token(call: Callable[[], Answer], key: str) -> Answer:
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


@contextmanager
def _no_warnings(name: str) -> Iterator[None]:
    """Let this logger of a library say errors alone inside the block."""
    logger = logging.getLogger(name)

    def is_error(record: logging.LogRecord) -> bool:
        return record.levelno >= logging.ERROR

    logger.addFilter(is_error)
    try:
        yield
    finally:
        logger.removeFilter(is_error)
