"""What Slack says of people and channels to who checks rules. It is asked at the moment, and nothing is kept."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from slack_sdk.errors import SlackApiError

from adapters.slack.errors import translate_errors
from adapters.slack.scopes import missing_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from slack_sdk import WebClient
    from slack_sdk.web import SlackResponse

PAGE = 200
"""How many rows a page has. Slack recommends no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A person of the workspace, and all that they are called."""

    user_id: str
    handle: str  # without its @
    names: frozenset[str]  # display name, real name, handle, and the e-mail address where the token may read it
    is_gone: bool = False

    @property
    def label(self) -> str:
        return f"{self.user_id} (@{self.handle}{', deactivated' if self.is_gone else ''})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A channel as the bot's token sees it."""

    id: str
    name: str
    is_private: bool
    is_archived: bool
    is_shared: bool  # with another organisation, or about to be
    has_bot: bool  # the bot is a member


class Roster:
    """Reads people and channels of the workspace. Each method raises `ChatError`."""

    def __init__(self, client: WebClient) -> None:
        self._client = client

    @cached_property
    def people(self) -> tuple[Profile, ...]:
        """All people of the workspace."""
        return tuple(map(_profile, self._pages("members", self._client.users_list)))

    @cached_property
    def _channels(self) -> dict[str, Channel]:
        def ask(**page: Any) -> SlackResponse:
            return self._client.conversations_list(types="public_channel,private_channel", **page)

        return {channel.id: channel for channel in map(_channel, self._pages("channels", ask))}

    def channel(self, channel_id: str) -> Channel | None:
        """Return the channel; None when there is none, or none that the bot sees."""
        with translate_errors():
            try:
                return _channel(self._client.conversations_info(channel=channel_id)["channel"])
            except SlackApiError as error:
                if error.response.get("error") != "channel_not_found":
                    raise
                return None

    def called(self, name: str) -> tuple[Channel, ...]:
        """Return the channels with this name, without its #."""
        return tuple(channel for channel in self._channels.values() if channel.name.casefold() == name.casefold())

    def members_of(self, channel_id: str) -> frozenset[str]:
        """Return the user ids of those who are in the channel."""

        def ask(**page: Any) -> SlackResponse:
            return self._client.conversations_members(channel=channel_id, **page)

        return frozenset(map(str, self._pages("members", ask)))

    def may_post_in(self, channel: Channel) -> bool:
        """Return whether the bot may post there: as a member, or in a public one with the scope for that."""
        return channel.has_bot or (not channel.is_private and self.may_post_uninvited)

    @cached_property
    def may_post_uninvited(self) -> bool:
        """Whether the bot may post in public channels that it is no member of."""
        with translate_errors():
            answer = self._client.auth_test()
        return all(scope.name != "chat:write.public" for scope in missing_in(answer.headers))

    @cached_property
    def groups(self) -> dict[str, frozenset[str]]:
        """The user ids in each user group, by its id and by its handle."""
        with translate_errors():
            found = self._client.usergroups_list(include_users=True, include_disabled=False)["usergroups"]
        own = [group for group in found if not group.get("is_external")]
        ids = {str(group["id"]): frozenset(map(str, group.get("users") or ())) for group in own}
        return ids | {f"@{group['handle']}": ids[str(group["id"])] for group in own}

    def _pages(self, key: str, ask: Callable[..., SlackResponse]) -> Iterator[Any]:
        cursor = ""
        while True:
            with translate_errors():
                answer = ask(limit=PAGE, cursor=cursor)
            yield from answer[key]
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return


def _profile(user: Mapping[str, Any]) -> Profile:
    said = user.get("profile") or {}
    handle = str(user.get("name") or "")
    names = (handle, user.get("real_name"), *(said.get(key) for key in ("display_name", "real_name", "email")))
    return Profile(
        user_id=str(user["id"]),
        handle=handle,
        names=frozenset(str(name) for name in names if name),
        is_gone=bool(user.get("deleted")),
    )


def _channel(channel: Mapping[str, Any]) -> Channel:
    return Channel(
        id=str(channel["id"]),
        name=str(channel.get("name") or ""),
        is_private=bool(channel.get("is_private")),
        is_archived=bool(channel.get("is_archived")),
        is_shared=bool(channel.get("is_ext_shared") or channel.get("is_pending_ext_shared")),
        has_bot=bool(channel.get("is_member")),
    )
