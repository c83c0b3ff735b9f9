"""What is read from the bot when somebody asks for the metrics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from prometheus_client.core import GaugeMetricFamily

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from prometheus_client import Metric

    from adapters.scheduler.lane import LaneLoad
    from app.health.readiness import Report

    Values = Iterable[tuple[tuple[str, ...], float]]

NEVER = float("nan")


@dataclass(frozen=True, slots=True, kw_only=True)
class Gauges:
    """A collector over the running parts. Each function waits for nothing."""

    report: Callable[[], Report]
    loads: Callable[[], Mapping[str, LaneLoad]]
    writers: Callable[[], tuple[int, int]]  # how many writers wait: for people, and workers
    directory_age: Callable[[], float | None]
    socket_silence: Callable[[], float | None]
    is_paused: Callable[[], bool]
    is_owner: Callable[[], bool]
    is_changed: Callable[[], bool]  # the record is not as this process has seen it

    def collect(self) -> Iterator[Metric]:
        report, loads = self.report(), self.loads()
        parts = [((name,), float(not part.message)) for name, part in report.parts.items()]
        yield _gauge("ready", "1 when the bot can do its work.", [((), float(report.is_ready))])
        yield _gauge("part_ready", "1 when this part of it is as it should be.", parts, "part")
        yield _gauge("paused", "1 while an operator has paused the bot.", [((), float(self.is_paused()))])
        yield _gauge("owner", "1 while this process owns its database.", [((), float(self.is_owner()))])
        changed = [((), float(self.is_changed()))]
        yield _gauge("record_changed", "1 after the audit log was changed behind the bot, or its key.", changed)
        yield from _of_lanes(loads)
        people, workers = self.writers()
        waiting = [(("people",), float(people)), (("workers",), float(workers))]
        yield _gauge("writers_waiting", "Threads that wait for their turn to write.", waiting, "line")
        yield _gauge(
            "directory_age_seconds", "Since people and groups were read from Slack.", [((), _or(self.directory_age()))]
        )
        yield _gauge("socket_silence_seconds", "Since Slack was heard.", [((), _or(self.socket_silence()))])


def _of_lanes(loads: Mapping[str, LaneLoad]) -> Iterator[Metric]:
    for field, name, what in (
        ("waiting", "steps_waiting", "Steps that wait for a thread, their host or their own earlier run."),
        ("running", "steps_running", "Steps that run."),
        ("oldest_waiting", "oldest_waiting_seconds", "How long the oldest of the waiting steps has waited."),
        ("longest_running", "longest_running_seconds", "How long the oldest of the running steps has run."),
    ):
        yield _gauge(name, what, [((lane,), float(getattr(load, field))) for lane, load in loads.items()], "lane")


def _gauge(name: str, what: str, values: Values, *labels: str) -> Metric:
    gauge = GaugeMetricFamily(f"logoffbot_{name}", what, labels=labels)
    for label_values, value in values:
        gauge.add_metric(label_values, value)
    return gauge


def _or(seconds: float | None) -> float:
    return NEVER if seconds is None else seconds
