"""The conversations of Socket Mode once more, over signed requests: the same tests, with another connection."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.config.settings import Slack, load
from tests.e2e.conftest import ROOT
from tests.e2e.test_four_eyes import (  # noqa: F401 - collected here, they run in HTTP mode
    test_a_quorum_takes_two_people_and_not_one_of_them_twice,
    test_force_on_the_fleet_needs_a_reason_runs_at_once_and_is_announced_to_those_who_approve,
    test_somebody_at_work_goes_by_four_eyes_and_the_card_stands_where_the_others_are,
)
from tests.e2e.test_home import (  # noqa: F401 - the same
    test_the_home_of_who_asks_has_what_waits_for_them_and_then_how_it_ended,
)
from tests.e2e.test_logoff_form import (  # noqa: F401 - the same
    test_errors_stand_at_their_fields_and_nothing_is_asked,
    test_two_of_the_sessions_are_ticked_in_the_form_and_logged_off_after_the_card,
)
from tests.e2e.test_main_job import (  # noqa: F401 - the same
    test_a_press_after_the_end_changes_nothing_and_names_the_winner,
    test_an_outsiders_press_changes_nothing_is_noted_and_told_to_him_alone,
    test_force_asks_nobody_and_logs_off_at_once,
    test_the_same_delivery_twice_is_one_request,
)
from tests.e2e.test_try_again import (  # noqa: F401 - the same
    test_try_again_asks_anew_for_that_session_alone,
)

if TYPE_CHECKING:
    from app.config.settings import Settings
    from app.rehearse.environment import Rehearsal


@pytest.fixture
def settings() -> Settings:
    return load(ROOT / "app.yaml").model_copy(update={"slack": Slack(mode="http")})


def test_a_press_that_is_delivered_twice_is_one_decision(stage: Rehearsal) -> None:
    """Both have one signature, so the second has the answer of the first."""
    assert stage.visitor("dana").command("/logoff comp1 id=3 --sync").ok
    stage.wait_until_still()
    assert stage.visitor("dana").press("Log off 1", deliveries=2).ok
    stage.wait_until_still()
    assert [entry.event for entry in stage.bot.ledger.entries()].count("approved") == 1
    assert len(stage.farm.calls("comp1")) == 1


def test_nothing_comes_by_socket(stage: Rehearsal) -> None:
    assert stage.visitor("dana").command("/logoff comp1 id=3 --sync").ok
    stage.wait_until_still()
    assert stage.visitor("dana").press("Log off 1").ok
    stage.wait_until_still()
    assert 3 not in {session["id"] for session in stage.farm.sessions("comp1")}
    assert stage.workspace.sockets == []
    assert not any(call.method == "apps.connections.open" for call in stage.workspace.store.calls)
