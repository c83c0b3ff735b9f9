"""Whatever is typed behind `--force`: only sessions whose computer and id, user or `--all` were written are touched.

The commands are built from pieces whose meaning the test knows, so the test needs no parser of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import event, given, settings
from hypothesis import strategies as st

from bot.domain.session import Account, SessionState
from tests.fakes.terminal import FakeTerminal
from tests.support import builders as b
from tests.support.effort import examples
from tests.support.harness import HOSTS, BotHarness

USERS = {2: "alice", 3: "bob", 4: "carol", 5: "alice", 7: "dave"}
SESSIONS = tuple(
    b.session(number, account=Account(domain="CORP", user=user), state=SessionState.ACTIVE)
    for number, user in USERS.items()
)
EVERYWHERE = {(host, number) for host in HOSTS for number in USERS}


@dataclass(frozen=True, slots=True)
class Piece:
    """Words of a command, and what they name: computers, ids, users, everybody; or nothing."""

    words: str
    computers: tuple[str, ...] = ()
    ids: tuple[int, ...] = ()
    users: tuple[str, ...] = ()
    is_everybody: bool = False

    @property
    def selects(self) -> bool:
        return bool(self.ids or self.users or self.is_everybody)


def computer(names: list[str], spelling: str) -> Piece:
    return Piece(spelling.format(",".join(names)), computers=tuple(names))


def ids(numbers: list[int], spelling: str) -> Piece:
    return Piece(spelling.format(",".join(map(str, numbers))), ids=tuple(numbers))


def users(names: list[str], spelling: str) -> Piece:
    return Piece(spelling.format(",".join(names)), users=tuple(names))


def noise(option: str, followers: list[str]) -> Piece:
    return Piece(" ".join([option, *followers]))


NAMES = st.lists(st.sampled_from(HOSTS), min_size=1, max_size=2, unique=True)
NUMBERS = st.lists(st.sampled_from(sorted(USERS)), min_size=1, max_size=2, unique=True)
PEOPLE = st.lists(st.sampled_from(sorted(set(USERS.values()))), min_size=1, max_size=2, unique=True)
COMPUTERS = st.builds(
    computer, NAMES, st.sampled_from(["{}", "-ComputerName {}", "/server:{}", "computer={}", "-cn @({})"])
)
SELECTIONS = st.one_of(
    st.builds(
        ids, NUMBERS, st.sampled_from(["{}", "id={}", "-Id {}", "/id:{}", "id = {}", "session {}", "#{}", "-Id @({})"])
    ),
    st.builds(users, PEOPLE, st.sampled_from(["user={}", "-UserName {}", "--user {}", "user = {}"])),
    st.just(Piece("--all", is_everybody=True)),
)
FOLLOWERS = st.lists(
    st.sampled_from(
        [
            "5",
            "3",
            "4,7",
            "2-7",
            "comp2",
            "comp3,comp1",
            "comp*",
            "floor",
            "m",
            "alice",
            "#2",
            "comp2:4",
            "@(2,7)",
        ]
    ),
    max_size=3,
)
OPEN_ENDED = ["--reason floor", "reason=x", "-Reason:x", "--warn 5m", "warn=5m", "--timeout 2m", "--say now", "idle>0s"]
NOISE = st.one_of(
    st.builds(noise, st.sampled_from(OPEN_ENDED), FOLLOWERS),
    st.builds(noise, st.sampled_from(["--sync", "-Synchronous", "--wait"]), st.lists(st.sampled_from(["5", "2-7"]))),
    st.sampled_from(
        ['--reason "floor 5"', '--reason "comp2 4"', '--warn 5m "at 7"', "--sync", "--here", "/v", '"5"', '"at comp2"']
    ).map(Piece),
)


def may_be_touched(pieces: list[Piece]) -> set[tuple[str, int]]:
    """The sessions that the pieces name: each run of computers with what is selected up to the next run.

    One run of computers takes everything that is selected anywhere; a filter and an id together narrow each other.
    """
    groups: list[tuple[set[str], list[Piece]]] = []
    before: list[Piece] = []
    is_open = False
    for piece in pieces:
        if piece.computers:
            if is_open:
                groups[-1][0].update(piece.computers)
            else:
                groups.append((set(piece.computers), []))
            is_open = True
        elif piece.selects:
            (groups[-1][1] if groups else before).append(piece)
            is_open = False
    if len(groups) == 1:
        groups[0][1].extend(before)
    return {pair for hosts, selection in groups for pair in _selected(hosts, selection)}


def _selected(hosts: set[str], selection: list[Piece]) -> set[tuple[str, int]]:
    numbers = {number for piece in selection for number in piece.ids}
    names = {name for piece in selection for name in piece.users}
    if not selection:
        return set()
    return {
        (host, number)
        for host, number in EVERYWHERE
        if host in hosts and (not numbers or number in numbers) and (not names or USERS[number] in names)
    }


def touched_by(command: str) -> set[tuple[str, int]]:
    harness = BotHarness(terminal=FakeTerminal(dict.fromkeys(HOSTS, SESSIONS)))
    if harness.ask(command).wake:
        harness.wait(b.GRACE * 2)
    return set(harness.terminal.logged_off)


@settings(max_examples=examples(3))
@given(
    st.lists(st.one_of(COMPUTERS, SELECTIONS, NOISE), min_size=2, max_size=6),
    st.integers(0, 6),
)
def test_a_forced_command_touches_only_what_was_written_for_it(pieces: list[Piece], place: int) -> None:
    words = [piece.words for piece in pieces]
    command = " ".join([*words[:place], "--force", *words[place:]])
    touched = touched_by(command)
    event(f"touched {len(touched)}")
    assert touched <= may_be_touched(pieces), command


@given(
    COMPUTERS, st.lists(SELECTIONS.filter(lambda piece: piece.words[0] not in "#0123456789"), min_size=1, max_size=2)
)
def test_a_forced_command_without_leftovers_touches_all_that_it_names(where: Piece, selection: list[Piece]) -> None:
    pieces = [where, *selection]
    command = " ".join([*(piece.words for piece in pieces), "--force", '--reason "it is 5"'])
    assert touched_by(command) == may_be_touched(pieces), command
