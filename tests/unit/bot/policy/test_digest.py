from __future__ import annotations

import json
from dataclasses import fields, replace
from datetime import timedelta

from bot.domain.actions import Action
from bot.policy.digest import digest_of, text_of
from bot.policy.model import Force, Policy, Rule
from tests.support import builders as b
from tests.support.cases import for_each

RULE = Rule(
    name="on-call",
    who=frozenset({"@oncall", "U0DANA", "S01"}),
    may=frozenset({Action.LOG_OFF, Action.LIST}),
    need=b.need(),
    force=Force(is_allowed=True, ticket=r"INC-\d+"),
)
POLICY = Policy(rules=(RULE,), protected_users=("svc-*",), second_person_window=timedelta(minutes=3))


def test_the_text_says_every_rule_protection_and_limit() -> None:
    told = json.loads(text_of(POLICY))
    assert set(told) == {field.name for field in fields(Policy)}
    (rule,) = told["rules"]
    assert set(rule) == {field.name for field in fields(Rule)}
    assert rule["who"] == ["@oncall", "S01", "U0DANA"]
    assert sorted(rule["may"]) == rule["may"]
    assert rule["force"]["ticket"] == r"INC-\d+"
    assert (rule["need"]["of"], told["second_person_window"]) == (["@leads"], 180.0)


def test_the_order_of_a_set_changes_nothing() -> None:
    turned = replace(RULE, who=frozenset(["S01", "U0DANA", "@oncall"]), may=frozenset([Action.LIST, Action.LOG_OFF]))
    assert text_of(Policy(rules=(turned,))) == text_of(Policy(rules=(RULE,)))


@for_each(
    "changed",
    [
        replace(POLICY, rules=()),
        replace(POLICY, rules=(replace(RULE, max_targets=3),)),
        replace(POLICY, rules=(replace(RULE, idle_over=timedelta(seconds=1)),)),
        replace(POLICY, rules=(replace(RULE, need=None),)),
        replace(POLICY, protected_users=()),
        replace(POLICY, may_touch_console=True),
        replace(POLICY, max_requests=1),
    ],
)
def test_every_change_has_another_digest(changed: Policy) -> None:
    assert digest_of(text_of(changed)) != digest_of(text_of(POLICY))
