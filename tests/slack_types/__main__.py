"""Slack's own TypeScript types over all that is drawn: `python -m tests.slack_types`, a part of `make deep`.

Each message, home and form is written as a constant of its type, and the compiler says what does not fit. It needs
Node.js 20 and npm, which fetches compiler and types by the lock beside this file.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from adapters.slack.forms import choose_view, denial_view, reason_view
from adapters.slack.home import draw_home
from adapters.slack.logoff_view import logoff_view
from adapters.slack.message_form import message_view
from adapters.slack.render import draw
from adapters.slack.view_answers import answer_view
from bot.cards import logoff_form
from bot.cards.home_content import HomeContent, Some, build
from bot.domain.draft import Draft
from bot.domain.posting import MessageRef
from bot.domain.request import Ending, State
from bot.workflow.inputs import PressCall
from tests.support import builders as b
from tests.support import samples

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.cards.logoff_form import LogoffForm
    from bot.domain.request import Request

HERE = Path(__file__).parent
SOURCE = HERE / "build" / "drawn.ts"
CARD = MessageRef(channel_id="C0OPS00001", ts="1770000000.000100")


def drawn() -> Iterator[tuple[str, str, Any]]:
    """Yield the name, the type and the JSON value of each drawing."""
    for name, card in samples.of_cards().items():
        yield name, "KnownBlock[]", draw(card, {"@leads": "S0LEADS"}).blocks
        yield f"{name} in a form", "ModalView", answer_view(draw(card.in_letters())).to_dict()
    for name, request in samples.of_all_kinds().items():
        some = Some(shown=(replace(request, message_ref=CARD),), count=9)
        content = HomeContent(reader=b.ASKER, at=b.NOW, waiting=some, latest=some.shown, contact="@leads")
        yield f"home with {name}", "HomeView", draw_home(build(content), {}, "https://example.slack.com/").to_dict()
    refused = HomeContent(reader=b.ASKER, at=b.NOW, refusal="No rule names you.")
    yield "home of nobody", "HomeView", draw_home(build(refused)).to_dict()
    yield "choose", "ModalView", choose_view(b.awaiting(b.target(3), b.target(5)), "TS-AAAAAA:2").to_dict()
    many = b.awaiting(*(b.target(session=b.session(place)) for place in range(1, 131)))
    yield "choose many", "ModalView", choose_view(many, "TS-AAAAAA:2").to_dict()
    yield "deny", "ModalView", denial_view(many, "TS-AAAAAA:2").to_dict()
    yield from (("form", "ModalView", logoff_view(form).to_dict()) for form in forms_of_logoff(many))
    call = PressCall(press="write", value="U0ASKER tsmessage comp1 id=3", actor=b.ASKER, place=b.PLACE)
    yield "message", "ModalView", message_view(call).to_dict()
    asked = replace(samples.asked(), reason_asked=("OPS-[0-9]+",))
    yield "reason", "ModalView", reason_view(asked, "TS-AAAAAA:2").to_dict()


def forms_of_logoff(look: Request) -> Iterator[LogoffForm]:
    """Yield the form empty, while its host is read, with a page of sessions, and with the few of the last page."""
    draft = Draft(place=b.PLACE)
    yield logoff_form.build(draft, None)
    chosen = replace(draft, host="comp1", look=look.id, ticked=frozenset({0, 120}))
    yield logoff_form.reading(chosen)
    ended = replace(look, state=State.ENDED, ending=Ending.ANSWERED)
    yield from (logoff_form.build(replace(chosen, page=page), ended) for page in (0, 1))
    yield logoff_form.build(chosen, replace(ended, targets=ended.targets[:3]))


def written(drawings: list[tuple[str, str, Any]]) -> str:
    """Return the source. As a literal a value may have no field that its type does not know."""
    constants = [
        f"// {name}\nexport const drawn{number}: {kind} = {json.dumps(value)};"
        for number, (name, kind, value) in enumerate(drawings)
    ]
    return "\n".join(["import type { HomeView, KnownBlock, ModalView } from '@slack/types';", *constants, ""])


def main() -> int:
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        sys.stderr.write("Install Node.js 20 and npm.\n")
        return 1
    if not (HERE / "node_modules" / "@slack" / "types").exists():
        subprocess.run([npm, "ci", "--no-audit", "--no-fund"], cwd=HERE, check=True)  # noqa: S603 - npm
    drawings = list(drawn())
    SOURCE.parent.mkdir(exist_ok=True)
    SOURCE.write_text(written(drawings), encoding="utf-8")
    compiler = HERE / "node_modules" / "typescript" / "bin" / "tsc"
    strict = ["--noEmit", "--strict", "--skipLibCheck", "--target", "es2022", "--module", "node16"]
    code = subprocess.run([node, str(compiler), *strict, str(SOURCE)], cwd=HERE, check=False).returncode  # noqa: S603 - the compiler
    sys.stdout.write(f"{len(drawings)} drawings\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
