"""The sessions of each host at the farm's start, made from farm.yaml."""

import zlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from rehearsal.windows.sessions import ALWAYS_NOW, Session, State, word_of
from rehearsal.windows.settings import FarmSettings, SessionSettings

_RDP, _CONSOLE = 2, 0
_LATER = 2**31
"""No session of the farm has an id from here on: what the host says of a session after an order stands under one."""
_MICROSECOND = timedelta(microseconds=1)


def populate(host: str, settings: FarmSettings, start: int) -> dict[int, Session]:
    """The host's sessions by id; `start` is the farm's start as a FILETIME."""
    wanted = {each.id: each for each in settings.every_host}
    wanted |= {each.id: each for each in _crowd_of(host, settings)}
    wanted |= {each.id: each for each in settings.hosts[host].sessions}
    there = {number: build_session(each, start) for number, each in sorted(wanted.items())}
    for number, each in wanted.items():
        if each.after_order:
            later = build_session(each.after_order, start)
            hidden = number + _LATER
            there[hidden] = replace(later, id=hidden, odd=f"after:{number} {later.odd}".rstrip())
    return there


def build_session(settings: SessionSettings, start: int) -> Session:
    domain, _, user = settings.user.partition("\\")
    station = _station(settings)
    logon = _before(start, settings.logged_on) if user and settings.logged_on is not None else 0
    session = Session(
        id=settings.id,
        state=settings.state,
        protocol=_RDP if user and station != "Console" else _CONSOLE,
        logon=logon,
        connect=logon,
        disconnect=_before(start, settings.disconnected) if settings.disconnected is not None and user else 0,
        input=_last_input(settings, station, start),
        station=station,
        domain=domain,
        user=user,
        client=settings.client,
        address=settings.address,
        build=settings.build,
        display=settings.display,
        odd=" ".join(_odd_words(settings)),
    )
    raw: dict[str, Any] = {name: ticks for name, ticks in settings.ticks.items() if name != "now"}
    return replace(session, **raw)


def _odd_words(settings: SessionSettings) -> Iterator[str]:
    yield from (word_of(what, how) for what, how in settings.unreadable.items())
    if "now" in settings.ticks:
        yield f"now:{settings.ticks['now']}"
    if not settings.listed:
        yield "listed:no"


def _station(settings: SessionSettings) -> str:
    if settings.station is not None:
        return settings.station
    return f"RDP-Tcp#{settings.id}" if settings.user and settings.state is State.ACTIVE else ""


def _last_input(settings: SessionSettings, station: str, start: int) -> int:
    """Windows shows no idle time for the console, and no last input for a disconnected session."""
    if not settings.user or settings.state is not State.ACTIVE:
        return 0
    return ALWAYS_NOW if station == "Console" else _before(start, settings.idle)


def _before(start: int, ago: timedelta) -> int:
    return start - ago // _MICROSECOND * 10


def _crowd_of(host: str, settings: FarmSettings) -> Iterator[SessionSettings]:
    """Fills a host from the crowd: the same people in the same situation at every start, other ones on every host."""
    seed = zlib.crc32(host.encode())
    people = settings.crowd
    for place in range(min(settings.hosts[host].crowd, len(people))):
        number = seed + place
        away = number % 3 == 0
        yield SessionSettings(
            id=2 + place,
            user=people[number % len(people)],
            state=State.DISCONNECTED if away else State.ACTIVE,
            disconnected=timedelta(hours=1 + number % 70) if away else None,
            logged_on=timedelta(days=3 + number % 5, hours=number % 24),
            idle=timedelta(minutes=number % 50),
            client=f"PC-{number % 1000:03}",
            address=f"10.0.{number % 8}.{number % 250 + 1}",
        )
