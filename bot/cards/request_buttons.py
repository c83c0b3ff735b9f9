"""The buttons of a request's card."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.cards import again, choosing, holders, offers, target_list
from bot.cards.model import Button, CommandButton, Press
from bot.domain.act_times import may_be_ordered
from bot.domain.actions import Action, facts_of
from bot.domain.request import Ending, State
from bot.domain.requirement import Confirm
from bot.domain.session import SessionState

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.domain.request import Request


def of(request: Request) -> tuple[Button | CommandButton, ...]:
    def button(press: Press, label: str, *, is_danger: bool = False) -> Button:
        return Button(press=press, label=label, request_id=request.id, version=request.version, is_danger=is_danger)

    if request.state is State.AWAITING and not target_list.is_complete(request):
        return (button(Press.CANCEL, "Cancel"),)
    if request.state is State.ASKED and request.reason_asked is not None:
        return (button(Press.REASON, "Give the reason"),)
    if request.state is State.AWAITING:
        yes = button(Press.APPROVE, f"{facts_of(request.action).plain} {len(request.targets)}", is_danger=True)
        return _deciding(request, yes, button)
    if request.state is State.READY and request.act_at:
        return (button(Press.CANCEL, "Stop" if request.hold else "Cancel"),)
    if request.ending is Ending.NOTHING_TO_DO:
        return tuple(offers.after_nothing(request))
    looks = (button(Press.HOLDERS, "Who holds it"),) if holders.hanging(request) else ()
    if request.state is State.ENDED:
        return (*choosing.buttons(request), *again.buttons(request), *looks)
    rest = (button(Press.STOP, "Stop the rest"),) if request.state is State.ACTING and _has_rest(request) else ()
    return (*rest, *looks)


def _has_rest(request: Request) -> bool:
    """Return whether a Stop would leave somebody alone after others had their turn. One host begins at once."""
    begun, hosts = request.begun, {target.session.host for target in request.targets}
    waiting = [target for target in request.open_targets if not may_be_ordered(request, target)]
    return any(len(hosts) > 1 or target.session.host in begun for target in waiting)


def _deciding(request: Request, yes: Button, button: Callable[[Press, str], Button]) -> tuple[Button, ...]:
    buttons = [yes]
    if request.requirement and request.requirement.confirm is Confirm.OTHERS:
        buttons.append(button(Press.DENY, "Deny"))
    if len(request.targets) > 1:
        buttons.append(button(Press.CHOOSE, "Choose..."))
    if request.action is Action.LOG_OFF and any(t.session.state is SessionState.ACTIVE for t in request.targets):
        buttons.append(button(Press.DISCONNECT, "Disconnect instead"))
    return (*buttons, button(Press.CANCEL, "Cancel"))
