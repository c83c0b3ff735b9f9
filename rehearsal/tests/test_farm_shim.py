"""The C shim of wtsapi32 against its Python sister, over the same file."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from rehearsal import windows
from rehearsal.windows.python_agent import wts
from rehearsal.windows.sessions import FOREVER, Mode, Rule, Session, SessionFile, State, Table

if TYPE_CHECKING:
    from collections.abc import Callable

SOURCE = Path(windows.__file__).with_name("wtsapi32.c")
LONG = "bartholomew.featherstonehaugh"
SESSIONS = [
    Session(id=0, state=State.DISCONNECTED, station="Services"),
    Session(
        id=3, state=State.DISCONNECTED, protocol=2, logon=130, connect=131, disconnect=132, domain="CORP", user="alice"
    ),
    Session(
        id=5, state=State.ACTIVE, protocol=2, logon=150, station="RDP-Tcp#5", domain="SUBSIDIARY-OF-CORP", user=LONG
    ),
    Session(
        id=7,
        state=State.ACTIVE,
        logon=170,
        input=171,
        domain="CORP",
        user="山田😀é",
        client="東京",
        address="10.0.4.17",
    ),
    Session(id=8, state=State.ACTIVE, logon=180, domain="CORP", user="six", address="fe80::1"),
]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    gcc = shutil.which("gcc")
    if gcc is None:
        pytest.skip("the C shim needs gcc: install gcc")
    path = tmp_path_factory.mktemp("shim") / "libwtsapi32.so"
    strict = ["-Wall", "-Wextra", "-Werror"]
    subprocess.run([gcc, "-shared", "-fPIC", "-O1", *strict, "-o", str(path), str(SOURCE)], check=True)  # noqa: S603  # our own source
    return path


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SessionFile:
    made = SessionFile(tmp_path / "one.sessions")
    made.create(Table(Rule(), {each.id: each for each in SESSIONS}))
    monkeypatch.setenv("REHEARSAL_SESSIONS", str(made.path))
    return made


@pytest.fixture
def shim(library: Path, file: SessionFile) -> ctypes.CDLL:
    assert file.path.exists()
    return ctypes.CDLL(str(library), use_errno=True)


def query(shim: ctypes.CDLL, session_id: int, kind: int) -> bytes:
    buffer, size = ctypes.c_void_p(), ctypes.c_uint32()
    ctypes.set_errno(0)
    if not shim.WTSQuerySessionInformationW(None, session_id, kind, ctypes.byref(buffer), ctypes.byref(size)):
        raise OSError(ctypes.get_errno(), "WTSQuerySessionInformationW")
    data = ctypes.string_at(buffer, size.value)
    shim.WTSFreeMemory(buffer)
    return data


def text(data: bytes) -> str:
    assert data.endswith(b"\0\0")
    return data[:-2].decode("utf-16-le")


def call(shim: ctypes.CDLL, name: str, session_id: int) -> int:
    function: Callable[..., Any] = getattr(shim, name)
    ctypes.set_errno(0)
    return 0 if function(None, session_id, 0) else ctypes.get_errno()


@pytest.mark.parametrize("session", SESSIONS, ids=lambda session: str(session.id))
def test_every_class_tells_the_whole_truth(shim: ctypes.CDLL, session: Session) -> None:
    assert text(query(shim, session.id, 5)) == session.user
    assert text(query(shim, session.id, 7)) == session.domain
    assert text(query(shim, session.id, 10)) == session.client
    assert int.from_bytes(query(shim, session.id, 8), "little") == session.state
    assert (len(query(shim, session.id, 16)), query(shim, session.id, 16)[0]) == (2, session.protocol)


def test_an_address_begins_two_bytes_into_its_field(shim: ctypes.CDLL) -> None:
    assert query(shim, 7, 14) == bytes([2, 0, 0, 0, 0, 0, 10, 0, 4, 17]) + bytes(14)
    assert query(shim, 8, 14)[:8] == bytes([23, 0, 0, 0, 0, 0, 0xFE, 0x80])
    assert query(shim, 5, 14) == bytes(24)


def test_wtsinfow_cuts_names_and_keeps_times(shim: ctypes.CDLL) -> None:
    info = query(shim, 5, 24)
    assert len(info) == 216
    assert info[96:130].decode("utf-16-le") == "SUBSIDIARY-OF-CO\0"
    assert info[130:172].decode("utf-16-le") == LONG[:20] + "\0"
    connect, disconnect, last_input, logon, now = memoryview(info[176:]).cast("q")
    assert (connect, disconnect, last_input, logon) == (0, 0, 0, 150)
    assert now > 150


def test_the_enumeration_has_56_bytes_a_session_and_null_for_nobody(shim: ctypes.CDLL) -> None:
    class Info(ctypes.Structure):
        _fields_ = (
            ("env", ctypes.c_uint32),
            ("state", ctypes.c_uint32),
            ("id", ctypes.c_uint32),
            ("names", ctypes.c_void_p * 5),
        )

    level, count, found = ctypes.c_uint32(1), ctypes.c_uint32(), ctypes.POINTER(Info)()
    assert ctypes.sizeof(Info) == 56
    assert shim.WTSEnumerateSessionsExW(None, ctypes.byref(level), 0, ctypes.byref(found), ctypes.byref(count))
    assert [(found[i].id, found[i].state) for i in range(count.value)] == [(each.id, each.state) for each in SESSIONS]
    assert [bool(found[i].names[2]) for i in range(count.value)] == [bool(each.user) for each in SESSIONS]
    assert shim.WTSFreeMemoryExW(2, found, count)


def test_what_does_not_exist_is_error_2_and_what_is_not_known_87(shim: ctypes.CDLL) -> None:
    with pytest.raises(OSError, match=r"\[Errno 2\]"):
        query(shim, 77, 5)
    with pytest.raises(OSError, match=r"\[Errno 87\]"):
        query(shim, 3, 99)
    assert call(shim, "WTSLogoffSession", 77) == 2


@pytest.mark.parametrize(
    ("rule", "codes"),
    [
        (Rule(), [0, 2]),
        (Rule(mode=Mode.NEVER), [0, 7007]),
        (Rule(mode=Mode.AFTER, number=60_000), [0, 7007]),
        (Rule(mode=Mode.AFTER, number=0), [0, 2]),
        (Rule(mode=Mode.ERROR, number=5), [5, 5]),
    ],
    ids=lambda value: value.mode.value if isinstance(value, Rule) else "",
)
def test_a_logoff_does_in_c_what_it_does_in_python(
    shim: ctypes.CDLL, file: SessionFile, rule: Rule, codes: list[int]
) -> None:
    def twice(act: Callable[[], int]) -> tuple[list[int], list[tuple[int, bool]]]:
        file.create(Table(rule, {each.id: each for each in SESSIONS}))
        answered = [act(), act()]
        assert [(*each[:2], each.code) for each in file.calls()] == [("logoff", 3, code) for code in codes]
        return answered, [(each.id, bool(each.closing)) for each in file.all()]

    in_c = twice(lambda: call(shim, "WTSLogoffSession", 3))
    assert in_c == twice(lambda: wts.log_off(file, 3))
    assert in_c[0] == codes


@pytest.mark.parametrize(("number", "mode"), [(5, Mode.AT_ONCE), (77, Mode.SEIZE), (3, Mode.SEIZE)])
def test_a_session_is_seized_once_and_the_rule_waits_until_it_is_there(
    shim: ctypes.CDLL, file: SessionFile, number: int, mode: Mode
) -> None:
    def left(act: Callable[[], int]) -> tuple[Mode, list[tuple[int, str]]]:
        file.create(Table(Rule(mode=Mode.SEIZE, number=number), {each.id: each for each in SESSIONS}))
        assert act() == 0
        with file.locked() as table:
            return table.rule.mode, [(each.id, each.user) for each in table.sessions.values()]

    in_c = left(lambda: call(shim, "WTSLogoffSession", 3))
    assert in_c == left(lambda: wts.log_off(file, 3))
    assert in_c[0] is mode


def test_a_hanging_session_never_ends(shim: ctypes.CDLL, file: SessionFile) -> None:
    with file.locked() as table:
        table.rule = Rule(mode=Mode.NEVER)
    assert call(shim, "WTSLogoffSession", 5) == 0
    assert next(each for each in file.all() if each.id == 5).closing == FOREVER


def test_a_disconnected_session_keeps_its_person_and_loses_its_station(shim: ctypes.CDLL, file: SessionFile) -> None:
    assert call(shim, "WTSDisconnectSession", 7) == 0
    seven = next(each for each in file.all() if each.id == 7)
    assert (seven.state, seven.station, seven.input, seven.user) == (State.DISCONNECTED, "", 0, "山田😀é")
    assert seven.disconnect > 0


def test_a_message_is_kept_word_for_word(shim: ctypes.CDLL, file: SessionFile) -> None:
    title, body = "Wartung".encode("utf-16-le"), "Bitte speichern!\n😀\tñ".encode("utf-16-le")
    response = ctypes.c_uint32()
    arguments = (title, len(title), body, len(body), 0, 0, ctypes.byref(response), 0)
    assert shim.WTSSendMessageW(None, 3, *arguments) == 1
    assert response.value == 32001
    (noted,) = file.calls()
    assert (noted.name, noted.session_id, noted.title, noted.text) == (
        "message",
        3,
        "Wartung",
        "Bitte speichern!\n😀\tñ",
    )


@pytest.mark.parametrize("state", [-1, 17])
def test_a_state_that_windows_does_not_have_is_kept_as_it_is(shim: ctypes.CDLL, file: SessionFile, state: int) -> None:
    with file.locked() as table:
        table.change(5, state=state)
    assert int.from_bytes(query(shim, 5, 8), "little", signed=True) == state
    assert call(shim, "WTSLogoffSession", 3) == 0
    assert next(each for each in file.all() if each.id == 5).state == state


def test_others_keep_their_place_and_their_names_when_one_goes(shim: ctypes.CDLL, file: SessionFile) -> None:
    assert call(shim, "WTSLogoffSession", 3) == 0
    assert wts.enumerate_sessions(file) == [each for each in SESSIONS if each.id != 3]
