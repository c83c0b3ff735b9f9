"""Letter case as the engines have it, over the whole first plane: what `bot/domain/letters.py` says of them is so."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from bot.domain.letters import dotnet_upper, framework_upper, loosest, oldest_upper
from tests.contract.powershell import powershell

if TYPE_CHECKING:
    from pathlib import Path

# Prints each UTF-16 unit that has a capital, and that capital; `!` where OrdinalIgnoreCase sees it otherwise.
CAPITALS = """
using System;

public class Capitals
{
    public static void Main()
    {
        for (int code = 0; code < 65536; code++)
        {
            if (code >= 0xD800 && code <= 0xDFFF) continue;
            char letter = (char)code, capital = Char.ToUpperInvariant(letter), small = Char.ToLowerInvariant(letter);
            bool isOne = String.Equals(letter.ToString(), small.ToString(), StringComparison.OrdinalIgnoreCase);
            if (isOne != (capital == Char.ToUpperInvariant(small))) Console.WriteLine("!");
            if (capital != letter) Console.WriteLine(code + " " + (int)capital);
        }
    }
}
"""


@pytest.fixture(scope="module")
def mono(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    mcs, mono = shutil.which("mcs"), shutil.which("mono")
    if not mcs or not mono:
        pytest.skip("C#: install mono-mcs and mono-runtime")
    folder = tmp_path_factory.mktemp("capitals")
    (folder / "capitals.cs").write_text(CAPITALS, "ascii")
    run([mcs, f"-out:{folder}/capitals.exe", f"{folder}/capitals.cs"], folder)
    return capitals(run([mono, f"{folder}/capitals.exe"], folder))


@pytest.fixture(scope="module")
def dotnet(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("capitals")
    program = powershell(folder).program
    script = folder / "capitals.ps1"
    script.write_text(f"Add-Type -TypeDefinition @'{CAPITALS}'@\n[Capitals]::Main()\n", "ascii")
    return capitals(run([program, "-NoLogo", "-NoProfile", "-File", str(script)], folder))


def run(words: list[str], folder: Path) -> str:
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603 - engines of this machine
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def capitals(printed: str) -> dict[str, str]:
    lines = printed.split("\n")
    assert "!" not in lines, "OrdinalIgnoreCase and ToUpperInvariant differ"
    return {chr(int(letter)): chr(int(capital)) for letter, capital in (line.split() for line in lines if line)}


def of(folding: object) -> dict[str, str]:
    assert callable(folding)
    plane = [chr(code) for code in range(0x10000) if not 0xD800 <= code < 0xE000]
    return {letter: folding(letter) for letter in plane if folding(letter) != letter}


def test_mono_knows_the_pairs_of_framework_upper_and_at_least_the_oldest(mono: dict[str, str]) -> None:
    assert of(oldest_upper).items() <= mono.items() <= of(framework_upper).items()


def test_newer_dotnet_has_the_simple_capitals_that_python_knows(dotnet: dict[str, str]) -> None:
    """The newer of the two tables may have letters that the other does not know yet."""
    for letter in of(dotnet_upper).keys() & dotnet.keys():
        assert dotnet[letter] == dotnet_upper(letter)
    assert of(oldest_upper).items() <= dotnet.items()
    assert not {"\u0131", "\u017f"} & dotnet.keys()
    assert {letter for letter in dotnet if letter < "\u0180"} == {
        letter for letter in of(dotnet_upper) if letter < "\u0180"
    }


@pytest.mark.parametrize("engine", ["mono", "dotnet"])
def test_what_an_engine_makes_one_letter_is_one_for_a_protection(engine: str, request: pytest.FixtureRequest) -> None:
    """But for letters that this Python's Unicode does not know."""
    found: dict[str, str] = request.getfixturevalue(engine)
    lost = {letter for letter, capital in found.items() if loosest(letter) != loosest(capital)}
    assert lost <= {"\u019b", "\u0264", "\u1c8a", "\ua7cd", "\ua7db"}
