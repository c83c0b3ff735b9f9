"""Before the endpoints of a host: which there are, and what the host's behaviours make of their pipelines."""

import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from rehearsal.windows import faults
from rehearsal.windows.behaviours import Garbage, Slow
from rehearsal.windows.conduct import Conduct
from rehearsal.windows.engines import Machine
from rehearsal.windows.remoting.double import DoubleEndpoint
from rehearsal.windows.remoting.endpoint import Endpoint, Say
from rehearsal.windows.remoting.engine import RestrictedSessions
from rehearsal.windows.remoting.fragments import CREATE_PIPELINE, Messages, Reading, stopped
from rehearsal.windows.remoting.garbling import garble
from rehearsal.windows.remoting_faults import Complains, Garbles, NoEndpoint
from rehearsal.windows.settings import EndpointSettings
from rehearsal.windows.soap import Fault


class Front:
    """`after_look` is called when a list of sessions is complete, before its client hears so.

    Without an `engine` the double is behind every endpoint; with one the module says its own version.
    """

    def __init__(
        self,
        machine: Machine,
        endpoints: Mapping[str, EndpointSettings],
        conduct: Conduct,
        after_look: Callable[[], None],
        engine: RestrictedSessions | None,
    ) -> None:
        self._engine = engine
        self._machine = machine
        self._endpoints = {name.lower(): each for name, each in endpoints.items()}
        self._conduct = conduct
        self._after_look = after_look

    def open(self, name: str, say: Say) -> Endpoint:
        """Raises the Fault of an endpoint that is not there, or not for this account."""
        settings = self._endpoints.get(name.lower())
        if settings is None or self._conduct.has(NoEndpoint):
            raise faults.no_endpoint(f"http://schemas.microsoft.com/powershell/{name}")
        if settings.access == "denied":
            raise faults.access_denied()
        return Watched(say, self._conduct, self._after_look, lambda tell: self._make(settings, tell))

    def _make(self, settings: EndpointSettings, say: Say) -> Endpoint:
        is_member = settings.access == "member"
        if self._engine:
            return self._engine.open(self._machine, say, is_member=is_member)
        return DoubleEndpoint(
            self._machine, say, version=settings.version, is_member=is_member, complaint=self._complaint
        )

    def _complaint(self, *, is_look: bool) -> Complains | None:
        wanted = self._conduct.has(Complains)
        return self._conduct.striking(Complains) if wanted and wanted.strikes(is_look=is_look) else None


@dataclass(slots=True)
class Pipeline:
    """What is read of one pipeline: both directions, and whether it lists the sessions, or looks at all."""

    sent: Messages = field(default_factory=Messages)
    told: Messages = field(default_factory=Messages)
    is_list: bool = False
    is_look: bool = False
    garbles: Garbles | None = None
    ids: bytes = b""
    left: threading.Event = field(default_factory=threading.Event)
    """Set when nobody waits any more for the pipeline to begin."""
    has_begun: bool = True


class Watched:
    """An endpoint whose pipelines begin late on a slow host, may be garbled, and whose first look is noticed."""

    def __init__(
        self, say: Say, conduct: Conduct, after_look: Callable[[], None], make: Callable[[Say], Endpoint]
    ) -> None:
        self._say = say
        self._conduct = conduct
        self._after_look = after_look
        self._pipelines: dict[str, Pipeline] = {}
        self._turn = threading.Lock()
        self._inner = make(self._tell)

    def open(self, pipeline: str) -> None:
        self._pipelines[pipeline] = Pipeline()
        self._inner.open(pipeline)

    def take(self, pipeline: str, data: bytes, *, prompted: bool = False) -> None:
        if about := self._pipelines.get(pipeline):
            for message in about.sent.feed(data):
                self._begin(about, message)
        if about and (slow := self._conduct.has(Slow)):
            about.has_begun = False
            work, arguments = self._take_late, (slow.seconds, about, pipeline, data)
            threading.Thread(target=work, args=arguments, name=f"slow {pipeline}", daemon=True).start()
        else:
            self._inner.take(pipeline, data, prompted=prompted)

    def stop(self, pipeline: str) -> None:
        about = self._pipelines[pipeline]
        if self._leave(about):
            self._say(pipeline, stopped(about.ids))
        else:
            self._inner.stop(pipeline)

    def forget(self, pipeline: str) -> None:
        self._leave(self._pipelines.pop(pipeline))
        self._inner.forget(pipeline)

    def close(self) -> None:
        for about in list(self._pipelines.values()):
            self._leave(about)
        self._inner.close()

    def _leave(self, about: Pipeline) -> bool:
        """Whether the pipeline had not begun; then it never will."""
        with self._turn:
            about.left.set()
            return not about.has_begun

    def _begin(self, about: Pipeline, message: Reading) -> None:
        if message.kind != CREATE_PIPELINE:
            return
        about.is_list, about.is_look, about.ids = message.is_list, message.is_look, message.ids
        if self._conduct.has(Garbage):
            about.garbles = Garbles(how="noise")
        wanted = self._conduct.has(Garbles)
        if wanted and wanted.strikes(is_look=about.is_look):
            about.garbles = self._conduct.striking(Garbles)

    def _take_late(self, seconds: float, about: Pipeline, pipeline: str, data: bytes) -> None:
        about.left.wait(seconds)
        with self._turn:
            about.has_begun = not about.left.is_set()
        if about.has_begun:
            with suppress(Fault):  # nobody is there to be told
                self._inner.take(pipeline, data)

    def _tell(self, pipeline: str, data: bytes) -> None:
        about = self._pipelines.get(pipeline)
        if about and any(each.is_success for each in list(about.told.feed(data))) and about.is_list:
            self._after_look()
        for each in garble(about.garbles, data) if about and about.garbles and data else [data]:
            self._say(pipeline, each)
