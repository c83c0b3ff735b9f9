"""What the page for administrators quotes is what the bot says, and every sentence names the host."""

from __future__ import annotations

import re

from adapters.windows.errors import Fault
from adapters.windows.jea import errors
from tests.support.checkout import ROOT

FAULTS = [each for each in vars(errors).values() if isinstance(each, Fault)]


def test_the_page_quotes_what_the_bot_says() -> None:
    said = "\n".join(each.message for each in FAULTS)
    _, table = (ROOT / "docs" / "jea.md").read_text("utf-8").split("| it says |")
    quoted = re.findall(r"^\| ([^|]+) \|", table.split("\n\n")[0], re.MULTILINE)
    quoted = [each for each in quoted if not each.startswith("---")]
    assert len(quoted) > 8
    assert [each for each in quoted if each not in said] == []


def test_every_sentence_names_the_host_and_ends() -> None:
    assert len(FAULTS) > 10
    assert all("{host}" in each.message and each.message.endswith(".") for each in FAULTS)
