"""A value that has to be one of a few: the one that may be meant is named, for every such key of the file."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Literal, get_args, get_origin

from app.config.schema import sections_of
from app.config.settings import Settings
from tests.support.app_yaml import HEAD, faults
from tests.support.cases import for_each

if TYPE_CHECKING:
    from pathlib import Path

RULE = "  - {{name: b, who: ['@oncall'], may: [log_off], {}}}"
SLIPS = {
    "WinRm.transport": ("winrm: {transport: kerberso}", "winrm.transport", "kerberos"),
    "WinRm.scheme": ("winrm: {scheme: htps}", "winrm.scheme", "https"),
    "WinRm.carrier": ("winrm: {carrier: jae}", "winrm.carrier", "jea"),
    "Slack.mode": ("slack: {mode: sokcet}", "slack.mode", "socket"),
    "DigestSettings.day": ("digest: {channel: C0OPS00001, day: mondai}", "digest.day", "monday"),
    "RuleSettings.may": ("  - {name: b, who: ['@oncall'], may: [mesage]}", "rules.1.may.0", "message"),
    "states": (RULE.format("states: [Disconected]"), "rules.1.states.0", "Disconnected"),
    "confirm": (RULE.format("confirm: anothr"), "rules.1.confirm", "another"),
    "deny_reason": (RULE.format("deny_reason: Wanted"), "rules.1.deny_reason", "wanted"),
    "zone": ("digest: {channel: C0OPS00001, zone: Europe/Berln}", "digest.zone", "Europe/Berlin"),
    "city": ("digest: {channel: C0OPS00001, zone: berlin}", "digest.zone", "Europe/Berlin"),
    "commands": ("commands: {sesions: /ts}", "commands", "sessions"),
}
OF_A_COMPUTER = HEAD.replace("computers: [comp1,", "computers: [{name: comp1, winrm: {transport: Kerbros}},")


@for_each(("said", "key", "meant"), SLIPS.values(), ids=SLIPS)
def test_the_value_that_may_be_meant_is_named(tmp_path: Path, said: str, key: str, meant: str) -> None:
    (fault,) = faults(tmp_path, said)
    assert f": {key}: " in fault
    assert fault.lower().endswith(f"did you mean `{meant}`?".lower())
    assert f"`{meant}`" in fault


def test_so_it_is_for_one_computer_and_each_slip_has_its_own(tmp_path: Path) -> None:
    (fault,) = faults(tmp_path, head=OF_A_COMPUTER)
    assert fault.endswith("Did you mean `kerberos`?")
    both = faults(tmp_path, "  - {name: b, who: ['@oncall'], may: [mesage, lisst]}")
    assert [each.rpartition(" ")[2] for each in both] == ["`message`?", "`list`?"]


@for_each("said", ["winrm: {transport: smoke}", "winrm: {transport: 7}", f"winrm: {{transport: {'kerberos' * 9}}}"])
def test_what_is_near_to_none_has_no_hint_and_is_not_repeated(tmp_path: Path, said: str) -> None:
    (fault,) = faults(tmp_path, said)
    assert fault.endswith("winrm.transport: has to be 'kerberos', 'ntlm', 'certificate' or 'basic'.")


def test_every_enumerated_key_of_the_settings_is_tried_here() -> None:
    found = {
        f"{model.__name__}.{name}"
        for model in sections_of(Settings)
        for name, field in model.model_fields.items()
        if any(_is_enumerated(part) for part in (field.annotation, *get_args(field.annotation)))
    }
    assert {name.replace("AllWinRm", "WinRm") for name in found} == {name for name in SLIPS if "." in name}


def _is_enumerated(kind: object) -> bool:
    return get_origin(kind) is Literal or (isinstance(kind, type) and issubclass(kind, Enum))


def test_a_key_that_is_misspelt_is_no_second_fault_as_missing(tmp_path: Path) -> None:
    assert faults(tmp_path, head=HEAD.replace("team:", "taem:")) == [
        "line 2: taem: I know no key `taem` here; did you mean `team`?"
    ]


def test_thousands_of_wrong_values_are_compared_a_hundred_times(tmp_path: Path) -> None:
    many = ", ".join(f"Activ{number}" for number in range(2000))
    told = faults(tmp_path, RULE.format(f"states: [{many}]"))
    assert sum("Did you mean `Active`?" in line for line in told) <= 100
