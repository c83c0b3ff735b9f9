"""What a survey found of what was named, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.cards.wording import join_names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.domain.ask import Ask

MOST_IDS = 10
"""More ids in one sentence are counted."""


def nothing_matched(ask: Ask) -> str:
    where = join_names(ask.hosts)
    has = "has" if len(ask.hosts) == 1 else "have"
    wanted = f" with id {ask.ids}" if ask.ids else ""
    matching = " that matches" if ask.conditions or not ask.ids else ""
    return f"{where} {has} no session{wanted}{matching}. See who is there: `/sessions {','.join(ask.hosts[:3])}`"


def nobody_matches(host: str) -> str:
    return f"{host}: nobody matches."


def not_there(host: str, missing: Sequence[tuple[int, int]], unlike: Sequence[tuple[int, int]]) -> str:
    """`comp2 has no session 3.`: ids that were named, single ones and ranges, and are no targets there."""
    absent = f"{host} has no {_sessions(missing)}." if missing else ""
    others = f"{host}: {_sessions(unlike)} {'does' if _is_one(unlike) else 'do'} not match." if unlike else ""
    return " ".join(filter(None, (absent, others)))


def _sessions(ids: Sequence[tuple[int, int]]) -> str:
    said = [str(low) if low == high else f"from {low} to {high}" for low, high in ids[:MOST_IDS]]
    more = [f"{len(ids) - MOST_IDS:,} more"] if len(ids) > MOST_IDS else []
    return f"session{'' if _is_one(ids) else 's'} {_listed([*said, *more])}"


def _is_one(ids: Sequence[tuple[int, int]]) -> bool:
    return len(ids) == 1


def _listed(parts: Sequence[str]) -> str:
    return " or ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else "".join(parts)


def too_many_to_read(number: int, most: int, commands: Sequence[str]) -> str:
    """Nobody reads so many names: how to ask for them in parts."""
    why = f"These are {number:,} sessions, and I ask nobody about more than {most:,} at once: nobody reads that many."
    if not commands:
        return f"{why} Send several commands, each for some of them: `user=`, `state=` or `id=` takes fewer."
    return f"{why} Send several commands, for example: {' and '.join(f'`{command}`' for command in commands)}."
