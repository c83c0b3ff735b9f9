"""A small app.yaml with one rule, to which a test adds the lines that it is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.config.settings import Settings, load
from bot.errors import SettingsError

if TYPE_CHECKING:
    from pathlib import Path

HEAD = """rehearsal: true
team: T0HOME
computers: [comp1, 'rds-[01-03]', {match: 'web-*.corp'}]
groups: {farm: ['rds-*']}
"""
RULE = """rules:
  - name: on-call
    who: ["@oncall"]
    may: [log_off]
"""
BEHIND = 9
"""The line behind the rule."""


def read(folder: Path, *lines: str, head: str = HEAD) -> Settings:
    path = folder / "app.yaml"
    path.write_text(head + RULE + "".join(f"{line}\n" for line in lines), encoding="utf-8")
    return load(path, {"SECRET": "hidden!pass/word"})


def faults(folder: Path, *lines: str, head: str = HEAD) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        read(folder, *lines, head=head)
    return [line.strip() for line in caught.value.message.splitlines()[1:]]
