"""What a person reads of the codes of Windows: the cure stands in the sentence."""

from __future__ import annotations

from bot.cards import verdict_words
from bot.domain.request import Target
from bot.domain.verdicts import Verdict
from tests.support.builders import session


def said(verdict: Verdict, code: int, note: str = "") -> str:
    return verdict_words.verdict(Target(session=session(3), verdict=verdict, code=code, note=note))


def test_a_stuck_session_names_what_an_administrator_can_do() -> None:
    assert 'taskkill /f /fi "SESSION eq 3" /im winlogon.exe' in said(Verdict.STILL_CLOSING, 7024)
    assert "taskkill" not in said(Verdict.STILL_CLOSING, 7007)


def test_a_refusal_names_the_right_that_is_missing() -> None:
    assert "lacks the right Logoff and Reset on RDP-Tcp" in said(Verdict.NO_RIGHT, 5, "Logoff and Reset")
