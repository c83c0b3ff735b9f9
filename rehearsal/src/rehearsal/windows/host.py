"""One Windows host of the farm: its sessions, its service, its engine, and its behaviours."""

import threading
import time
from collections import Counter, deque
from dataclasses import dataclass, replace
from typing import TypeVar

from rehearsal.windows import faults
from rehearsal.windows.auth import Policy
from rehearsal.windows.behaviour import Behaviour
from rehearsal.windows.behaviours import (
    Babbles,
    ComesBack,
    Constrained,
    Drops,
    Garbage,
    Miscompiles,
    NoRight,
    Quota,
    Replaced,
    Slow,
    Trips,
    Trouble,
    Unreachable,
    Unreadable,
    Vanishes,
    WrongCertificate,
    WrongPassword,
    rule_of,
)
from rehearsal.windows.cmd import Cmd
from rehearsal.windows.commandline import (
    POWERSHELL,
    CommandLineError,
    program_in_script,
    program_of,
    read_command_line,
    split_arguments,
)
from rehearsal.windows.engines import CONSTRAINED, Engine, Machine
from rehearsal.windows.misbehaviour.output import break_source, spoil_output
from rehearsal.windows.misbehaviour.program import fail, mangle, raise_error
from rehearsal.windows.payload import asks_for_a_list
from rehearsal.windows.program_faults import Envelope, Fails, Mangles, Raises
from rehearsal.windows.remoting.front import Front
from rehearsal.windows.service import Service
from rehearsal.windows.session_tools import SessionTools
from rehearsal.windows.sessions import SessionFile, Table
from rehearsal.windows.settings import HostSettings
from rehearsal.windows.shells import Command
from rehearsal.windows.soap import Fault, Message, read_message, write_fault
from rehearsal.windows.user_activity import return_to_work, sign_out, take_over

_FAULTS = {
    "fault": faults.internal_error,
    "timed-out": faults.nothing_to_say,
    "quota": faults.too_many_shells,
    "denied": faults.access_denied,
}
_KEPT_REQUESTS = 100  # a rehearsal may last for days, and a slow host is asked often for its output
_Kind = TypeVar("_Kind", bound=Behaviour)
_Striking = TypeVar("_Striking", Fails, Raises, Mangles, Miscompiles)
_GARBAGE = b'\xff\xfe\x00G\x00a\x00r\x00b\x00a\x00g\x00e\r\n{"session": {"id": 3, "state": 4}}\r\n{"end": 1}\r\n'


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """`status` 0: it is answered in the `manner` of no Windows host."""

    status: int
    body: bytes = b""
    manner: str = "dropped"


