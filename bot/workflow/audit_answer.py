"""The step of `/logoff-audit`: it reads the log for one person, sends what was found, and records that it was read."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, cast

import structlog

from bot.audit.figures import By, Report
from bot.audit.selection import AuditFilter, Names
from bot.cards import audit_card
from bot.cards.attachment import Attachment
from bot.cards.audit_card import Reading
from bot.cards.model import Card
from bot.cards.sheet import ENTRY_HEADS, REQUEST_HEADS, csv_line, entry_cells, request_cells
from bot.domain.events import Refused, Surveyed
from bot.domain.part import HEAD
from bot.domain.request import Ending, WorkItem
from bot.domain.transitions import READY_FOR
from bot.errors import ChatError, TooWide
from bot.policy.evaluate import OWN_REQUESTS
from bot.policy.model import Decision
from bot.ports.audit_reports import beginning_after, no_charts
from bot.workflow.courier import due_after
from bot.workflow.planning import plan
from bot.workflow.ways import FILES, FOR_OTHERS, ONE_COPY, PRIVATE, Outgoing

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from bot.audit.history import RequestHistory
    from bot.commands.audit import AuditAsk
    from bot.domain.request import Request
    from bot.ports.audit_reports import AuditLogReader, AuditReports, Charts
    from bot.ports.clock import Clock
    from bot.ports.ledger import Ledger
    from bot.ports.scheduler import Scheduler
    from bot.workflow.authorization import Authorizer
    from bot.workflow.courier import Courier

MOST_READ = 100_000
"""How many requests one command reads. `logoff-bot audit` reads any number."""

MOST_ROWS = 20_000
"""How many rows one spreadsheet has: the newest ones."""

MOST_BYTES = 10_000_000
"""How large one spreadsheet may be."""

MOST_KEPT = 4
"""How many answers that Slack did not take yet stay in memory."""

LOOKS_AT_CLOCK = 250
"""After how many requests the reading looks whether its time is over."""

SPARE = timedelta(seconds=30)
"""How much sooner than the request its reading ends, so that the answer can still be sent."""

ONE_AFTER_THE_OTHER = timedelta(seconds=1)
"""How soon a step looks again while another one reads: one reader at a time leaves the processor to people."""

ANSWER, ROWS, CHART = "audit answer", "audit rows", "audit chart"
"""The keys of the messages."""

log = structlog.get_logger()


class _TooMuch(Exception):
    """The reading takes too long. Its text is a sentence for the requester."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSources:
    """What the log is read and drawn with."""

    reports: AuditReports | None = None  # None: this program cannot read it
    charts: Charts = no_charts
    unsent: dict[str, Found] = field(default_factory=dict)  # what this process has read and could not send yet


