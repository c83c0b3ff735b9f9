"""The look behind "Who holds it". It changes nothing and is shown to its presser alone. Only its count is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from bot.cards import holders
from bot.domain.events import Noted
from bot.domain.note_kind import NoteKind
from bot.errors import ChatError, TerminalError
from bot.ports.terminal import Order

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.cards.holders import Found
    from bot.domain.request import ProgramsLook, Request, Target
    from bot.ports.chat import Chat
    from bot.ports.ledger import Ledger
    from bot.workflow.authorization import Authorizer
    from bot.workflow.courier import Courier
    from bot.workflow.host_reader import HostReader

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramLooks:
    """Reads what runs in sessions that still close, for a person who may list their hosts."""

    ledger: Ledger
    authorizer: Authorizer
    hosts: HostReader
    chat: Chat

    def show(self, request_id: str, look: ProgramsLook) -> None:
        """Read, record who looked, and show it to them. Their rights are asked again: this runs after the press."""
        request = self.ledger.find(request_id)
        if request is None:
            return
        there = seen_by(self.authorizer, request, look)
        chosen = there[: holders.MOST_SESSIONS]
        names = tuple(dict.fromkeys(target.session.host for target in chosen))
        of_host = self.hosts.pool.each(request_id, names, lambda host: self._read(host, chosen))
        found = [one for several in of_host for one in several]
        if not found:
            return
        for target, what in found:
            noted = Noted(kind=NoteKind.PROGRAMS_SHOWN, by=look.by, detail=_counted(target, what))
            self.ledger.record(request_id, noted)
        self._tell(request, look, found, len(there) - len(chosen))

    def _read(self, host: str, targets: Sequence[Target]) -> list[Found]:
        return [(each, self._programs(host, each)) for each in targets if each.session.host == host]

    def _programs(self, host: str, target: Target) -> holders.Programs:
        session = target.session
        order = Order(
            session_id=session.id,
            account=session.account,
            logon=session.logon,
            said_state=session.state,
            even_if_active=True,
            machine=session.machine,
            conditions=(),
        )
        try:
            return self.hosts.terminal.programs(host, order, within=self.hosts.look_within(host))
        except TerminalError as error:
            return error

    def _tell(self, request: Request, look: ProgramsLook, found: Sequence[Found], left: int) -> None:
        card = holders.of(request, found, left)
        try:
            self.chat.tell(look.place, look.by, card)
        except ChatError:
            try:
                self.chat.post_directly(look.by, card)
            except ChatError as error:
                log.warning("programs.not_shown", request_id=request.id, message=error.message)


def seen_by(authorizer: Authorizer, request: Request, look: ProgramsLook) -> tuple[Target, ...]:
    """Return the sessions that still close and that this person may list, where they pressed."""
    there = holders.hanging(request)
    return tuple(target for target in there if authorizer.lets_list(look.by, look.place, target.session))


def _counted(target: Target, what: holders.Programs) -> str:
    place = f"{target.session.host} session {target.session.id}"
    if what is None:
        return f"{place}: not there"
    return f"{place}: {what.code}" if isinstance(what, TerminalError) else f"{place}: {len(what)} programs"


def looks_with(courier: Courier, hosts: HostReader, authorizer: Authorizer) -> ProgramLooks:
    """Return the looks over the ports of these."""
    return ProgramLooks(ledger=courier.ledger, authorizer=authorizer, hosts=hosts, chat=courier.chat)
