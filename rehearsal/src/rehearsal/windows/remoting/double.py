"""An endpoint without PowerShell: psrpcore is the server of PSRP, and the commands are those of `cmdlets`."""

import threading
import uuid
from collections.abc import Callable, Iterator
from typing import Any, Protocol
from xml.etree.ElementTree import ParseError

from psrpcore import CreatePipelineEvent, PSRPCoreError, PSRPPayload, ServerPipeline, ServerRunspacePool, StreamType
from psrpcore.types import (
    ErrorCategory,
    ErrorCategoryInfo,
    ErrorRecord,
    NETException,
    PSInvocationState,
    PSObject,
    PSRPMessageType,
)

from rehearsal.windows.engines import Machine
from rehearsal.windows.remoting.cmdlets import CMDLETS, names_of
from rehearsal.windows.remoting.endpoint import POOL, Say
from rehearsal.windows.remoting.parameters import CommandError
from rehearsal.windows.remoting.rows import PROGRAM, bag, common
from rehearsal.windows.remoting_faults import Complains

SESSIONS_OWN = (
    "Clear-Host",
    "Exit-PSSession",
    "Get-Command",
    "Get-FormatData",
    "Get-Help",
    "Measure-Object",
    "Out-Default",
    "Select-Object",
)
"""What every restricted session shows to everybody."""
_FRAGMENT = 32_768


class Complaint(Protocol):
    def __call__(self, *, is_look: bool) -> Complains | None:
        """What the host was told to answer to this command instead."""


_COMMAND = "System.Management.Automation.CommandInfo"
_GONE = threading.Event()
_GONE.set()
Thing = tuple[str, dict[str, Any]]
"""The type of an object, and its properties."""
_ERROR_CATEGORIES = {"CommandNotFoundException": ErrorCategory.ObjectNotFound}