class Host:
    """Serves messages and runs commands; the farm owns its ports."""

    def __init__(self, policy: Policy, settings: HostSettings, sessions: SessionFile, engine: Engine) -> None:
        """`policy` is that of a host which trusts the account."""
        self.name = name = policy.names.host
        self._policy = policy
        self.machine = Machine(name=name, sessions=sessions, called=settings.machine or name)
        front = Front(self.machine, settings.remoting or {}, self._behaviour, self._after_a_look)
        self.service = Service(f"http://{name}:5985/wsman", self._run, front.open)
        self.messages: list[str] = []
        self.requests: deque[Message] = deque(maxlen=_KEPT_REQUESTS)
        self.engine = engine
        self._tools = SessionTools(self.machine, settings.language)
        self._settings = settings
        self._behaviours: dict[str, Behaviour] = {each.name: each for each in settings.behaviour}
        self._odd: Unreadable | None = None
        self._looked = threading.Event()
        self._opened_after_look = False
        self._troubles = 0
        self._strikes: Counter[str] = Counter()
        self._refusals: list[float] = []
        self.stopped = threading.Event()
        self._lock = threading.Lock()

    @property
    def policy(self) -> Policy:
        return replace(self._policy, trusts=self._behaviour(WrongPassword) is None)

    @property
    def is_unreachable(self) -> bool:
        return self._behaviour(Unreachable) is not None

    @property
    def shows_wrong_certificate(self) -> bool:
        return self._behaviour(WrongCertificate) is not None

    @property
    def largest_body(self) -> int:
        """Bytes: MaxEnvelopeSizekb of Windows, in bytes."""
        limit = self._behaviour(Envelope)
        return 1000 * limit.kb if limit else 512_000

    @property
    def allows_clear_text(self) -> bool:
        """Windows wants sealed bodies over plain HTTP, unless its administrator allowed Basic and AllowUnencrypted."""
        return "basic" in self._settings.auth

    def behave(self, *behaviours: Behaviour) -> None:
        """From now on the host has these behaviours and no other; first looks and troubles count anew."""
        with self._lock:
            self._behaviours = {each.name: each for each in behaviours}
            self._troubles = 0
            self._strikes.clear()
            self._refusals.clear()
            self._opened_after_look = False
            self._looked.clear()
        with self.machine.sessions.locked() as table:
            self._rule(table)

    def _rule(self, table: Table) -> None:
        """Makes the behaviours' rule, and what they make odd in one session, the host's."""
        table.rule = rule_of(self._behaviours)
        before, unreadable = self._odd, self._behaviour(Unreadable)
        self._odd = unreadable
        if before and before.id in table.sessions:
            words = table.sessions[before.id].odd.split()
            table.change(before.id, odd=" ".join(word for word in words if word != before.word))
        if unreadable and unreadable.id in table.sessions:
            table.change(unreadable.id, odd=f"{unreadable.word} {table.sessions[unreadable.id].odd}".rstrip())

    def restore(self, table: Table) -> None:
        """As at the farm's start, with nothing served yet; what still runs goes on."""
        self.behave(*self._settings.behaviour)
        self._odd = None
        self._rule(table)
        self.machine.sessions.create(table)
        self.messages.clear()
        self.requests.clear()
        self.service.most_open = 0

    def stop(self) -> None:
        self.stopped.set()
        self.service.close()

    # The wire

    def serve(self, data: bytes, user: str) -> Answer:
        """Answers one envelope; NotSoapError when it is none."""
        message = read_message(data)
        self.requests.append(message)
        self.stopped.wait(self._settings.latency.total_seconds())
        trouble = self.trouble_at(message.operation)
        if trouble and not trouble.done:
            return self._troubled(trouble, message)
        try:
            self._refuse(message)
            answer = Answer(status=200, body=self.service.answer(message, user))
        except Fault as fault:
            answer = Answer(status=500, body=write_fault(message, fault, self.name.upper()))
            self.messages.append(f"{message.operation}!{fault.code}")
        else:
            if not trouble:
                self.messages.append(message.operation)
        return self._troubled(trouble, message) if trouble else answer

    def trouble_at(self, operation: str) -> Trouble | None:
        """`after_first_look` spares the look's own messages: it begins with the first shell opened after the look."""
        trouble = self._behaviour(Drops) or self._behaviour(Trips)
        if trouble is None:
            return None
        with self._lock:
            if operation == "Create" and self._looked.is_set():
                self._opened_after_look = True
            is_spared = trouble.after_first_look and not self._opened_after_look
            if is_spared or operation.lower() != trouble.at or 0 < trouble.times <= self._troubles:
                return None
            self._troubles += 1
        return trouble

    def _troubled(self, trouble: Trouble, message: Message) -> Answer:
        make = _FAULTS.get(trouble.way)
        if isinstance(trouble, Trips) and trouble.code:
            fault = faults.told(trouble.code, trouble.words)
        elif make:
            fault = make()
        else:
            self.messages.append(f"{message.operation}!{trouble.way}")
            return Answer(status=0, manner=trouble.way)
        self.messages.append(f"{message.operation}!{fault.code}")
        return Answer(status=500, body=write_fault(message, fault, self.name.upper()))

    def _refuse(self, message: Message) -> None:
        if message.operation != "Create":
            return
        if (quota := self._behaviour(Quota)) and self._is_full(quota):
            raise faults.too_many_shells(quota.code)
        if (right := self._behaviour(NoRight)) and right.at == "create":
            raise faults.access_denied()

    def _is_full(self, quota: Quota) -> bool:
        """Whether the time and the number of its refusals, where it has such, are not over yet."""
        now = time.monotonic()
        with self._lock:
            since = self._refusals[0] if self._refusals else now
            if 0 < quota.seconds <= now - since or 0 < quota.times <= len(self._refusals):
                return False
            self._refusals.append(now)
        return True

    # The programs

    def _run(self, command: Command) -> int:
        cmd = Cmd(command, self.name, self._policy.account.username, self._tools)
        try:
            line = cmd.expand(read_command_line(command.line))
        except CommandLineError as error:
            command.write(str(error).encode(), "stderr")
            return 1
        if slow := self._behaviour(Slow):
            command.killed.wait(slow.seconds)
        if self._behaviour(Garbage):
            command.read_all()
            command.write(_GARBAGE)
            return 0
        if command.killed.is_set():
            return 1
        if program_of(line) != POWERSHELL:
            return cmd.run(line)
        arguments = split_arguments(line)[1:]
        if (script := program_in_script(arguments)) and (exit_code := self._tools.run(script, command)) is not None:
            return exit_code  # no engine has these programs
        exit_code = self._run_agent(arguments, command)
        if exit_code == 0 and asks_for_a_list(command.sent):
            self._after_a_look()
        return exit_code

    def _run_agent(self, arguments: list[str], command: Command) -> int:
        def run(command: Command) -> int:
            return self.engine.run(arguments, command, self.machine)

        if self._behaviour(Constrained):
            arguments = [*CONSTRAINED, *arguments]
        if babbles := self._behaviour(Babbles):
            return spoil_output(babbles.how, command, run)
        if fails := self._striking(Fails):
            return fail(fails, command, run)
        if raises := self._striking(Raises):
            return raise_error(raises, command)
        if mangles := self._striking(Mangles):
            return mangle(mangles, command, run)
        return break_source(command, run) if self._striking(Miscompiles) else run(command)

    def _striking(self, kind: type[_Striking]) -> _Striking | None:
        """The behaviour, if the host has it and it has not struck as often as it may."""
        found = self._behaviour(kind)
        with self._lock:
            if found is None or 0 < found.times <= self._strikes[kind.name]:
                return None
            self._strikes[kind.name] += 1
        return found

    def _after_a_look(self) -> None:
        """Users act after the first look, before the last Receive of that look is answered."""
        with self._lock:
            if self._looked.is_set():
                return
            self._looked.set()
        with self.machine.sessions.locked() as table:
            for each in self._behaviours.values():
                match each:
                    case Vanishes() if each.id in table.sessions:
                        sign_out(table, each.id)
                    case Replaced() if each.id in table.sessions:
                        take_over(table, each.id, each.by)
                    case ComesBack() if each.id in table.sessions:
                        return_to_work(table, each.id)

    def _behaviour(self, kind: type[_Kind]) -> _Kind | None:
        found = self._behaviours.get(kind.name)
        return found if isinstance(found, kind) else None
