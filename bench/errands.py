"""What people ask for in `bench/whole_world.py`: errands of every kind, and the hosts and rules that they need."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

FLEET_OF = 50


class Kind(StrEnum):
    LIST = "list"
    OWN = "own yes"
    FOUR_EYES = "four eyes"
    QUORUM = "quorum"
    WARNED = "warned"
    FORCED = "forced"
    FLEET = "fleet"
    REFUSED = "refused"
    MISTYPED = "mistyped"


PRESSES: dict[Kind, tuple[str, ...]] = {
    Kind.OWN: ("dana",),
    Kind.WARNED: ("dana",),
    Kind.FOUR_EYES: ("bo",),
    Kind.QUORUM: ("bo", "chen"),
    Kind.FLEET: ("bo",),
}
"""Who presses, one after the other. The other kinds ask nobody."""

HOSTS = {Kind.FOUR_EYES: "eyes", Kind.QUORUM: "quorum", Kind.FLEET: "fleet"}
"""On which hosts, where it is not one of those on which a person decides alone."""

CONFIG = """
rehearsal: true
team: T0HOME0001
database: ${BENCH_DATABASE}
computers: ["own-[01-60]", "eyes-[01-60]", "quorum-[01-60]", "fleet-[01-50]"]
winrm: {transport: ntlm, scheme: http, insecure_ntlm: true, username: 'CORP\\svc-logoff', look_within: 30s}
rules:
  - {name: fleets, who: ["@oncall"], may: [log_off], computers: ["fleet-*"], confirm: 1 of @ts-leads,
     approve_in: C0APPROVE1, max_targets: 1000}
  - {name: four eyes, who: ["@oncall"], may: [log_off], computers: ["eyes-*"], confirm: 1 of @ts-leads,
     approve_in: C0APPROVE1}
  - {name: quorum, who: ["@oncall"], may: [log_off], computers: ["quorum-*"], confirm: "2 of @ts-leads, @oncall",
     approve_in: C0APPROVE1}
  - {name: on call, who: ["@oncall"], may: [list, message, log_off], approve_in: C0APPROVE1,
     force: {allowed: true, reason: true}}
"""

PER_PLACE = 60
"""Hosts of each kind but the fleet, as in `CONFIG`."""

PER_HOST = 5
"""Sessions on each host that is asked about one by one."""


def farm_file(fleets: int) -> str:
    """Return a farm in which everybody is away: `PER_HOST` on most hosts, one of each fleet on the others."""
    one = "\n".join(f"      - {{id: {n}, user: 'CORP\\user{n}', disconnected: 3h}}" for n in range(3, 3 + PER_HOST))
    all_ = "\n".join(f"      - {{id: {n + 3}, user: 'CORP\\fleet{n}', disconnected: 3h}}" for n in range(fleets))
    hosts = [f"  {name}-[01-{PER_PLACE}]:\n    sessions:\n{one}" for name in ("own", "eyes", "quorum")]
    fleet = f"  fleet-[01-{FLEET_OF}]:\n    sessions:\n{all_}" if fleets else f"  fleet-[01-{FLEET_OF}]: {{}}"
    account = "account: {username: 'CORP\\svc-logoff', password: \"the bench's, not a secret\"}"
    services = "every_host: [{id: 0, station: Services, state: disconnected}]"
    return "\n".join([account, services, "hosts:", *hosts, fleet]) + "\n"


@dataclass(slots=True)
class Errand:
    """One request: what is typed, who presses, and which sessions have to be gone in the end."""

    kind: Kind
    text: str
    gone: frozenset[tuple[str, int]] = frozenset()
    person: str = "dana"
    pressers: tuple[str, ...] = ()  # who presses, in turn and again, as long as the card waits
    presses: int = 0
    pressed_at: float = 0.0  # when somebody pressed last

    @property
    def makes_a_request(self) -> bool:
        return self.kind is not Kind.MISTYPED


def errands(kinds: Sequence[Kind]) -> list[Errand]:
    """Return an errand of each kind, no two of them about one session."""
    taken: dict[str, int] = {}
    made = []
    for kind in kinds:
        place = HOSTS.get(kind, "own")
        number = taken[place] = taken.get(place, -1) + 1
        made.append(_fleet(number) if kind is Kind.FLEET else _single(kind, place, number))
    return made


def _fleet(number: int) -> Errand:
    gone = frozenset((f"fleet-{host:02}", number + 3) for host in range(1, FLEET_OF + 1))
    text = f'/logoff "fleet-*" user="CORP\\fleet{number}" --all --sync'
    return Errand(Kind.FLEET, text, gone, pressers=PRESSES[Kind.FLEET])


def _single(kind: Kind, place: str, number: int) -> Errand:
    if number >= PER_PLACE * PER_HOST:
        raise SystemExit(f"There are only {PER_PLACE * PER_HOST} sessions for requests of this kind: {kind}")
    host, session_id = f"{place}-{number % PER_PLACE + 1:02}", number // PER_PLACE + 3
    asked = f"/logoff {host} id={session_id} --sync"
    gone = frozenset({(host, session_id)})
    match kind:
        case Kind.LIST:
            return Errand(kind, f"/sessions {host}")
        case Kind.REFUSED:
            return Errand(kind, asked, person="oli")
        case Kind.MISTYPED:
            return Errand(kind, f"/logoff {host} --nosuch")
        case Kind.WARNED:
            return Errand(kind, f"{asked} --warn 10s", gone, pressers=PRESSES[kind])
        case Kind.FORCED:
            return Errand(kind, f'{asked} --force --reason "bench"', gone)
        case _:
            return Errand(kind, asked, gone, pressers=PRESSES[kind])
