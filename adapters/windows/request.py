"""What a host is asked for, as a value. Each carrier writes it in its own form."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.domain.session import Machine
    from bot.ports.terminal import Order


class Verb(StrEnum):
    """What a request is for."""

    LIST = "list"  # list all sessions
    PROCESSES = "processes"  # list what runs in one session
    LOG_OFF = "logoff"  # log the targets off
    DISCONNECT = "disconnect"  # disconnect the targets
    MESSAGE = "message"  # show the targets a message

    @property
    def acts(self) -> bool:
        """Whether somebody at the host notices it."""
        return self in (Verb.LOG_OFF, Verb.DISCONNECT, Verb.MESSAGE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One call to one host."""

    verb: Verb
    orders: tuple[Order, ...] = ()  # the targets, in the order of the acts
    wait_seconds: int = 0  # how long to wait for sessions to be gone, all of them together; 0: do not wait
    title: str = ""  # of a message
    text: str = ""  # of a message

    def __post_init__(self) -> None:
        machine_in(self.orders)
        if self.verb is Verb.PROCESSES and len(self.orders) != 1:
            raise ValueError(f"programs of {len(self.orders)} sessions in one call")


def machine_in(orders: Sequence[Order]) -> Machine | None:
    """Return the machine that the orders were drawn from; None: there is no order.

    Raises `ValueError` for orders from several machines: one call goes to one host.
    """
    machines = {order.machine for order in orders}
    if len(machines) > 1:
        raise ValueError(f"orders for {len(machines)} machines in one call")
    return next(iter(machines), None)
