"""The section of a report that says what was verified, and what nothing but an anchor could prove."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.audit.overview import MOST_FAULTS
from bot.audit.verify import in_words
from bot.cards.html import Html, join, outer, paragraph, table, text, typed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.audit.entry import Head
    from bot.audit.verify import Found

_QUESTIONS = (
    ("Was an entry on this page changed?", "its hash, which anybody can make", "its hash and its signature"),
    ("Is an entry missing in the middle, or was one added?", "not proven", "the numbers and hashes of the whole log"),
    ("Was the end of the log cut off?", "not proven", "an anchor alone, kept elsewhere"),
    ("Who was at the keyboard?", "not proven", "not proven: a Slack account can be stolen"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What was verified for a report."""

    head: Head  # the end of the log as the database marks it
    found: Found | None  # what the check of the whole log found; None: no public half was given
    faults: Sequence[str] = ()  # what does not verify of both periods, each with what is wrong; of many the first ones
    unverified: int = 0  # how many requests of both periods do not verify

    def everything(self) -> list[str]:
        """Return what does not verify, the log as a whole first."""
        return [each for each in (self.found.fault if self.found else "", *self.faults) if each]

    def in_short(self) -> str:
        """Return the answer in one sentence."""
        if self.everything():
            return "Something does NOT verify: see What was verified, and what was not."
        if self.found is None:
            return (
                "The hashes of what is shown fit. Signatures and the whole log were not checked: --key was not given."
            )
        if self.found.anchors:
            return "The whole log holds, with its signatures, and has the anchor that was given."
        return "The whole log holds, with its signatures. That its end was not cut off, only an anchor could prove."


def proof_section(proof: Proof) -> Iterator[str]:
    """Yield what was checked, what does not verify, and what could not be proven."""
    yield from _faults(proof)
    yield paragraph(text(
        "Each entry from which this page was counted was read and checked by itself. What does not verify is marked "
        "with a cross wherever it is listed, and counted all the same."
    ))  # fmt: skip
    if proof.found is None:
        yield paragraph(text(
            "No public half was given, so hashes were compared and signatures were not. Who can write the database can "
            "make hashes anew. --key PUBLIC checks the signatures and the whole log: logoff-bot audit key prints it."
        ))  # fmt: skip
    elif not proof.found.fault:
        yield from (paragraph(text(line)) for line in in_words(proof.found).splitlines())
    rows = [(text(question), text(with_key if proof.found else without)) for question, without, with_key in _QUESTIONS]
    yield from table("What proves what on this page", ("question", "proven by"), rows, "words")
    if proof.head.seq:
        anchor = f"{proof.head.seq}:{proof.head.hash}"
        kept = "Keep it on another machine: as an anchor it proves later that nothing up to it was cut off."
        yield paragraph(text("The newest entry, as the database marks it, is "), typed(anchor), text(f". {kept}"))


def _faults(proof: Proof) -> Iterator[str]:
    found = proof.everything()
    if not found:
        return
    yield Html('<div class="bad">\n')
    yield paragraph(Html("<strong>✗ This does not verify:</strong>"))
    yield f"<ul>\n{join(Html(f'<li>{outer(each)}</li>{chr(10)}') for each in found)}</ul>\n"
    if proof.unverified > MOST_FAULTS:
        yield paragraph(text(f"{proof.unverified} requests do not verify; of each period {MOST_FAULTS} are named."))
    yield paragraph(text("Run logoff-bot audit verify, and compare with a copy of the log."))
    yield Html("</div>\n")
