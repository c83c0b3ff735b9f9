"""What speaks against a channel: one list for the doctor and for `policy check --live`."""

from __future__ import annotations

from dataclasses import replace

from slack_sdk import WebClient

from adapters.slack.roster import Channel, Roster
from app.channel_faults import ARCHIVED, NO_SCOPE, NOT_SEEN, PRIVATE, SHARED, ChannelFault, faults_of
from tests.support.cases import for_each

SOUND = Channel(id="C1", name="ops", is_private=False, is_archived=False, is_shared=False, has_bot=True)
ALONE = replace(SOUND, has_bot=False)


class Fixed(Roster):
    """A workspace whose app has `chat:write.public`, or has it not."""

    def __init__(self, *, uninvited: bool) -> None:
        super().__init__(WebClient())
        self.__dict__["may_post_uninvited"] = uninvited


@for_each(
    ("channel", "posts", "uninvited", "faults"),
    [
        (SOUND, True, False, []),
        (replace(SOUND, is_private=True), True, False, []),
        (ALONE, True, True, []),
        (ALONE, True, False, [NO_SCOPE]),
        (ALONE, False, False, []),
        (replace(ALONE, is_private=True), True, True, [PRIVATE]),
        (replace(ALONE, is_private=True), False, True, []),
        (replace(SOUND, is_archived=True), False, True, [ARCHIVED]),
        (replace(SOUND, is_shared=True), False, True, [SHARED]),
        (replace(ALONE, is_archived=True, is_shared=True, is_private=True), True, True, [ARCHIVED, SHARED, PRIVATE]),
        (None, False, True, [NOT_SEEN]),
    ],
)
def test_what_speaks_against_a_channel_is_named(
    channel: Channel | None,
    posts: bool,  # noqa: FBT001 - a case
    uninvited: bool,  # noqa: FBT001 - the same
    faults: list[ChannelFault],
) -> None:
    assert list(faults_of(channel, Fixed(uninvited=uninvited), posts=posts)) == faults


def test_each_fault_goes_on_from_a_name_and_says_what_helps() -> None:
    for fault in (ARCHIVED, NO_SCOPE, NOT_SEEN, PRIVATE, SHARED):
        assert fault.found.startswith(("is ", "has "))
        assert fault.remedy
