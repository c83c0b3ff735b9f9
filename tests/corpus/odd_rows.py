"""Sessions with times that none can have, with odd names, and with what cannot be read."""

from __future__ import annotations

from bot.domain.session import EARLIEST, LATEST, SessionState
from tests.corpus.model import (
    HOUR,
    LEFT,
    LOGON,
    NO,
    NOW,
    OPEN,
    SECOND,
    TOUCHED,
    YES,
    Report,
    Row,
    Said,
    changed,
    protected,
    unread,
)
from tests.corpus.ordinary_rows import AT_WORK, NO_NAME, NO_TIMES, SAID_AT_WORK, at_work
from tests.support.comparisons import COMPARISONS, Comparison

INT64 = (-(2**63), -(2**63) + 1, -1, 0, 1, EARLIEST - 1, LATEST, 2**63 - 2, 2**63 - 1)
"""Ticks that no session can have."""
IDLE_FOR_LONG = {"idle for long": YES, "not idle for long": NO}
BEFORE_THE_LOGON = (1, SECOND, HOUR, LOGON - EARLIEST)
"""Ticks: the password is typed shortly before the logon; nothing honest is as old as the year 2000."""
NO_LOGON = {"logged on since": OPEN, "logged on before": OPEN}
AN_ERROR = {"user": OPEN, "account": OPEN, **NO_TIMES, **NO_LOGON}

TIMES = (
    *(
        Row(
            name=f"a logon at {ticks}",
            report=Report(logon=ticks),
            same=False,
            touch=protected("no logon time"),
            guard="no logon time",
            filters=NO_LOGON,
        )
        for ticks in INT64
    ),
    *(
        Row(
            name=f"a disconnect at {ticks}",
            report=Report(disconnect=ticks),
            touch=changed("unread"),
            idle=None,
            filters=NO_TIMES,
        )
        for ticks in INT64
    ),
    *(
        Row(
            name=f"a last input at {ticks}",
            report=at_work(input=ticks),
            said=SAID_AT_WORK,
            touch=changed("unread"),
            idle=None,
            filters={**AT_WORK, **NO_TIMES},
        )
        for ticks in INT64
    ),
    *(Row(name=f"a clock at {ticks}", report=Report(now=ticks), idle=None, filters=NO_TIMES) for ticks in INT64),
    *(Row(name=f"a connect at {ticks}", report=Report(connect=ticks)) for ticks in INT64),
    Row(
        name="the first time of all",
        report=Report(logon=EARLIEST),
        said=Said(logon=EARLIEST),
        filters={"logged on since": NO, "logged on before": YES},
    ),
    Row(
        name="the last time of all",
        report=Report(logon=LATEST - 1),
        said=Said(logon=LATEST - 1, since=LATEST - 1),
        idle=0,
    ),
    *(
        Row(
            name=f"a last input {before} ticks before the logon",
            report=at_work(input=LOGON - before),
            said=Said(state=0, since=LOGON),
            idle=26 * 3600,
            filters={**AT_WORK, **IDLE_FOR_LONG},
        )
        for before in BEFORE_THE_LOGON
    ),
    *(
        Row(
            name=f"a disconnect {before} ticks before the logon",
            report=Report(disconnect=LOGON - before),
            said=Said(since=LOGON),
            idle=26 * 3600,
            filters=IDLE_FOR_LONG,
        )
        for before in BEFORE_THE_LOGON
    ),
    Row(
        name="a last input of the year 2000 by somebody who logged on an hour ago, by a filter on it",
        report=at_work(logon=NOW - HOUR, input=EARLIEST),
        said=Said(logon=NOW - HOUR, state=0, since=0, filters=("idle for long",)),
        touch=changed("filter"),
        idle=3600,
        filters=AT_WORK,
    ),
    Row(
        name="a disconnect of the year 2000 by somebody who logged on an hour ago, by a filter on it",
        report=Report(logon=NOW - HOUR, disconnect=EARLIEST),
        said=Said(logon=NOW - HOUR, since=NOW - HOUR, filters=("idle for long",)),
        touch=changed("filter"),
        idle=3600,
    ),
    Row(
        name="a last input before the logon, later than the card said by more than a minute",
        report=at_work(input=EARLIEST),
        said=Said(state=0, since=LOGON - 61 * SECOND),
        touch=changed("came_back"),
        idle=26 * 3600,
        filters={**AT_WORK, **IDLE_FOR_LONG},
    ),
    Row(
        name="a disconnect before the logon, later than the card said",
        report=Report(disconnect=EARLIEST),
        said=Said(since=LOGON - 1),
        touch=changed("came_back"),
        idle=26 * 3600,
        filters=IDLE_FOR_LONG,
    ),
    Row(
        name="a last input before the logon, without a logon time",
        report=at_work(logon=0, input=EARLIEST),
        said=SAID_AT_WORK,
        same=False,
        touch=protected("no logon time"),
        guard="no logon time",
        idle=(NOW - EARLIEST) // SECOND,
        filters={**AT_WORK, **IDLE_FOR_LONG, **NO_LOGON},
    ),
    Row(
        name="a last input after now",
        report=at_work(input=NOW + HOUR),
        said=Said(state=0, since=0),
        idle=0,
        filters=AT_WORK,
    ),
    Row(
        name="idle for a hundred days",
        report=Report(logon=NOW - 2500 * HOUR, disconnect=NOW - 2400 * HOUR),
        said=Said(logon=NOW - 2500 * HOUR, since=0),
        idle=2400 * 3600,
        filters={**IDLE_FOR_LONG, "logged on since": NO, "logged on before": YES},
    ),
    Row(name="part of a second", report=Report(disconnect=NOW - SECOND - 9_999_999), said=Said(since=0), idle=1),
    Row(
        name="a last input that is odd, by a filter on it",
        report=at_work(input=1),
        said=Said(state=0, since=0, filters=("idle for long",)),
        touch=changed("filter"),
        idle=None,
        filters={**AT_WORK, **NO_TIMES},
    ),
    Row(
        name="another person without a logon time",
        report=Report(user="mallory", logon=0),
        same=False,
        touch=protected("no logon time"),
        guard="no logon time",
        filters={**NO_NAME, **NO_LOGON},
    ),
    Row(name="a time on the card that ends all times", said=Said(since=2**63 - 1)),
)

