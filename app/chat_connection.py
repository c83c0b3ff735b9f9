"""Which connection brings commands and presses: Socket Mode, or HTTP mode."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from adapters.slack.socket_mode import SocketMode
from app.config.http_mode import address_of, paths_of
from bot.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypedDict

    from adapters.slack.ack_keeper import AckKeeper
    from adapters.slack.connection import Listening
    from adapters.slack.form_looks import FormLooks
    from app.config.settings import Settings, Slack
    from bot.domain.request import WorkItem
    from bot.ports.chat import ChatConnection
    from bot.workflow.intake import Intake
    from bot.workflow.response import Response

    class Parts(TypedDict):
        """What takes commands and presses, as `Listening` has it."""

        intake: Intake
        wake: Callable[[WorkItem], None]
        asked: Callable[[Response, str], None]
        keeper: AckKeeper
        looks: FormLooks


NOT_INSTALLED = "slack.mode: http needs the extra http: uv sync --locked --inexact --extra http"


def connection_of(settings: Settings, **parts: Unpack[Parts]) -> ChatConnection:
    """Return the connection that `slack.mode` names. Raises `SettingsError` when its packages are not installed."""
    slack = settings.slack
    needs: Listening = {
        "bot_token": slack.bot_token.get_secret_value(),
        "api_url": slack.api_url,
        "team": settings.team,
        "intake": parts["intake"],
        "wake": parts["wake"],
        "asked": parts["asked"],
        "keeper": parts["keeper"],
        "looks": parts["looks"],
    }
    if slack.mode == "http":
        return _over_http(slack, needs)
    return SocketMode(app_token=slack.app_token.get_secret_value(), **needs)


def _over_http(slack: Slack, needs: Listening) -> ChatConnection:
    try:
        from adapters.slack.http_mode import HttpMode  # noqa: PLC0415 - starlette and uvicorn are an extra
    except ModuleNotFoundError as error:
        raise SettingsError(NOT_INSTALLED) from error
    host, port = address_of(slack.listen)
    secret = slack.signing_secret.get_secret_value()
    return HttpMode(signing_secret=secret, host=host, port=port, paths=paths_of(slack.public_url), **needs)
