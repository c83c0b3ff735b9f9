"""The buttons of a request's card, and the menu behind them.

A card is one message for all its readers, so it has one no beside its yes: Deny where other people decide, else Cancel.
What fewer people need is folded away in the menu. One row of three and the menu fits a phone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.cards import again, choosing, holders, offers, target_list
from bot.cards.model import Button, CommandButton, Press
from bot.domain.act_times import may_be_ordered
from bot.domain.actions import Action, facts_of
from bot.domain.request import Ending, State
from bot.domain.requirement import Confirm
from bot.domain.session import SessionState

if TYPE_CHECKING:
    from bot.domain.request import Request


ROOM = 30
"""So many letters have three buttons that stand in one row of a phone, 390 px wide."""


def of(request: Request) -> tuple[Button | CommandButton, ...]:
    """Return the buttons, in the order in which they are read."""
    if request.state is State.AWAITING:
        return _waiting(request).buttons
    if request.state is State.ASKED and request.reason_asked is not None:
        return (_button(request, Press.REASON, "Give the reason"),)
    if request.state is State.READY and request.act_at:
        return (_button(request, Press.CANCEL, "Stop" if request.hold else "Cancel"),)
    if request.ending is Ending.NOTHING_TO_DO:
        return tuple(offers.after_nothing(request))
    looks = (_button(request, Press.HOLDERS, "Who holds it"),) if holders.hanging(request) else ()
    if request.state is State.ENDED:
        return (*choosing.buttons(request), *again.buttons(request), *looks)
    stops = request.state is State.ACTING and _has_rest(request)
    return (*((_button(request, Press.STOP, "Stop the rest"),) if stops else ()), *looks)


def menu_of(request: Request) -> tuple[Button | CommandButton, ...]:
    """Return what is folded away behind the buttons."""
    return _waiting(request).menu if request.state is State.AWAITING else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    buttons: tuple[Button, ...]
    menu: tuple[Button, ...] = ()


def _waiting(request: Request) -> _Row:
    """Return what a card offers that waits for a yes."""
    cancel = _button(request, Press.CANCEL, "Cancel")
    if not target_list.is_complete(request):
        return _Row(buttons=(cancel,))
    label = f"{facts_of(request.action).plain} {len(request.targets)}"
    yes = _button(request, Press.APPROVE, label, is_danger=True)
    required, changes = request.requirement, tuple(_changes(request))
    if required is None or required.confirm is not Confirm.OTHERS:
        return _row((yes, cancel), changes)
    own = _button(request, Press.CANCEL, "Cancel (requester)")
    if required.deny_reason:
        return _row((yes, _button(request, Press.DENY, "Deny...")), (*changes, own))
    because = _button(request, Press.DENY_BECAUSE, "Deny with a reason...")
    return _row((yes, _button(request, Press.DENY, "Deny")), (*changes, because, own))


def _row(buttons: tuple[Button, ...], menu: tuple[Button, ...]) -> _Row:
    """Return the row. An entry that would stand alone in the menu is a button, where a phone has room for it."""
    is_alone = len(menu) == 1 and sum(len(each.label) for each in (*buttons, *menu)) <= ROOM
    return _Row(buttons=(*buttons, *menu)) if is_alone else _Row(buttons=buttons, menu=menu)


def _changes(request: Request) -> list[Button]:
    """Return what makes the request smaller or gentler."""
    changes = [_button(request, Press.CHOOSE, "Choose...")] if len(request.targets) > 1 else []
    if request.action is Action.LOG_OFF and any(t.session.state is SessionState.ACTIVE for t in request.targets):
        changes.append(_button(request, Press.DISCONNECT, "Disconnect instead"))
    return changes


def _button(request: Request, press: Press, label: str, *, is_danger: bool = False) -> Button:
    return Button(press=press, label=label, request_id=request.id, version=request.version, is_danger=is_danger)


def _has_rest(request: Request) -> bool:
    """Return whether a Stop would leave somebody alone after others had their turn. One host begins at once."""
    begun, hosts = request.begun, {target.session.host for target in request.targets}
    waiting = [target for target in request.open_targets if not may_be_ordered(request, target)]
    return any(len(hosts) > 1 or target.session.host in begun for target in waiting)
