"""Slack for one command: the real one, or the invented workspace of a rehearsal."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from app.cli.options import rehearsal_extra

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.config.settings import Settings
    from app.slack_view import SlackView


@contextmanager
def slack_for(settings: Settings) -> Iterator[SlackView]:
    """Yield Slack as these settings reach it. Raises `ChatError`."""
    if settings.rehearsal:
        with rehearsal_extra():
            from app.rehearse.environment import cast_slack  # noqa: PLC0415 - the rehearsal is an extra

        with cast_slack(settings) as slack:
            yield slack
        return
    from app.slack_view import open_slack  # noqa: PLC0415 - with it comes Slack, which an offline check does not need

    yield open_slack(settings)