NO_LOG = LogSources()


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What was read: the answer, and the files beside it."""

    reading: Reading
    files: tuple[tuple[str, Attachment], ...] = ()  # each behind the key of its message
    remarks: tuple[str, ...] = ()  # sentences about the files, for the answer


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditAnswer:
    """Answers from the audit log. The step may run twice: each message has its own claim, and is sent once."""

    ledger: Ledger
    clock: Clock
    scheduler: Scheduler
    authorizer: Authorizer
    courier: Courier
    sources: LogSources
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, request: Request) -> None:
        """Read the log, send what was found, and record `Surveyed`; or record `Refused`."""
        request = self.ledger.prove(request.id, HEAD) or request
        ask = cast("AuditAsk", request.ask)
        right = Decision(allowed=True, rule="digest") if ask.is_digest else self.authorizer.may_read_log(request)
        refused = self._refusal(request, ask, right)
        if refused is None and (kept := self.sources.unsent.get(request.id)):
            self._tell(request, ask, kept)
            return
        if refused is None:
            if not self._turn.acquire(blocking=False):
                self._again_at(request, self.clock.now() + ONE_AFTER_THE_OTHER)
                return
            try:
                found = self._read(request, ask, right)
            except (TooWide, _TooMuch) as error:
                found = Refused(rule="too much", message=str(error))
            finally:
                self._turn.release()
            if isinstance(found, Found):
                self._tell(request, ask, found)
                return
            refused = found
        self.ledger.record(request.id, refused)

    def _refusal(self, request: Request, ask: AuditAsk, right: Decision) -> Refused | None:
        """Return why nothing is read."""
        if not right.allowed:
            return Refused(rule=right.rule, message=right.message)
        if self.sources.reports is None:
            return Refused(rule="no log", message="This bot cannot read its audit log here.")
        wanted = ask.filter_for(request.actor, request.asked_at)
        if right.rule == OWN_REQUESTS and wanted.actor not in ("", request.actor.user_id):
            return Refused(rule=right.rule, message=f"Here you read about your own requests alone. {right.message}")
        return None

    def _read(self, request: Request, ask: AuditAsk, right: Decision) -> Found | Refused:
        """Read what is asked for. The names of the filter are looked up first: a wide pattern reads nothing."""
        assert self.sources.reports  # noqa: S101 - `_refusal` says so otherwise
        wanted = ask.filter_for(request.actor, request.asked_at)
        is_own = right.rule == OWN_REQUESTS
        with self.sources.reports() as reader:
            names = reader.names(wanted)
            if is_own:
                wanted = replace(wanted, actor=request.actor.user_id)
                names = replace(names, actors=frozenset({request.actor.user_id}))
            count = reader.count_requests(wanted, names)
            if wanted.request and not count:
                return Refused(rule="unknown request", message=audit_card.unknown(wanted.request))
            if count > MOST_READ:
                return Refused(rule="too much", message=audit_card.too_much(count, MOST_READ))
            return self._found(request, ask, _Source(reader, wanted, names, self._deadline(request)), is_own=is_own)

    def _deadline(self, request: Request) -> Callable[[], None]:
        until = request.expires_at - SPARE

        def check() -> None:
            if self.clock.now() >= until:
                raise _TooMuch(audit_card.TOOK_TOO_LONG)

        return check

    def _found(self, request: Request, ask: AuditAsk, source: _Source, *, is_own: bool) -> Found:
        figures, newest, rows = Report(ask.by or By.DAY), list["RequestHistory"](), _Rows()
        for number, each in enumerate(source.reader.requests(source.wanted, source.names)):
            if number % LOOKS_AT_CLOCK == 0:
                source.check()
            one = each.about(source.wanted, source.names)
            figures.add(one)
            rows.add(csv_line(request_cells(one)))
            if len(newest) < audit_card.MOST_REQUESTS:
                newest.append(one)
        reading = Reading(
            request=request,
            wanted=source.wanted,
            by=ask.by,
            is_own=is_own,
            is_digest=ask.is_digest,
            head=source.reader.head(),
            total=figures.total(),
            groups=figures.groups(),
            newest=tuple(newest),
            unknown=() if is_own else source.names.unknown(),  # which names others are in the log is not theirs
            began=beginning_after(source.reader, source.wanted.until),
        )
        if ask.is_digest or not reading.total.requests:
            return Found(reading=reading)
        return self._with_files(reading, source, rows)

    def _with_files(self, reading: Reading, source: _Source, rows: _Rows) -> Found:
        request, remarks = reading.request, []
        heads: tuple[str, ...] = REQUEST_HEADS
        if source.wanted.request and not reading.is_own:  # entries also say what their requester was not to see
            heads, rows = ENTRY_HEADS, _Rows()
            whole = AuditFilter(request=source.wanted.request)
            for each in source.reader.entries(whole, Names(), oldest_first=True):
                rows.add(csv_line(entry_cells(each)))
        sheet = Attachment(name=f"{request.id}.csv", title=f"{request.id}: rows (UTC)", content=rows.content(heads))
        files = [(ROWS, sheet)]
        if rows.left_out:
            remarks.append(audit_card.rows_left_out(rows.kept, rows.kept + rows.left_out))
        bars = audit_card.bars(reading)
        if bars and not source.wanted.request:
            title = audit_card.chart_title(reading)
            if png := self.sources.charts(title, bars):
                files.insert(0, (CHART, Attachment(name=f"{request.id}.png", title=title, content=png)))
            else:
                remarks.append(audit_card.NO_CHARTS)
        return Found(reading=reading, files=tuple(files), remarks=tuple(remarks))

    def _tell(self, request: Request, ask: AuditAsk, found: Found) -> None:
        """Send the files and the answer, and record what was read. What the chat does not take now is tried again."""
        try:
            remarks = [*found.remarks, *(self._send_file(request, key, file) for key, file in found.files)]
            card = audit_card.build(found.reading, [each for each in remarks if each])
            ways = FOR_OTHERS if ask.is_digest else PRIVATE
            shown = self.courier.send(request, Outgoing(key=ANSWER, card=card, ways=ways, place=request.place))
        except ChatError as error:
            log.warning("audit.not_sent", request_id=request.id, message=error.message)
            self._keep(request, found)
            self._again_at(request, due_after(self.clock.now(), error))
            return
        self.sources.unsent.pop(request.id, None)
        message = audit_card.in_words(found.reading, shown.fault)
        event = Surveyed(targets=(), surveys=(), ending=Ending.ANSWERED, message=message, valid_for=READY_FOR)
        after = self.ledger.record(request.id, event)
        self.ledger.mark_published(request.id, version=after.version, message_ref=None, publish_after=None)

    def _keep(self, request: Request, found: Found) -> None:
        """Keep what was read for the next try. Of an older one the log is read again."""
        self.sources.unsent[request.id] = found
        for old in list(self.sources.unsent)[:-MOST_KEPT]:
            self.sources.unsent.pop(old, None)

    def _send_file(self, request: Request, key: str, file: Attachment) -> str:
        """Send the file, and return a sentence when it can never be sent."""
        card = Card(headline=file.title, summary=file.title)
        out = Outgoing(key=key, card=card, ways=FILES, place=request.place, file=file, most_lost=ONE_COPY)
        posting = self.courier.send(request, out)
        return audit_card.not_sent(file.name, posting.fault) if posting.fault else ""

    def _again_at(self, request: Request, at: datetime) -> None:
        plan(self.ledger, self.scheduler, WorkItem(request_id=request.id), at)


def answer_with(courier: Courier, scheduler: Scheduler, authorizer: Authorizer, sources: LogSources) -> AuditAnswer:
    """Return the step whose messages this courier sends."""
    return AuditAnswer(
        ledger=courier.ledger,
        clock=courier.clock,
        scheduler=scheduler,
        authorizer=authorizer,
        courier=courier,
        sources=sources,
    )


@dataclass(frozen=True, slots=True)
class _Source:
    reader: AuditLogReader
    wanted: AuditFilter
    names: Names
    check: Callable[[], None]  # raises `_TooMuch` when the time is over


class _Rows:
    """The lines of a spreadsheet, up to its limits."""

    def __init__(self) -> None:
        self._lines: list[bytes] = []
        self._size = self.left_out = 0

    @property
    def kept(self) -> int:
        return len(self._lines)

    def add(self, line: str) -> None:
        written = line.encode("utf-8", "backslashreplace")
        if self.left_out or self.kept >= MOST_ROWS or self._size + len(written) > MOST_BYTES:
            self.left_out += 1
            return
        self._lines.append(written)
        self._size += len(written)

    def content(self, heads: tuple[str, ...]) -> bytes:
        return csv_line(heads).encode() + b"".join(self._lines)
