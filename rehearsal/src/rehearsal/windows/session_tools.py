"""`quser`, `qwinsta`, `query user`, `query session` and `logoff`, as they answer in a text shell of WinRM.

Such a shell belongs to session 0, so that is the current one. The tools ask the same functions as the agent does, with
the same refusals. Columns stand where Windows has them, because clients cut the lines at them:

    quser    user 1  session 23  id to 43  state 46  idle to 62  logon 65
    qwinsta  session 1  user 19  id to 45  state 48  type 56  device 68

Times are UTC. `logoff` waits for the end of the session, and says nothing when it is well.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from rehearsal.windows.commandline import program_of, split_arguments
from rehearsal.windows.engines import Machine
from rehearsal.windows.python_agent import wts
from rehearsal.windows.sessions import ALWAYS_NOW, TICKS_PER_SECOND, Session, State, now_ticks
from rehearsal.windows.shells import Command
from rehearsal.windows.tool_words import WORDS, LanguageName, Words

_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
_MICROSECOND = 10  # ticks
_MINUTE, _HOUR, _DAY = 60, 3600, 86400  # seconds
_LONGEST_USER, _LONGEST_SESSION = 20, 17
_LOOK_AGAIN_SECONDS = 0.05
_OWN = 0
"""The id of the session that text shells belong to."""
_NO_RPC = 1722
_TOOLS = {"quser": "user", "qwinsta": "session", "logoff": "logoff"}


class ToolError(Exception):
    """The tool writes this to standard error and ends with 1."""


@dataclass(frozen=True, slots=True)
class _Asked:
    tool: str
    name: str
    """A user, a session or an id; empty: all, or for a logoff the current session."""
    server: str


class SessionTools:
    """The tools of one host."""

    def __init__(self, machine: Machine, language: LanguageName) -> None:
        self._machine, self._words = machine, WORDS[language]

    def run(self, line: str, command: Command) -> int | None:
        """The exit code, and the words on the command's streams. None: the line is none of these tools."""
        arguments = split_arguments(line)[1:]
        tool = _TOOLS.get(program_of(line), "")
        if program_of(line) == "query":
            tool = arguments.pop(0).lower() if arguments else "?"
        if not tool:
            return None
        try:
            asked = self._read(tool, arguments)
            self._check_server(asked.server)
            answer = self._answer(asked, command)
        except ToolError as error:
            command.write(f"{error}\r\n".encode(), "stderr")
            return 1
        command.write("".join(f"{each}\r\n" for each in answer).encode())
        return 0

    def _answer(self, asked: _Asked, command: Command) -> list[str]:
        match asked.tool:
            case "user":
                return [self._words.users, *self._users(asked.name)]
            case "session":
                return [self._words.sessions, *self._sessions(asked.name)]
            case _:
                self._log_off(asked.name, command)
                return []

    def _read(self, tool: str, arguments: list[str]) -> _Asked:
        switches = [each for each in arguments if each.startswith("/")]
        names = [each for each in arguments if each not in switches]
        if tool == "logoff":  # /v tells what is being done, in words that no transcript has
            switches = [each for each in switches if each.lower() != "/v"]
        servers = [each.partition(":")[2] for each in switches if each.lower().startswith("/server:")]
        if tool not in _TOOLS.values() or len(names) > 1 or len(servers) != len(switches) or len(servers) > 1:
            raise ToolError(self._words.usage)
        return _Asked(tool, "".join(names), "".join(servers))

    def _check_server(self, server: str) -> None:
        own = {"", "localhost", self._machine.name.lower(), self._machine.dns.lower(), self._machine.netbios.lower()}
        if server.lower() not in own:
            raise ToolError(f"{self._words.no_server.format(server)}\r\n{self._words.error_line(_NO_RPC)}")

    def _all(self) -> list[Session]:
        try:
            return wts.enumerate_sessions(self._machine.sessions)
        except wts.RefusedError as error:
            told = self._words.not_listed.format(error.code)
            raise ToolError(f"{told}\r\n{self._words.error_line(error.code)}") from error

    def _users(self, name: str) -> Iterator[str]:
        found = [each for each in self._all() if each.user and _is_named(each, name)]
        if not found:
            raise ToolError(self._words.no_user.format(name or "*"))
        for each in found:
            user, station = each.user[:_LONGEST_USER].lower(), each.station[:_LONGEST_SESSION].lower()
            idle, logon = _idle(each, self._words), _time(each.logon, self._words)
            yield f"{_mark(each)}{user:<22}{station:<17}{each.id:>4}  {_state(each, self._words):<6}  {idle}  {logon}"

    def _sessions(self, name: str) -> Iterator[str]:
        found = [each for each in self._all() if _is_named(each, name)]
        if not found:
            raise ToolError(self._words.no_session.format(name or "*"))
        for each in found:
            user, station = each.user[:_LONGEST_USER], each.station[:_LONGEST_SESSION].lower()
            yield f"{_mark(each)}{station:<18}{user:<20}{each.id:>7}  {_state(each, self._words):<6}  {'':<12}{'':<8}"

    def _log_off(self, name: str, command: Command) -> None:
        found = [each for each in self._all() if (_is_session(each, name) if name else each.id == _OWN)]
        if not found:
            id_or_name = f"ID {name}" if name.isdecimal() else name
            raise ToolError(self._words.not_found.format(id_or_name or f"ID {_OWN}"))
        (session, *_) = found
        code = wts.ACCESS_DENIED if session.id == _OWN else wts.log_off(self._machine.sessions, session.id)
        if code and code != wts.CLOSE_PENDING:
            told = self._words.not_logged_off.format(session.id, session.station, code)
            raise ToolError(f"{told}\r\n{self._words.error_line(code)}")
        while self._is_there(session) and not command.killed.wait(_LOOK_AGAIN_SECONDS):
            pass

    def _is_there(self, session: Session) -> bool:
        with self._machine.sessions.locked() as table:
            now = table.sessions.get(session.id)
        return now is not None and now.logon == session.logon


def _mark(session: Session) -> str:
    return ">" if session.id == _OWN else " "


def _is_named(session: Session, name: str) -> bool:
    return name in ("", "*") or session.user.lower() == name.lower() or _is_session(session, name)


def _is_session(session: Session, name: str) -> bool:
    return str(session.id) == name or session.station.lower() == name.lower()


def _state(session: Session, words: Words) -> str:
    return words.states[session.state] if isinstance(session.state, State) else ""


def _time(ticks: int, words: Words) -> str:
    return words.time(_EPOCH + timedelta(microseconds=ticks // _MICROSECOND)) if ticks > 0 else ""


def _idle(session: Session, words: Words) -> str:
    """Nine characters: a point below a minute, then 7, 3:07 or 2+03:07. Of the console nothing is known."""
    since = session.disconnect if session.state is State.DISCONNECTED else session.input
    if since in (0, ALWAYS_NOW):
        return f"{words.never_idle + ' ':>9}"
    seconds = max(0, now_ticks() - since) // TICKS_PER_SECOND
    days, hours, minutes = seconds // _DAY, seconds % _DAY // _HOUR, seconds % _HOUR // _MINUTE
    if days:
        told = f"{days}+{hours:02}:{minutes:02}"
    elif hours:
        told = f"{hours}:{minutes:02}"
    else:
        told = str(minutes or ".")
    return f"{told:>9}"
