"""Endpoints of PowerShell remoting that answer wrongly, as a farm file names them, and the behaviours of any host."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

import pytest
from pypsrp.complex_objects import PSInvocationState
from pypsrp.exceptions import WinRMTransportError, WSManFaultError
from pypsrp.shell import SignalCode
from requests.exceptions import ConnectionError as ConnectionCutError

from rehearsal.windows import Farm
from rehearsal_testing.remoting_client import ask, connect, open_pool, order, person, pipeline, sessions
from rehearsal_testing.winrm_client import SMALL_FARM, write_farm

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pypsrp.powershell import RunspacePool

pytestmark = pytest.mark.timeout(30)
GONE = 2150858843
ALL = [0, 3, 5, 65536]


@pytest.fixture
def farm(tmp_path: Path) -> Iterator[Farm]:
    with Farm.from_file(write_farm(tmp_path, SMALL_FARM + "remoting: {LogoffBot: {version: 0.0.9}}\n")) as farm:
        yield farm


def looked(farm: Farm, act: Callable[[RunspacePool], Any], **changes: Any) -> Any:
    """What the client raises at the second call of a pool; the first was answered as on any host."""
    arguments = {"operation_timeout": 1, "read_timeout": 8} | changes
    with open_pool(farm, "one", **arguments) as pool:
        assert list(sessions(pool)) == ALL
        return act(pool)


def test_the_version_of_the_module_is_what_the_file_says(farm: Farm) -> None:
    assert looked(farm, lambda pool: sessions(pool)[3]["ModuleVersion"]) == "0.0.9"


def test_no_endpoint_is_a_fault_of_the_first_message(farm: Farm) -> None:
    farm.set_behaviour("one", "no-endpoint")
    with pytest.raises(WSManFaultError) as caught, open_pool(farm, "one"):
        pass
    assert (caught.value.code, farm.open_shells("one")) == (2150858811, 0)


@pytest.mark.parametrize(("behaviour", "code"), [("quota", 2150859173), ("no-right", 5)])
def test_a_pool_is_a_shell_to_quotas_and_rights(farm: Farm, behaviour: str, code: int) -> None:
    farm.set_behaviour("one", behaviour, **({"at": "create"} if behaviour == "no-right" else {}))
    with pytest.raises(WSManFaultError) as caught, open_pool(farm, "one"):
        pass
    assert caught.value.code == code


def test_a_restart_cuts_the_connection_and_leaves_no_pool(farm: Farm) -> None:
    def restart(pool: RunspacePool) -> NoReturn:
        told = sessions(pool)[3]
        farm.set_behaviour("one", "restarts", at="command", done=True)
        with pytest.raises(ConnectionCutError):
            ask(pool, "Stop-TSSession", **order(told))
        pool.connection = pool.shell.wsman = connect(farm, "one")
        ask(pool, "Get-TSSession")
        raise AssertionError

    with pytest.raises(WSManFaultError) as caught:
        looked(farm, restart)
    assert caught.value.code == GONE
    assert farm.touched("one") == [("logoff", 3, "CORP\\alice")]
    assert farm.open_shells("one") == 0


def test_the_pool_alone_can_go(farm: Farm) -> None:
    def lose(pool: RunspacePool) -> NoReturn:
        farm.set_behaviour("one", "restarts", at="receive", manner="fault")
        ask(pool, "Get-TSSession")
        raise AssertionError

    with pytest.raises(WSManFaultError) as caught:
        looked(farm, lose)
    assert caught.value.code == GONE


def test_a_pool_that_lay_idle_is_disconnected_and_can_be_deleted(farm: Farm) -> None:
    def wait(pool: RunspacePool) -> None:
        farm.set_behaviour("one", "disconnects", seconds=0)
        with pytest.raises(WinRMTransportError) as caught:
            ask(pool, "Get-TSSession")
        assert caught.value.code == 400

    looked(farm, wait)
    assert farm.messages("one")[-2:] == ["Command!400", "Delete"]


def test_a_pool_ends_by_itself_when_it_is_left_alone(farm: Farm) -> None:
    def leave(pool: RunspacePool) -> NoReturn:
        shell = next(iter(farm._hosts["one"].service._shells.values()))
        shell.idle *= 0
        farm.wait_until(lambda: farm.open_shells("one") == 0)
        sessions(pool)
        raise AssertionError

    with pytest.raises(WSManFaultError) as caught:
        looked(farm, leave)
    assert caught.value.code == GONE


@pytest.mark.parametrize("how", ["noise", "torn", "miscounted", "malformed"])
def test_what_is_no_answer_is_no_answer_to_a_foreign_client(farm: Farm, how: str) -> None:
    """Each client has its own error for it; none takes it for a list of sessions."""

    def garble(pool: RunspacePool) -> list[int]:
        farm.set_behaviour("one", "garbles", how=how, of="look")
        try:
            return list(sessions(pool))
        except Exception:  # noqa: BLE001 - whatever the client makes of it
            return []

    assert looked(farm, garble) != ALL


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"how": "silence"}, []),
        ({"how": "doubled"}, [each for number in ALL for each in (number, number)]),
        ({"how": "lacks"}, [None] * 4),
        ({"how": "lacks", "property": "UserName"}, ALL),
        ({"how": "says", "value": "7"}, [7] * 4),
        ({"how": "garbage"}, None),
    ],
)
def test_objects_come_otherwise_than_they_were(farm: Farm, options: dict[str, str], expected: list[Any] | None) -> None:
    def garble(pool: RunspacePool) -> list[Any]:
        farm.set_behaviour("one", "garbles", **options)
        return [each.get("SessionId") for each in ask(pool, "Get-TSSession").rows]

    if expected is None:
        with pytest.raises(ValueError, match="how"):
            looked(farm, garble)
    else:
        assert looked(farm, garble) == expected


def test_a_property_that_is_lacking_is_lacking_alone(farm: Farm) -> None:
    with open_pool(farm, "one") as pool:
        whole = sessions(pool)[3]
        farm.set_behaviour("one", "garbles", how="lacks", property="UserName")
        assert set(whole) - set(sessions(pool)[3]) == {"UserName"}


def test_an_act_is_answered_by_another_machine_after_it_was_done(farm: Farm) -> None:
    with open_pool(farm, "one") as pool:
        told = sessions(pool)[3]
        farm.set_behaviour("one", "garbles", how="elsewhere", of="act", times=1)
        assert sessions(pool)[3]["Server"] == "ONE"
        (row,) = ask(pool, "Stop-TSSession", **order(told)).rows
        assert (row["Server"], row["DnsName"], row["Verdict"]) == ("ELSEWHERE", "ELSEWHERE", "requested")
        (row,) = ask(pool, "Stop-TSSession", **order(told)).rows
        assert (row["Server"], row["Verdict"]) == ("ONE", "absent")


def test_a_command_that_never_ends_can_be_closed(farm: Farm) -> None:
    farm.set_behaviour("one", "garbles", how="no-end")
    with open_pool(farm, "one", operation_timeout=1) as pool:
        endless = pipeline(pool, ("Get-TSSession", {}))
        endless.begin_invoke()
        while len(endless.output) < len(ALL):
            endless.poll_invoke()
        endless.poll_invoke(timeout=1)
        assert (len(endless.output), endless.state) == (4, PSInvocationState.RUNNING)
        pool.shell.signal(SignalCode.TERMINATE, str(endless.id).upper())
        assert farm.open_pipelines("one") == 0


def test_a_flood_follows_each_object(farm: Farm) -> None:
    farm.set_behaviour("one", "garbles", how="flood", of="act")
    with open_pool(farm, "one") as pool:
        endless = pipeline(pool, ("Send-TSMessage", person(sessions(pool)[3]) | {"Text": "Save"}))
        endless.begin_invoke()
        for _ in range(4):
            endless.poll_invoke()
        assert (len(endless.output), endless.state) == (1, PSInvocationState.RUNNING)
        pool.shell.signal(SignalCode.TERMINATE, str(endless.id).upper())


@pytest.mark.parametrize("done", [False, True])
def test_a_command_ends_with_the_error_that_was_chosen(farm: Farm, *, done: bool) -> None:
    with open_pool(farm, "one") as pool:
        told = sessions(pool)[3]
        farm.set_behaviour("one", "complains", id="TypeLoadException:0", of="act", done=done)
        assert list(sessions(pool)) == ALL
        assert ask(pool, "Stop-TSSession", **order(told)) == ([], ["TypeLoadException:0"])
    assert farm.touched("one") == ([("logoff", 3, "CORP\\alice")] if done else [])


def test_users_act_after_the_first_look(farm: Farm) -> None:
    farm.set_behaviour("one", "replaced", id=3)
    with open_pool(farm, "one") as pool:
        told = sessions(pool)[3]
        assert ask(pool, "Stop-TSSession", **order(told)).rows[0]["Why"] == "person"
        assert sessions(pool)[3]["UserName"] == "CORP\\mallory"


def test_a_slow_host_begins_late_and_may_be_left_before(farm: Farm) -> None:
    with open_pool(farm, "one", operation_timeout=1) as pool:
        told = sessions(pool)[3]
        farm.set_behaviour("one", "slow", seconds=0.3)
        late = pipeline(pool, ("Stop-TSSession", order(told)))
        late.begin_invoke()
        late.stop()
        assert (late.end_invoke(), late.state) == ([], PSInvocationState.STOPPED)
        late.close()
        assert ask(pool, "Stop-TSSession", **order(told, Id=5)).rows[0]["Why"] == "person"
    assert farm.calls("one") == []


def test_numbers_that_are_none_break_the_pool_for_good(farm: Farm) -> None:
    """As Windows' own server: a number that its type cannot hold is never answered, and nothing after it."""
    with open_pool(farm, "one", operation_timeout=1) as pool:
        told = sessions(pool)[3] | {"SessionId": 2**40}
        broken = pipeline(pool, ("Stop-TSSession", order(told)))
        broken.begin_invoke()
        broken.poll_invoke(timeout=1)
        assert (broken.output, broken.state) == ([], PSInvocationState.RUNNING)
    assert farm.calls("one") == []
