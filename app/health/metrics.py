"""All metrics of the bot, in a registry of their own.

Each label has a small, known set of values: names of commands, events, verdicts and errors. Nothing that people or
hosts say becomes one, and no computer and no person does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import prometheus_client
from prometheus_client import CollectorRegistry, Counter, Histogram, Info, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

from bot.commands import COMMANDS

if TYPE_CHECKING:
    from prometheus_client.registry import Collector

    from bot.audit.entry import Origin

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
ACKS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0)
HOSTS = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0)
CALLS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
WRITES = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)

_COMMANDS = frozenset(command.name for command in COMMANDS)


class Metrics:
    """Counters and times since the start of this process. Any number of threads may use them."""

    def __init__(self, origin: Origin) -> None:
        # Else each counter and each time has a second one beside it.
        prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call] # it says no types
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        Info("logoffbot_build", "What runs: the release and the digest of the agent.", registry=registry).info(
            {"version": origin.bot_version, "agent": origin.agent_version}
        )

        def counter(name: str, what: str, *labels: str) -> Counter:
            return Counter(f"logoffbot_{name}", what, labels, registry=registry)

        def seconds(name: str, what: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
            return Histogram(f"logoffbot_{name}_seconds", what, labels, registry=registry, buckets=buckets)

        self.commands = counter("commands", "Commands that arrived as requests.", "command", "outcome")
        self.ended = counter("requests_ended", "Requests that are over.", "command", "ending")
        self.events = counter("events", "Events of requests, as the audit log names them.", "event")
        self.notes = counter("notes", "Attempts that changed nothing, as the audit log names them.", "kind")
        self.verdicts = counter("verdicts", "Sessions that were acted on, by what came of it.", "action", "verdict")
        self.acks = seconds("ack", "From the begin of a listener to its ack. Slack gives 3 seconds.", ACKS)
        self.late_acks = counter("acks_late", "Acks that were sent before the answer was known.")
        self.looks = counter("looks", "Looks at computers.", "outcome")
        self.acts = counter("acts", "Orders for sessions, by the answer of the computer.", "action", "outcome")
        self.host_calls = seconds("host_call", "Calls of computers.", HOSTS, "call")
        self.chat_calls = counter("chat_calls", "Messages to Slack and their redrawing.", "call", "outcome")
        self.chat_times = seconds("chat_call", "Calls of Slack.", CALLS, "call")
        self.given_up = counter("messages_given_up", "Messages that never arrived.")
        self.ledger_times = seconds("ledger", "Calls of the database, with the wait for their turn.", WRITES, "call")
        self.ledger_errors = counter("ledger_errors", "Calls of the database that failed.", "call", "code")
        self.refused_logons = counter("logons_refused", "Times that a computer refused the bot's account.")
        self.suspensions = counter("accounts_suspended", "Times that two computers refused it, so that it rests.")
        self.gaps = counter("socket_gaps", "Times that nothing was heard of Slack for more than some seconds.")
        self.gap_seconds = counter("socket_gap_seconds", "Seconds in which nothing was heard of Slack.")

    def add(self, collector: Collector) -> None:
        """Add what is read when somebody asks for the metrics."""
        self.registry.register(collector)

    def text(self) -> bytes:
        """Return all metrics in the text format of Prometheus."""
        return generate_latest(self.registry)


def command_label(name: str) -> str:
    """Return the command as a label. One of an earlier release is none of its own."""
    return name if name in _COMMANDS else "other"
