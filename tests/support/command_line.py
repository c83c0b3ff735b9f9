"""`logoff-bot audit` as a person calls it. Only its own options are read: typer reads those of an app for each call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typer.testing import CliRunner

from app.cli.audit import audit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from typer.testing import Result


def invoke(words: Sequence[str]) -> Result:
    """Return what these words after `logoff-bot` do. The first one is `audit`."""
    first, *others = words
    assert first == "audit"
    return CliRunner().invoke(audit, others)
