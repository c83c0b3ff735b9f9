"""The README is true: its examples run, and its table of behaviours has each behaviour with its options."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from rehearsal.windows import BEHAVIOURS

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
ROWS = re.findall(r"^\| `([a-z-]+)` \|([^|]*)\| [A-Z]", README, re.MULTILINE)


@pytest.mark.parametrize("example", EXAMPLES, ids=["slack", "windows"])
def test_an_example_runs(example: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):  # pywinrm warns of them
        monkeypatch.delenv(name, raising=False)
    exec(compile(example, "README.md", "exec"), {})  # noqa: S102 - our own text


def test_the_table_has_every_behaviour() -> None:
    assert sorted(name for name, _ in ROWS) == sorted(BEHAVIOURS)


def test_the_options_in_the_table_exist() -> None:
    for name, options in ROWS:
        assert set(re.findall(r"`([a-z_]+):", options)) <= set(BEHAVIOURS[name].model_fields), name