NAMES = (
    Row(name="no domain", report=Report(domain=""), same=False, touch=changed("person"), filters={"account": NO}),
    Row(name="no domain, as the card said", report=Report(domain=""), said=Said(domain=""), filters={"account": NO}),
    Row(name="no domain on the card, one now", said=Said(domain=""), same=False, touch=changed("person")),
    Row(
        name="another person without a domain",
        report=Report(user="mallory", domain=""),
        same=False,
        touch=changed("person"),
        filters=NO_NAME,
    ),
    Row(
        name="no user", report=Report(user=""), same=False, touch=protected("no user"), guard="no user", filters=NO_NAME
    ),
    Row(
        name="letters that look alike, by one logon",
        report=Report(user="\N{CYRILLIC SMALL LETTER A}lice"),
        same=False,
        touch=changed("person"),
        filters=NO_NAME,
    ),
    Row(
        name="a sharp s and two, by one logon",
        report=Report(user="strasse"),
        said=Said(user="straße"),
        same=False,
        touch=changed("person"),
        filters=NO_NAME,
        differs={"core": {"same": True}},
    ),
    Row(
        name="a final sigma, by one logon",
        report=Report(user="Σ"),
        said=Said(user="ς"),
        same=False,
        touch=changed("person"),
        filters=NO_NAME,
        differs={
            "core": {"same": True},
            "pwsh": {"same": True, "touch": TOUCHED},
            "double": {"same": True, "touch": TOUCHED},
        },
    ),
    Row(
        name="a foreign name, then another one, by one logon",
        report=Report(user="mallory"),
        said=Said(user="josé"),
        same=False,
        touch=changed("person"),
        filters=NO_NAME,
    ),
    Row(
        name="a foreign name, then another one, by another logon",
        report=Report(user="mallory", logon=LOGON + 1),
        said=Said(user="josé"),
        gone=True,
        same=False,
        touch=changed("person"),
        filters=NO_NAME,
    ),
    Row(
        name="a name of two hundred thousand letters",
        report=Report(user="x" * 200_000),
        gone=True,
        same=False,
        touch=changed("person"),
        filters=NO_NAME,
    ),
    Row(name="a client of two hundred thousand letters", report=Report(client="山" * 200_000), filters={"client": NO}),
    Row(
        name="a station of two thousand letters",
        report=at_work(station="RDP-Tcp#" + "7" * 2000),
        said=SAID_AT_WORK,
        idle=3600,
        filters=AT_WORK,
    ),
)


