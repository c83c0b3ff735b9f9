"""Before the endpoints of a host: which there are, and what the host's behaviours make of their pipelines."""

import threading
from collections.abc import Callable, Mapping
from typing import Protocol, TypeVar

from rehearsal.windows import faults
from rehearsal.windows.behaviour import Behaviour
from rehearsal.windows.behaviours import Slow
from rehearsal.windows.engines import Machine
from rehearsal.windows.remoting.double import DoubleEndpoint
from rehearsal.windows.remoting.endpoint import POOL, Endpoint, Say
from rehearsal.windows.remoting.fragments import Messages
from rehearsal.windows.settings import EndpointSettings

_Kind = TypeVar("_Kind", bound=Behaviour)


class Lookup(Protocol):
    def __call__(self, kind: type[_Kind], /) -> _Kind | None:
        """The host's behaviour of this kind, if it has it now."""


class Front:
    """`after_look` is called when a list of sessions is complete, before its client hears so."""

    def __init__(
        self,
        machine: Machine,
        endpoints: Mapping[str, EndpointSettings],
        behaviour: Lookup,
        after_look: Callable[[], None],
    ) -> None:
        self._machine = machine
        self._endpoints = {name.lower(): each for name, each in endpoints.items()}
        self._behaviour = behaviour
        self._after_look = after_look

    def open(self, name: str, say: Say) -> Endpoint:
        """Raises the Fault of an endpoint that is not there, or not for this account."""
        settings = self._endpoints.get(name.lower())
        if settings is None:
            raise faults.no_endpoint(f"http://schemas.microsoft.com/powershell/{name}")
        if settings.access == "denied":
            raise faults.access_denied()
        return Watched(say, self._behaviour, self._after_look, lambda tell: self._make(settings, tell))

    def _make(self, settings: EndpointSettings, say: Say) -> Endpoint:
        return DoubleEndpoint(self._machine, say, version=settings.version, is_member=settings.access == "member")


class Watched:
    """An endpoint whose pipelines begin late on a slow host, and whose first look is noticed."""

    def __init__(
        self,
        say: Say,
        behaviour: Lookup,
        after_look: Callable[[], None],
        make: Callable[[Say], Endpoint],
    ) -> None:
        self._say = say
        self._behaviour = behaviour
        self._after_look = after_look
        self._sent: dict[str, Messages] = {}
        self._told: dict[str, Messages] = {}
        self._looks: set[str] = set()
        self._over = threading.Event()
        self._inner = make(self._tell)

    def open(self, pipeline: str) -> None:
        self._sent[pipeline], self._told[pipeline] = Messages(), Messages()
        self._inner.open(pipeline)

    def take(self, pipeline: str, data: bytes, *, prompted: bool = False) -> None:
        if pipeline in self._sent and any(each.is_look for each in self._sent[pipeline].feed(data)):
            self._looks.add(pipeline)
        if pipeline != POOL and (slow := self._behaviour(Slow)):
            threading.Thread(
                target=self._take_late, args=(slow.seconds, pipeline, data), name=f"slow {pipeline}", daemon=True
            ).start()
        else:
            self._inner.take(pipeline, data, prompted=prompted)

    def stop(self, pipeline: str) -> None:
        self._inner.stop(pipeline)

    def forget(self, pipeline: str) -> None:
        self._sent.pop(pipeline, None)
        self._told.pop(pipeline, None)
        self._looks.discard(pipeline)
        self._inner.forget(pipeline)

    def close(self) -> None:
        self._over.set()
        self._inner.close()

    def _take_late(self, seconds: float, pipeline: str, data: bytes) -> None:
        if not self._over.wait(seconds) and pipeline in self._sent:
            self._inner.take(pipeline, data)

    def _tell(self, pipeline: str, data: bytes) -> None:
        messages = self._told.get(pipeline)
        if messages and any(each.is_success for each in messages.feed(data)) and pipeline in self._looks:
            self._after_look()
        self._say(pipeline, data)
