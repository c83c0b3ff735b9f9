"""The page reads mrkdwn as the npm package slack-to-html does, or the corpus says where it does not, and why."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).with_name("js")
CORPUS: list[dict[str, str]] = json.loads((HERE / "corpus.json").read_text(encoding="utf-8"))
NODE, NPM = shutil.which("node"), shutil.which("npm")

pytestmark = pytest.mark.skipif(NODE is None or NPM is None, reason="install Node.js 20 and npm")


@pytest.fixture(scope="module")
def compared() -> dict[str, dict[str, Any]]:
    if not (HERE / "node_modules" / "slack-to-html").exists():
        subprocess.run([str(NPM), "ci", "--no-audit", "--no-fund"], cwd=HERE, check=True, timeout=110)  # noqa: S603 -- npm
    asked = json.dumps(CORPUS)
    done = subprocess.run(  # noqa: S603 -- node
        [str(NODE), "compare.mjs"], cwd=HERE, input=asked, capture_output=True, text=True, check=True, timeout=60
    )
    return {each["text"]: each for each in json.loads(done.stdout)}


def test_the_corpus_has_two_hundred_different_texts() -> None:
    assert len({each["text"] for each in CORPUS}) == len(CORPUS) >= 200


def test_both_readers_agree_wherever_no_difference_is_listed(compared: dict[str, dict[str, Any]]) -> None:
    listed = {each["text"] for each in CORPUS if "differs" in each}
    apart = {text for text, each in compared.items() if each["ours"] != each["theirs"]}
    assert [compared[text] for text in sorted(apart - listed)] == []
    assert sorted(listed - apart) == [], "listed as different, and they agree"


def test_no_text_becomes_markup(compared: dict[str, dict[str, Any]]) -> None:
    """Nothing but what the comparison itself writes begins with a `<` in what the page made."""
    ours = compared["<img src=x onerror=alert(1)>"]["ours"]
    assert ours == "&lt;img src=x onerror=alert(1)&gt;"
    assert compared["<javascript:alert(1)|click>"]["ours"].startswith("&lt;")