class DoubleEndpoint:
    """Data that PSRP cannot be read from is never answered again, as Windows' own server does."""

    def __init__(self, machine: Machine, say: Say, *, version: str, is_member: bool, complaint: Complaint) -> None:
        self._complaint = complaint
        self._machine = machine
        self._say = say
        self._version = version
        self._cmdlets = {each.name.lower(): each for each in CMDLETS} if is_member else {}
        self._pool = ServerRunspacePool()
        self._lock = threading.RLock()
        self._killed: dict[str, threading.Event] = {}
        self._is_broken = False

    def open(self, pipeline: str) -> None:
        with self._lock:
            ServerPipeline(self._pool, uuid.UUID(pipeline))
            self._killed[pipeline] = threading.Event()

    def take(self, pipeline: str, data: bytes, *, prompted: bool = False) -> None:
        stream = StreamType.prompt_response if prompted else StreamType.default
        with self._lock:
            if self._is_broken:
                return
            try:
                where = None if pipeline == POOL else uuid.UUID(pipeline)
                self._pool.receive_data(PSRPPayload(data, stream, where))
                while (event := self._pool.next_event()) is not None:
                    if isinstance(event, CreatePipelineEvent):
                        self._start(self._pool.pipeline_table[event.pipeline_id])
            except (PSRPCoreError, ParseError, ValueError, KeyError, TypeError):
                self._is_broken = True
            self._flush()

    def stop(self, pipeline: str) -> None:
        if killed := self._killed.get(pipeline):
            killed.set()

    def forget(self, pipeline: str) -> None:
        self.stop(pipeline)
        with self._lock:
            self._killed.pop(pipeline, None)

    def close(self) -> None:
        for killed in list(self._killed.values()):
            killed.set()

    # A pipeline

    def _start(self, pipeline: ServerPipeline) -> None:
        pipeline.start()
        killed = self._killed.get(str(pipeline.pipeline_id), _GONE)
        name = f"pipeline {pipeline.pipeline_id}"
        threading.Thread(target=self._run, args=(pipeline, killed), name=name, daemon=True).start()

    def _run(self, pipeline: ServerPipeline, killed: threading.Event) -> None:
        if killed.is_set():
            self._end(pipeline, _stopped())
            return
        try:
            commands = getattr(pipeline.metadata, "commands", [])  # none where the client asks for metadata
            complains = self._complaint(is_look=[each.command_text.lower() for each in commands] == ["get-tssession"])
            if complains and not complains.done:
                raise CommandError(complains.id, complains.message)  # noqa: TRY301 - as any other that ends it
            things = self._results(commands, killed, lambda error: self._tell(pipeline, error))
            if complains:
                raise CommandError(complains.id, complains.message)  # noqa: TRY301
            for kind, row in things:
                self._tell(pipeline, bag(kind, row))
            self._end(pipeline, _stopped() if killed.is_set() else None)
        except CommandError as error:
            self._end(pipeline, _record(error))

    def _results(
        self, commands: list[Any], killed: threading.Event, complain: Callable[[CommandError], None]
    ) -> list[Thing]:
        """What comes out of the last command; each takes what the one before it gives."""
        if any(each.is_script for each in commands):
            raise CommandError("ScriptsNotAllowed", "The syntax is not supported by this runspace: no-language mode.")
        things: list[Thing] = [("", {})]
        for command in commands:
            given = [(name, value) for name, value in command.parameters]
            name = command.command_text.rpartition("\\")[2].lower()
            cmdlet = self._cmdlets.get(name)
            if cmdlet is None:
                things = [(_COMMAND, row) for row in self._own(name, command.command_text, given)]
                continue
            stem = common(self._machine, self._version)
            results = [each for _, piped in things for each in cmdlet.results(given, piped, self._machine, killed)]
            rows = [each for each in results if not isinstance(each, CommandError)]
            for error in (each for each in results if isinstance(each, CommandError)):
                complain(error)
            things = [(PROGRAM if "CpuTicks" in row else cmdlet.kind, stem | row) for row in rows]
        return things

    def _own(self, name: str, called: str, given: list[tuple[str | None, Any]]) -> Iterator[dict[str, Any]]:
        """The commands of the session itself: who asks for its commands is told, the others say nothing."""
        if name not in {each.lower() for each in SESSIONS_OWN}:
            raise CommandError("CommandNotFoundException", f"The term '{called[:80]}' is not recognized as a command.")
        if name == "get-command":
            yield from names_of(given, [*SESSIONS_OWN, *(each.name for each in self._cmdlets.values())])

    def _tell(self, pipeline: ServerPipeline, thing: PSObject | CommandError) -> None:
        """A pipeline that is being stopped gives nothing any more."""
        with self._lock:
            if self._killed.get(str(pipeline.pipeline_id), _GONE).is_set():
                return
            if isinstance(thing, CommandError):
                pipeline.prepare_message(_record(thing), message_type=PSRPMessageType.ErrorRecord)
            else:
                pipeline.write_output(thing)
            self._flush()

    def _end(self, pipeline: ServerPipeline, error: ErrorRecord | None) -> None:
        with self._lock:
            if error is None:
                pipeline.complete()
            else:
                is_stop = error.FullyQualifiedErrorId == "PipelineStopped"
                state = PSInvocationState.Stopped if is_stop else PSInvocationState.Failed
                pipeline._change_state(state, error)  # noqa: SLF001 - psrpcore has no word for a pipeline that failed
            self._flush()
            pipeline.close()

    def _flush(self) -> None:
        while (payload := self._pool.data_to_send(_FRAGMENT)) is not None:
            self._say(str(payload.pipeline_id) if payload.pipeline_id else POOL, payload.data)


def _stopped() -> ErrorRecord:
    return _record(CommandError("PipelineStopped", "The pipeline has been stopped."), ErrorCategory.OperationStopped)


def _record(error: CommandError, category: ErrorCategory = ErrorCategory.NotSpecified) -> ErrorRecord:
    kind = _ERROR_CATEGORIES.get(error.identifier, category)
    return ErrorRecord(
        Exception=NETException(Message=str(error), HResult=-2146233087),
        CategoryInfo=ErrorCategoryInfo(Category=kind, Reason="RuntimeException"),
        FullyQualifiedErrorId=error.identifier,
    )
