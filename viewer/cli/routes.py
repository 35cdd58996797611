"""`negatoscope routes [--json] [--check] [--forget RULE]`: the routing rules, and what they have yet to do."""

import argparse
import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from viewer.base.errors import LibraryError, SettingsError
from viewer.base.paths import library_folder
from viewer.base.translation import _, ngettext
from viewer.cli.output import write_lines
from viewer.media.safety import printable
from viewer.reception.routing_rules import (
    CONDITIONS,
    FILE_NAME,
    Action,
    Export,
    Forward,
    Rule,
    RuleSet,
    Run,
    Tag,
    action_as_text,
    action_of_text,
    read_rules,
)

if TYPE_CHECKING:
    from viewer.library.deliveries import Delivery


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the sub-command."""
    text = _("list the routing rules and what they have yet to do")
    parser = subparsers.add_parser("routes", prog="negatoscope routes", help=text, description=text)
    parser.add_argument("--json", action="store_true", help=_("print JSON"))
    parser.add_argument("--check", action="store_true", help=_("only read the rules; fail if one is wrong"))
    parser.add_argument("--forget", default=None, metavar="RULE", help=_("give up what a rule has yet to do"))


def run(arguments: argparse.Namespace) -> int:
    """Print the rules and the deliveries.

    Raises:
        SettingsError: With --check, if a rule is wrong.
        LibraryError: If the library cannot be opened.
    """
    rules = read_rules(arguments.folder)
    waiting: list[Delivery] = []
    given_up: list[Delivery] = []
    folder = library_folder(arguments.library)
    if arguments.library is not None and not folder.is_dir() and not arguments.check:
        raise LibraryError(_("There is no library here"), subject=str(folder))
    if folder.is_dir() and not arguments.check:
        from viewer.library.deliveries import Deliveries
        from viewer.library.library import Library

        with Library(folder) as library:
            deliveries = Deliveries(library.database)
            if arguments.forget is not None:
                deliveries.forget(arguments.forget)
            waiting, given_up = deliveries.waiting(), deliveries.given_up()
    if arguments.json:
        write_lines([json.dumps(_as_json(rules, waiting, given_up), ensure_ascii=False, indent=1)])
    else:
        write_lines(map(printable, _as_lines(rules, waiting, given_up)))
    if arguments.check and rules.problems:
        count = len(rules.problems)
        raise SettingsError(
            ngettext("{0} rule is wrong", "{0} rules are wrong", count).format(count),
            subject=str(arguments.folder / FILE_NAME),
        )
    return 0


def _as_json(rules: RuleSet, waiting: "Sequence[Delivery]", given_up: "Sequence[Delivery]") -> dict[str, Any]:
    return {
        "rules": [_rule_as_json(rule) for rule in rules.rules],
        "problems": list(rules.problems),
        "waiting": [_delivery_as_json(each) for each in waiting],
        "given_up": [_delivery_as_json(each) for each in given_up],
    }


def _rule_as_json(rule: Rule) -> dict[str, Any]:
    return {
        "name": rule.name,
        "is_on": rule.is_on,
        "conditions": {each: list(values) for each in CONDITIONS if (values := getattr(rule.conditions, each))},
        "actions": [json.loads(action_as_text(action)) for action in rule.actions],
    }


def _delivery_as_json(delivery: "Delivery") -> dict[str, Any]:
    return {
        "rule": delivery.rule,
        "action": json.loads(delivery.action),
        "study_instance_uid": delivery.study_instance_uid,
        "delivered": len(delivery.done.uids),
        "attempts": delivery.attempts,
        "due_at": delivery.due_at.isoformat(timespec="seconds"),
        "error": delivery.error,
    }


def _as_lines(rules: RuleSet, waiting: "Sequence[Delivery]", given_up: "Sequence[Delivery]") -> Iterator[str]:
    if not rules.rules and not rules.problems:
        yield _("There are no routing rules")
    for rule in rules.rules:
        yield rule.name if rule.is_on else _("{0} (off)").format(rule.name)
        for each in CONDITIONS:
            if values := getattr(rule.conditions, each):
                yield f"    {each}: {', '.join(values)}"
        for action in rule.actions:
            yield f"    → {in_words(action)}"
    yield from rules.problems
    for heading, deliveries in ((_("Waiting:"), waiting), (_("Given up:"), given_up)):
        if deliveries:
            yield heading
        for delivery in deliveries:
            words = _action_in_words(delivery.action)
            yield f"    {delivery.rule} → {words}  {delivery.study_instance_uid}  {delivery.error}".rstrip()


def _action_in_words(text: str) -> str:
    try:
        return in_words(action_of_text(text))
    except SettingsError:
        return text


def in_words(action: Action) -> str:
    """Return what an action does."""
    match action:
        case Forward(station):
            return _("send to {0}").format(station)
        case Tag(flags):
            return _("mark with {0}").format(", ".join(flags))
        case Export(folder):
            return _("write into {0}").format(folder)
        case Run(arguments):
            return _("run {0}").format(" ".join(arguments))