def unreadable(name: str, how: dict[str, int | str], code: int, **changes: object) -> Row:
    """A row of a session whose account or times cannot be read: it proves nothing, and nobody touches it."""
    values: dict[str, object] = {
        "name": f"unreadable: {name}",
        "report": Report(unreadable=how),
        "touch": unread(code),
        "guard": "unread",
        "idle": None,
        "filters": {**NO_TIMES},
    }
    return Row(**(values | changes))  # type: ignore[arg-type]  # names of Row's own fields


BESIDE = {"idle for long": OPEN, "logged on before": OPEN}
"""An error hides the account and the times together, for the core: what does not hold is open."""
NO_USER = {"user": OPEN, "account": OPEN, **BESIDE}
UNREAD = (
    *(
        unreadable(f"times, {how}", {"times": how}, code, same=False, filters={**NO_TIMES, **NO_LOGON})
        for how, code in (
            (5, 5),
            (7045, 7045),
            (1722, 1722),
            (-5, -5),
            (2, 13),
            (7022, 13),
            ("nothing", 13),
            ("short", 13),
        )
    ),
    *(
        unreadable(f"user, {how}", {"user": how}, code, same=False, idle=3 * 3600, filters=NO_USER)
        for how, code in ((5, 5), (-(2**31), -(2**31)), (2, 13), ("nothing", 13), ("short", 13))
    ),
    *(
        unreadable(
            f"domain, {how}", {"domain": how}, code, same=False, idle=3 * 3600, filters={"account": OPEN, **BESIDE}
        )
        for how, code in ((5, 5), (2**31 - 1, 2**31 - 1), ("nothing", 13), ("short", 13))
    ),
    unreadable(
        "everything",
        dict.fromkeys(("user", "domain", "client", "address", "protocol", "build", "display", "times"), 5),
        5,
        same=False,
        filters={**AN_ERROR, "client": OPEN, "address": OPEN},
    ),
    unreadable("user and times, each its own way", {"user": 5, "times": 1722}, 1722, same=False, filters=AN_ERROR),
    unreadable(
        "another's, but for the domain",
        {"domain": 5},
        5,
        report=Report(user="mallory", logon=LOGON + 1, unreadable={"domain": 5}),
        same=False,
        idle=3 * 3600,
        filters=NO_USER,
    ),
    unreadable(
        "in a state without a user",
        {"user": 5},
        5,
        report=Report(state=5, user="", domain="", logon=0, disconnect=0, unreadable={"user": 5}),
        same=False,
        filters={**AN_ERROR, "state": NO},
    ),
    *(
        Row(name=f"unreadable: client, {how}", report=Report(unreadable={"client": how}), filters={"client": OPEN})
        for how in (5, "nothing", "short")
    ),
    *(
        Row(name=f"unreadable: address, {how}", report=Report(unreadable={"address": how}), filters={"address": OPEN})
        for how in (5, "nothing", "short")
    ),
    *(
        Row(name=f"unreadable: {what}, {how}", report=Report(unreadable={what: how}))
        for what in ("protocol", "build", "display")
        for how in (5, "nothing", "short")
    ),
)


def of_time(row: Comparison) -> Row:
    since = 0 if row.later < 0 else LEFT + row.later
    is_active = row.now is SessionState.ACTIVE
    return Row(
        name=row.name,
        report=Report(state=int(row.now), input=since if is_active else 0, disconnect=0 if is_active else since),
        said=Said(state=int(row.said), since=LEFT if row.is_said else 0, even_if_active=row.even_if_active),
        touch=changed(row.reason.value) if row.reason else TOUCHED,
        idle=(NOW - since) // SECOND if since else None,
        filters=({"state": NO} if is_active else {}) | ({} if since else NO_TIMES),
    )


OF_TIMES = tuple(map(of_time, COMPARISONS))
