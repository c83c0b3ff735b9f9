"""The section `health`: where the bot answers how it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.config.health import Address
from tests.support.app_yaml import faults, read
from tests.support.cases import for_each

if TYPE_CHECKING:
    from pathlib import Path

SENTENCE = "health.listen: write an address of this machine and a port, like 127.0.0.1:9090"


def test_without_the_section_no_port_is_opened(tmp_path: Path) -> None:
    assert read(tmp_path).health is None


def test_the_section_alone_listens_for_this_machine_alone(tmp_path: Path) -> None:
    settings = read(tmp_path, "health: {}")
    assert settings.health
    assert settings.health.address() == Address("127.0.0.1", 9090)
    assert settings.health.address().is_loopback


@for_each(
    ("said", "address", "is_loopback"),
    [
        ("0.0.0.0:9464", Address("0.0.0.0", 9464), False),  # noqa: S104 - what an administrator may write
        ("localhost:1", Address("127.0.0.1", 1), True),
        ("'[::1]:9090'", Address("::1", 9090), True),
        ("'[::]:65535'", Address("::", 65535), False),
        ("10.1.2.3:9090", Address("10.1.2.3", 9090), False),
    ],
)
def test_an_address_and_a_port_are_read(tmp_path: Path, said: str, address: Address, is_loopback: bool) -> None:  # noqa: FBT001 - a case
    settings = read(tmp_path, f"health: {{listen: {said}}}")
    assert settings.health
    assert settings.health.address() == address
    assert settings.health.address().is_loopback is is_loopback


@for_each(
    "said",
    [
        *("9090", "':9090'", "127.0.0.1", "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:http", "1.2.3:9090", "''"),
        *("'::1:9090'", "'[::1]'", "bot.example:9090", "'127.0.0.1:9090 '", "http://127.0.0.1:9090", "999.1.1.1:9090"),
        "'127.0.0.1:٩٠٩٠'",
    ],
)
def test_an_address_that_cannot_be_is_told_with_the_right_form(tmp_path: Path, said: str) -> None:
    (fault,) = faults(tmp_path, f"health: {{listen: {said}}}")
    assert "health.listen" in fault
    if not said.isdigit():
        assert SENTENCE in fault


def test_an_unknown_key_is_told(tmp_path: Path) -> None:
    (fault,) = faults(tmp_path, "health: {listen: 127.0.0.1:9090, password: secret}")
    assert "password" in fault
    assert "secret" not in fault
