"""The answer to "Who holds it", in words."""

from __future__ import annotations

from datetime import timedelta
from unicodedata import bidirectional

from bot.cards import holders
from bot.domain.program import Program
from tests.support import builders as b
from tests.support.harness import text_of


def shown(*programs: Program) -> list[str]:
    return text_of(holders.of(b.request(), [(b.target(), programs)], 0)).split("\n")


def test_of_three_hundred_the_busiest_stand_there_and_the_others_are_counted() -> None:
    programs = [Program(name=f"p{number}.exe", cpu=timedelta(seconds=number), memory=1) for number in range(300)]
    lines = shown(*programs)
    assert lines[2].startswith("p299.exe: 5 minutes of CPU time")
    assert sum(".exe" in line for line in lines) == holders.MOST_PROGRAMS
    assert "and 288 more" in lines


def test_of_equal_time_the_larger_comes_first() -> None:
    small, large = (Program(name=name, cpu=timedelta(), memory=size) for name, size in (("a", 1), ("b", 2)))
    assert [line[0] for line in shown(small, large)[2:4]] == ["b", "a"]


def test_a_name_makes_no_line_no_mark_and_no_direction() -> None:
    names = ["a\nb", "\u202eexe.tenretni", "✅ done.exe", "…", "\u05d0\u05d1.exe", "x" * 300, ""]
    lines = shown(*(Program(name=name, cpu=timedelta(seconds=9), memory=1) for name in names))
    assert len(lines) == 2 + len(names) + 1
    assert not any("✅" in line or "\u202e" in line or len(line) > 120 for line in lines)
    for line in lines:
        turned = [place for place, letter in enumerate(line) if bidirectional(letter) in ("R", "AL")]
        assert all("\u2068" in line[:place] and "\u2069" in line[place:] for place in turned)
    assert any(line.startswith("a program without a name: ") for line in lines)


def test_a_session_without_a_program_says_so() -> None:
    assert "Windows lists no program in it." in shown()
