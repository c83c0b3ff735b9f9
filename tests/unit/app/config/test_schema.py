"""The schema of app.yaml, for editors: made of the settings, and held to them."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
import yaml

from app.config.descriptions import _KEYS, about
from app.config.schema import schema, sections_of
from app.config.settings import Settings, load
from bot.errors import SettingsError
from tests.support.cases import for_each
from tests.support.checkout import ROOT

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA = schema()
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
SECTIONS = {model.__name__: model for model in sections_of(Settings)}
FILES = [ROOT / "app.yaml", *sorted((ROOT / "examples").glob("*.yaml"))]
SMALL = r"""
rehearsal: true
team: T0HOME
computers: [comp1, {match: web-*.corp}]
rules:
  - {name: on-call, who: ["@oncall"], may: [log_off], force: true, confirm: "2 of @oncall", expires_after: 30m}
"""


def faults(values: object) -> list[str]:
    return [error.json_path for error in VALIDATOR.iter_errors(values)]


def block(name: str) -> dict[str, Any]:
    found: dict[str, Any] = SCHEMA if name == "Settings" else SCHEMA["$defs"][name]
    return found


def test_it_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_the_file_that_ships_is_this_schema() -> None:
    shipped = json.loads((ROOT / "app.schema.json").read_text(encoding="utf-8"))
    assert shipped == SCHEMA, "write it anew: logoff-bot config schema > app.schema.json"


def test_every_key_of_the_settings_is_in_it_with_a_line_about_it_and_no_other_key() -> None:
    assert {name: list(block(name)["properties"]) for name in SECTIONS} == {
        name: list(model.model_fields) for name, model in SECTIONS.items()
    }
    for name, model in SECTIONS.items():
        for key, value in block(name)["properties"].items():
            assert value["description"] == about(model, key).text


def test_every_line_is_about_a_key_that_is_there() -> None:
    described = {(name, key) for name, keys in _KEYS.items() for key in keys}
    assert described - {(name, key) for name, model in SECTIONS.items() for key in model.model_fields} == set()


@for_each("name", list(SECTIONS))
def test_a_block_refuses_an_unknown_key_and_asks_for_the_needed_ones(name: str) -> None:
    needed = [key for key, field in SECTIONS[name].model_fields.items() if field.is_required()]
    assert block(name)["additionalProperties"] is False
    assert block(name).get("required", []) == needed


@for_each("path", FILES)
def test_each_file_that_ships_is_valid_and_names_its_schema(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert faults(yaml.safe_load(text)) == []
    modeline = re.search(r"^# yaml-language-server: \$schema=(\S+)$", text, re.MULTILINE)
    assert modeline
    assert (path.parent / modeline[1]).resolve() == ROOT / "app.schema.json"


CHANGES = [
    ("team: T0HOME", "team: home"),
    ("team: T0HOME", "team: 12"),
    ("team: T0HOME", "teem: T0HOME"),
    ("[log_off]", "[logoff]"),
    ("[log_off]", "[]"),
    ("30m", "30"),
    ("30m", "PT30M"),
    ("force: true", "force: maybe"),
    ("force: true", "force: {alowed: true}"),
    ("2 of @oncall", "two of @oncall"),
    ("@oncall", "dana"),
    ("match: web-*.corp", "mach: web"),
    ("rehearsal: true", "winrm: {port: 0}"),
    ("rehearsal: true", "winrm: {transport: telnet}"),
    ("rehearsal: true", "commands: {stop: /stop}"),
    ("rehearsal: true", "limits: {max_sent: 9}"),
    ("rehearsal: true", "digest: {day: monday}"),
    ("rehearsal: true", "digest: {channel: ops}"),
    ("rehearsal: true", "rehearsal: 3"),
    ("rules:", "rulez:"),
]


@for_each(("old", "new"), CHANGES)
def test_what_the_settings_refuse_alone_the_schema_refuses(tmp_path: Path, old: str, new: str) -> None:
    assert old in SMALL
    text = SMALL.replace(old, new)
    (tmp_path / "app.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError):
        load(tmp_path / "app.yaml", {})
    assert faults(yaml.safe_load(text)) != []


@for_each(
    ("old", "new"),
    [
        ("", ""),
        ("T0HOME", "${TEAM}"),
        ("T0HOME", "file:/etc/team"),
        ("rehearsal: true", "rehearsal: ${R}"),
        ("rehearsal: true", "rehearsal: true\nwinrm: {port: '${PORT}', look_within: 0m30s, ca_file: null}"),
        ("force: true", "force: {allowed: true, hold: 0s}"),
        ("comp1", "{name: comp1, winrm: {transport: '${WAY}'}}"),
        ("rehearsal: true", "rehearsal: true\ndigest:\nprotect: {users: ['CORP\\svc-*']}"),
    ],
)
def test_what_the_settings_take_the_schema_takes(tmp_path: Path, old: str, new: str) -> None:
    text = SMALL.replace(old, new)
    (tmp_path / "app.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "team").write_text("T0HOME", encoding="utf-8")
    environment = {"TEAM": "T0HOME", "R": "true", "PORT": "5986", "WAY": "kerberos"}
    (tmp_path / "app.yaml").write_text(text.replace("/etc/team", str(tmp_path / "team")), encoding="utf-8")
    assert load(tmp_path / "app.yaml", environment).team == "T0HOME"
    assert faults(yaml.safe_load(text)) == []
