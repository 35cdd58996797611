"""Routing rules as somebody is typing them: rows that may be wrong yet, judged as the file would be."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from viewer.base.jobs import Progress
from viewer.base.translation import N_, _
from viewer.library.library import Library
from viewer.library.search import Search
from viewer.reception.routing_rules import CONDITIONS, Rule, RuleSet, action_as_text, rules_of

FORWARD, TAG, EXPORT, RUN = "forward", "tag", "export", "run"
ACTION_TITLES = {
    FORWARD: N_("Send to a station"),
    TAG: N_("Set flags"),
    EXPORT: N_("Write into a folder"),
    RUN: N_("Run a program"),
}
SEPARATOR = ";"
NEWEST = 500
"""How many studies a rule is tried on."""


@dataclass(frozen=True, slots=True)
class ActionDraft:
    """An action as it is typed.

    Attributes:
        text: A station, flags, a folder; or a program and its arguments, one a line.
    """

    kind: str = FORWARD
    text: str = ""
    timeout_s: int | None = None

    def row(self) -> dict[str, Any]:
        """Return it as the file has it."""
        if self.kind == TAG:
            return {TAG: _parts(self.text)}
        if self.kind == RUN:
            arguments = [line.strip() for line in self.text.splitlines() if line.strip()]
            return {RUN: arguments, **({"timeout_s": self.timeout_s} if self.timeout_s is not None else {})}
        return {self.kind: self.text.strip()}


@dataclass(frozen=True, slots=True)
class RuleDraft:
    """A rule as it is typed.

    Attributes:
        conditions: Patterns by name of the condition, separated by semicolons.
    """

    name: str = ""
    is_on: bool = True
    conditions: dict[str, str] = field(default_factory=dict)
    actions: tuple[ActionDraft, ...] = ()

    def with_condition(self, name: str, text: str) -> "RuleDraft":
        """Return it with other patterns for a condition."""
        return replace(self, conditions={**self.conditions, name: text})

    def row(self) -> dict[str, Any]:
        """Return it as the file has it."""
        conditions = {name: found for name in CONDITIONS if (found := _parts(self.conditions.get(name, "")))}
        return {
            "name": self.name.strip(),
            "is_on": self.is_on,
            **conditions,
            "action": [action.row() for action in self.actions],
        }

    def judged(self) -> tuple[Rule | None, str]:
        """Return the rule that it comes to, or what is wrong with it."""
        judged = rules_of({"rule": [self.row()]})
        return (judged.rules[0], "") if judged.rules else (None, judged.problems[0])


def draft_of(rule: Rule) -> RuleDraft:
    """Return a rule as it can be changed."""
    separator = f"{SEPARATOR} "
    conditions = {name: separator.join(getattr(rule.conditions, name)) for name in CONDITIONS}
    return RuleDraft(rule.name, rule.is_on, conditions, tuple(_action_draft(action_as_text(a)) for a in rule.actions))


def judged_rules(drafts: Sequence[RuleDraft]) -> RuleSet:
    """Return the rules that drafts come to, and what is wrong with the others."""
    return rules_of({"rule": [draft.row() for draft in drafts]})


def action_text(draft: ActionDraft) -> str:
    """Return an action in a line."""
    return f"{_(ACTION_TITLES[draft.kind])}: {' '.join(draft.text.split())}"


def action_text_of(kept: str) -> str:
    """Return an action that was kept with what has to be done, in a line."""
    try:
        return action_text(_action_draft(kept))
    except (ValueError, KeyError, TypeError, StopIteration):
        return kept


@dataclass(frozen=True, slots=True)
class Tried:
    """What a rule came to upon the newest studies that came over the network.

    Attributes:
        matching: Their Study Instance UIDs.
        studies: How many it was tried on.
    """

    matching: tuple[str, ...]
    studies: int


def try_rule(library: Library, rule: Rule, progress: Progress) -> Tried:
    """Return which of the newest studies a rule means, as if it were on; nothing is done with them.

    Raises:
        LibraryError: If the index cannot be read.
        Cancelled: If progress was cancelled.
    """
    from viewer.reception.arrived_studies import study_facts

    rule = replace(rule, is_on=True)
    rows = library.catalogue.studies(Search(limit=NEWEST))
    matching, count = [], 0
    for number, uid in enumerate(dict.fromkeys(row.study_instance_uid for row in rows)):
        progress.report(number, len(rows))
        facts = study_facts(library, uid)
        count += facts is not None
        if facts is not None and rule.matches(facts):
            matching.append(uid)
    return Tried(tuple(matching), count)


def _action_draft(kept: str) -> ActionDraft:
    row = json.loads(kept)
    kind = next(kind for kind in ACTION_TITLES if kind in row)
    value = row[kind]
    if kind == TAG:
        return ActionDraft(kind, f"{SEPARATOR} ".join(value))
    if kind == RUN:
        return ActionDraft(kind, "\n".join(value), row.get("timeout_s"))
    return ActionDraft(kind, str(value))


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(SEPARATOR) if part.strip()]
