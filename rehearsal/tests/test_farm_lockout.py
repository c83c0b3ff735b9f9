"""The lockout of the farm's account: refusals anywhere count, and then no host takes the account."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import requests
import yaml
from pydantic import ValidationError

from rehearsal.windows import Farm, FarmFileError
from rehearsal.windows.lockout import Attempts, LockoutSettings
from rehearsal_testing.ntlm_client import Client
from rehearsal_testing.winrm_client import listed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ACCOUNT = {"username": "CORP\\svc", "password": "fiction"}
HOSTS: dict[str, Any] = {
    "one": {"auth": ["ntlm", "negotiate", "basic"]},
    "two": {"auth": ["ntlm", "negotiate", "basic"]},
    "refusing": {"behaviour": "wrong-password"},
}


@pytest.fixture
def farm(tmp_path: Path) -> Iterator[Farm]:
    path = tmp_path / "farm.yaml"
    told = {"account": ACCOUNT, "lockout": {"after": 3, "within": "10m"}, "hosts": HOSTS}
    path.write_text(yaml.safe_dump(told), encoding="utf-8")
    with Farm.from_file(path) as farm:
        yield farm


def by_ntlm(farm: Farm, host: str, password: str, user: str = "svc") -> int:
    return Client(farm.endpoints[host]).log_on(user, password)


def by_basic(farm: Farm, host: str, password: str, user: str = "CORP\\svc") -> int:
    session = requests.Session()
    session.trust_env = False
    return session.post(farm.endpoints[host], auth=(user, password), timeout=10).status_code


def test_refusals_at_different_hosts_and_in_different_methods_lock_the_account_everywhere(farm: Farm) -> None:
    assert [by_ntlm(farm, "one", "wrong"), by_basic(farm, "two", "wrong")] == [401, 401]
    assert not farm.is_account_locked()
    assert by_ntlm(farm, "refusing", "fiction") == 401
    assert farm.is_account_locked()
    rights = [by_ntlm(farm, "one", "fiction"), by_ntlm(farm, "two", "fiction"), by_basic(farm, "one", "fiction")]
    assert rights == [401, 401, 401]
    assert farm.refused_logons() == ["one", "two", "refusing", "one", "two", "one"]


def test_an_acceptance_between_begins_the_count_anew(farm: Farm) -> None:
    for _ in range(3):
        assert [by_ntlm(farm, "one", "wrong") for _ in range(2)] == [401, 401]
        assert by_ntlm(farm, "two", "fiction") == 200
    assert not farm.is_account_locked()


def test_what_is_no_password_of_the_account_does_not_count(farm: Farm) -> None:
    for _ in range(4):
        assert by_ntlm(farm, "one", "wrong", user="somebody-else") == 401
        assert by_basic(farm, "one", "wrong", user="CORP\\somebody-else") == 401
        assert Client(farm.endpoints["one"]).say(b"no token").status_code == 401
    assert (farm.is_account_locked(), farm.refused_logons()) == (False, [])


def test_negotiate_is_counted_as_ntlm_is(farm: Farm) -> None:
    for _ in range(3):
        assert Client(farm.endpoints["one"], "Negotiate").log_on("svc", "wrong") == 401
    assert farm.is_account_locked()


def test_restore_unlocks(farm: Farm) -> None:
    for _ in range(3):
        by_ntlm(farm, "one", "wrong")
    farm.restore()
    assert (farm.is_account_locked(), farm.refused_logons()) == (False, [])
    assert 0 not in listed(farm, "one")


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_what_is_older_than_the_window_counts_no_more_and_the_lock_ends_with_it() -> None:
    clock = Clock()
    attempts = Attempts(LockoutSettings(after=2, within=timedelta(minutes=10)), clock)
    attempts.try_password("one", is_right=False)
    clock.now += 600
    attempts.try_password("two", is_right=False)
    assert not attempts.is_locked()
    clock.now += 599
    attempts.try_password("three", is_right=False)
    assert attempts.is_locked()
    clock.now += 300
    assert not attempts.try_password("one", is_right=True)
    assert not attempts.try_password("one", is_right=False)
    clock.now += 300
    assert not attempts.is_locked()
    assert attempts.try_password("one", is_right=True)


@pytest.mark.parametrize("settings", [{"after": 0}, {"within": "0"}, {"within": "soon"}, {"for": "1m"}])
def test_a_lockout_that_makes_no_sense_is_refused(settings: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "farm.yaml"
    path.write_text(yaml.safe_dump({"account": ACCOUNT, "lockout": settings, "hosts": HOSTS}), encoding="utf-8")
    with pytest.raises(FarmFileError, match="lockout"):
        Farm.from_file(path)
    with pytest.raises(ValidationError):
        LockoutSettings.model_validate(settings)
