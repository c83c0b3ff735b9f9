"""One Windows host of the farm: its sessions, its service, its engine, and its behaviours."""

import threading
from collections import deque
from dataclasses import dataclass, replace

from rehearsal.windows import faults
from rehearsal.windows.auth import Policy
from rehearsal.windows.behaviour import Behaviour
from rehearsal.windows.behaviours import (
    Babbles,
    ComesBack,
    Constrained,
    Garbage,
    Miscompiles,
    NoRight,
    Quota,
    Replaced,
    Restarts,
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
from rehearsal.windows.conduct import Conduct
from rehearsal.windows.engines import CONSTRAINED, Machine
from rehearsal.windows.misbehaviour.output import break_source, spoil_output
from rehearsal.windows.misbehaviour.program import fail, mangle, raise_error
from rehearsal.windows.payload import asks_for_a_list
from rehearsal.windows.program_faults import Envelope, Fails, Mangles, Raises
from rehearsal.windows.remoting.engine import Engines
from rehearsal.windows.remoting.front import Front
from rehearsal.windows.remoting_faults import Disconnects
from rehearsal.windows.service import Service
from rehearsal.windows.session_tools import SessionTools
from rehearsal.windows.sessions import SessionFile, Table
from rehearsal.windows.settings import HostSettings
from rehearsal.windows.shells import Command
from rehearsal.windows.soap import COMMAND_SHELL, Fault, Message, read_message, write_fault
from rehearsal.windows.user_activity import return_to_work, sign_out, take_over

_FAULTS = {
    "fault": faults.internal_error,
    "timed-out": faults.nothing_to_say,
    "quota": faults.too_many_shells,
    "denied": faults.access_denied,
    "shell-gone": faults.ended_shell,
}
_KEPT_REQUESTS = 100  # a rehearsal may last for days, and a slow host is asked often for its output
_GARBAGE = b'\xff\xfe\x00G\x00a\x00r\x00b\x00a\x00g\x00e\r\n{"session": {"id": 3, "state": 4}}\r\n{"end": 1}\r\n'


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """`status` 0: it is answered in the `manner` of no Windows host."""

    status: int
    body: bytes = b""
    manner: str = "dropped"


class Host:
    """Serves messages and runs commands; the farm owns its ports."""

    def __init__(self, policy: Policy, settings: HostSettings, sessions: SessionFile, engines: Engines) -> None:
        """`policy` is that of a host which trusts the account."""
        self.name = name = policy.names.host
        self._policy = policy
        self.machine = Machine(name=name, sessions=sessions, called=settings.machine or name)
        self._conduct = Conduct(settings.behaviour)
        front = Front(self.machine, settings.remoting or {}, self._conduct, self._after_a_look, engines.remoting)
        self.service = Service(f"http://{name}:5985/wsman", self._run, front.open)
        self.messages: list[str] = []
        self.requests: deque[Message] = deque(maxlen=_KEPT_REQUESTS)
        self.engine = engines.agent
        self._tools = SessionTools(self.machine, settings.language)
        self._settings = settings
        self._odd: Unreadable | None = None
        self.stopped = threading.Event()

    @property
    def policy(self) -> Policy:
        return replace(self._policy, trusts=self._conduct.has(WrongPassword) is None)

    @property
    def is_unreachable(self) -> bool:
        return self._conduct.has(Unreachable) is not None

    @property
    def shows_wrong_certificate(self) -> bool:
        return self._conduct.has(WrongCertificate) is not None

    @property
    def largest_body(self) -> int:
        """Bytes: MaxEnvelopeSizekb of Windows, 500, and what encryption adds to an envelope that is just as long."""
        limit = self._conduct.has(Envelope)
        return 1000 * limit.kb if limit else 512_000 + 1_024

    @property
    def allows_clear_text(self) -> bool:
        """Windows wants sealed bodies over plain HTTP, unless its administrator allowed Basic and AllowUnencrypted."""
        return "basic" in self._settings.auth

    def behave(self, *behaviours: Behaviour) -> None:
        """From now on the host has these behaviours and no other; first looks and troubles count anew."""
        self._conduct.change(behaviours)
        with self.machine.sessions.locked() as table:
            self._rule(table)

    def _rule(self, table: Table) -> None:
        """Makes the behaviours' rule, and what they make odd in one session, the host's."""
        table.rule = rule_of(self._conduct.now)
        before, unreadable = self._odd, self._conduct.has(Unreadable)
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
        if (idle := self._conduct.has(Disconnects)) and self.service.is_asleep(message, idle.seconds):
            self.messages.append(f"{message.operation}!400")
            return Answer(status=0, manner="400")
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
        return self._conduct.trouble_at(operation)

    def _troubled(self, trouble: Trouble, message: Message) -> Answer:
        if isinstance(trouble, Restarts):
            self.service.restart(message, done=trouble.done)
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
        if (quota := self._conduct.has(Quota)) and self._conduct.is_full():
            raise faults.too_many_shells(quota.code)
        right = self._conduct.has(NoRight)
        if right and (right.at == "create" or (right.at == "text-shell" and message.resource == COMMAND_SHELL)):
            raise faults.access_denied()

    # The programs

    def _run(self, command: Command) -> int:
        cmd = Cmd(command, self.name, self._policy.account.username, self._tools)
        try:
            line = cmd.expand(read_command_line(command.line))
        except CommandLineError as error:
            command.write(str(error).encode(), "stderr")
            return 1
        if slow := self._conduct.has(Slow):
            command.killed.wait(slow.seconds)
        if self._conduct.has(Garbage):
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

        if self._conduct.has(Constrained):
            arguments = [*CONSTRAINED, *arguments]
        if babbles := self._conduct.has(Babbles):
            return spoil_output(babbles.how, command, run)
        if fails := self._conduct.striking(Fails):
            return fail(fails, command, run)
        if raises := self._conduct.striking(Raises):
            return raise_error(raises, command)
        if mangles := self._conduct.striking(Mangles):
            return mangle(mangles, command, run)
        return break_source(command, run) if self._conduct.striking(Miscompiles) else run(command)

    def _after_a_look(self) -> None:
        """Users act after the first look, before the last Receive of that look is answered."""
        if not self._conduct.look():
            return
        with self.machine.sessions.locked() as table:
            for each in self._conduct.now.values():
                match each:
                    case Vanishes() if each.id in table.sessions:
                        sign_out(table, each.id)
                    case Replaced() if each.id in table.sessions:
                        take_over(table, each.id, each.by)
                    case ComesBack() if each.id in table.sessions:
                        return_to_work(table, each.id)
