"""What runs before a commit is what `make lint` runs."""

from __future__ import annotations

import re

import yaml

from tests.support.checkout import ROOT


def test_the_hooks_are_the_checks_of_make_lint() -> None:
    recipe = re.search(r"^lint:.*\n((?:\t.+\n)+)", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    made = [line.split() for line in (recipe[1] if recipe else "").replace("$(BIN)", ".venv/bin").splitlines()]
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    entries = [hook["entry"].replace("--force-exclude", ".").split() for hook in config["repos"][0]["hooks"]]
    assert [sorted(entry) for entry in entries] == [sorted(line) for line in made]
