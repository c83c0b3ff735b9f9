"""Modals and home tabs: the open ones of each person, and the values in them."""

import secrets
from dataclasses import dataclass, field, replace
from typing import Any, Final

from rehearsal.slack.block_kit.blocks import fill_in
from rehearsal.slack.block_kit.elements import list_values
from rehearsal.slack.errors import SlackError
from rehearsal.slack.store import Store

Json = dict[str, Any]
MOST_STACKED: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One version of a modal or a home tab. `body` is from the app, with ids filled in; `kept` are entered values."""

    id: str
    owner: str
    body: Json
    hash: str
    root_id: str
    previous_id: str | None = None
    kept: Json = field(default_factory=dict)

    @property
    def values(self) -> Json:
        return list_values(self.body["blocks"], self.kept)


class Views:
    """A person has a stack of three modals at most, and one home tab. Changes are noted in the store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._stacks: dict[str, tuple[View, ...]] = {}
        self._homes: dict[str, View] = {}
        self._count = 0

    def stack(self, person: str) -> tuple[View, ...]:
        """The open modals, the one on top last."""
        return self._stacks.get(person, ())

    def home(self, person: str) -> View | None:
        return self._homes.get(person)

    def find(self, wanted: str) -> View:
        """By id or external id, among all that is open; SlackError("not_found")."""
        for view in (one for views in [*self._stacks.values(), tuple(self._homes.values())] for one in views):
            if wanted in {view.id, view.body.get("external_id")}:
                return view
        raise SlackError("not_found")

    def open(self, person: str, body: Json) -> View:
        """A new modal in the place of all that the person has open."""
        with self._store.lock:
            self._expect_new_name(body)
            return self._show(person, (self._make(person, body, None),))

    def push(self, person: str, body: Json) -> View:
        with self._store.lock:
            stack = self.stack(person)
            if not stack:
                raise SlackError("not_found")
            if len(stack) == MOST_STACKED:
                raise SlackError("push_limit_reached")
            self._expect_new_name(body)
            return self._show(person, (*stack, self._make(person, body, stack[-1])))

    def update(self, view: View, body: Json, view_hash: str = "") -> View:
        """A new version of the view. Values of elements that stay are kept. SlackError("hash_conflict")."""
        with self._store.lock:
            view = self.find(view.id)
            if view_hash and view_hash != view.hash:
                raise SlackError("hash_conflict")
            changed = replace(view, body=self._fill(body), hash=self._make_hash(), kept=view.kept)
            self._put(changed)
            return changed

    def publish(self, person: str, body: Json, view_hash: str = "") -> View:
        with self._store.lock:
            before = self.home(person)
            if view_hash and (before is None or view_hash != before.hash):
                raise SlackError("hash_conflict")
            home = self._make(person, body, None)
            self._homes[person] = replace(home, id=before.id, root_id=before.id) if before else home
            self._store.note_change("home.changed", person=person)
            return self._homes[person]

    def keep(self, view: View, block_id: str, action_id: str, held: Json) -> View:
        """Keeps the value that a person entered into an element."""
        with self._store.lock:
            view = self.find(view.id)
            block = {**view.kept.get(block_id, {}), action_id: held}
            changed = replace(view, kept={**view.kept, block_id: block})
            self._put(changed)
            return changed

    def close(self, view: View, *, everything: bool = False) -> tuple[View, ...]:
        """Closes the view and what is above it, or the whole stack; returns the closed views, the top first."""
        with self._store.lock:
            stack = self.stack(view.owner)
            ids = [one.id for one in stack]
            keep = 0 if everything or view.id not in ids else ids.index(view.id)
            self._stacks[view.owner] = stack[:keep]
            self._store.note_change("view.closed", person=view.owner)
            return stack[keep:][::-1]

    def _show(self, person: str, stack: tuple[View, ...]) -> View:
        self._stacks[person] = stack
        self._store.note_change("view.opened", person=person)
        return stack[-1]

    def _put(self, view: View) -> None:
        home = self._homes.get(view.owner)
        if home is not None and home.id == view.id:
            self._homes[view.owner] = view
        self._stacks[view.owner] = tuple(view if one.id == view.id else one for one in self.stack(view.owner))
        self._store.note_change("view.changed", person=view.owner)

    def _make(self, person: str, body: Json, previous: View | None) -> View:
        self._count += 1
        number = f"V{secrets.token_hex(5).upper()}"
        return View(
            id=number,
            owner=person,
            body=self._fill(body),
            hash=self._make_hash(),
            root_id=previous.root_id if previous else number,
            previous_id=previous.id if previous else None,
        )

    def _fill(self, body: Json) -> Json:
        self._count += 1
        return {**body, "blocks": fill_in(body["blocks"], self._count)}

    def _make_hash(self) -> str:
        return f"{int(self._store.clock.now().timestamp())}.{secrets.token_hex(4)}"

    def _expect_new_name(self, body: Json) -> None:
        name = body.get("external_id")
        if name and any(name == one.body.get("external_id") for stack in self._stacks.values() for one in stack):
            raise SlackError("duplicate_external_id")
