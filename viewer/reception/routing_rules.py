"""Routing rules: what is to be done with studies that arrive, as a person writes it in routing.toml.

    [[rule]]
    name = "CT to the archive"
    is_on = true
    modality = ["CT"]                  # every condition that stands must hold; of a list, one value is enough
    calling = ["CT_*"]                 # *, ? and [ ] as in file names; upper and lower case are the same
    action = [{ forward = "ARCHIVE@192.0.2.9:104" }, { tag = ["to read"] }]

A rule that is wrong is left out and told; the others hold.
"""

import fnmatch
import json
import os
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from viewer.base.errors import NetworkError, SettingsError, system_reason
from viewer.base.translation import _
from viewer.network.stations import Station, parse_station

FILE_NAME = "routing.toml"
PLACEHOLDERS = ("{study_uid}", "{folder}", "{ae}")
DEFAULT_TIMEOUT_S = 300
_LONGEST_TIMEOUT_S = 24 * 3600
_LARGEST_FILE = 1 << 20
_LONGEST_NAME = 80
_SHELL_FILES = {".bat", ".cmd"}


@dataclass(frozen=True, slots=True)
class Forward:
    """Send the study to another station."""

    station: Station


@dataclass(frozen=True, slots=True)
class Tag:
    """Set flags on the study."""

    flags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Export:
    """Write the study as a folder of its own inside a folder."""

    folder: Path


@dataclass(frozen=True, slots=True)
class Run:
    """Run a program with a list of arguments, never through a shell.

    Attributes:
        arguments: The first is the program's whole path; in the others PLACEHOLDERS stand for values.
    """

    arguments: tuple[str, ...]
    timeout_s: int = DEFAULT_TIMEOUT_S


Action = Forward | Tag | Export | Run


@dataclass(frozen=True, slots=True)
class Conditions:
    """Which studies are meant: each holds when it is empty or one of its patterns fits.

    Attributes:
        modality: Of one of its series.
        calling: AE title of one that sent of it.
        description: Words in the Study Description or in a Series Description; a pattern fits anywhere in it.
        patient_id: Whole Patient ID.
        issuer: Whole Issuer of Patient ID.
        station: Station Name (0008,1010) of one of its series.
        sop_class: SOP Class UID of one of its instances.
    """

    modality: tuple[str, ...] = ()
    calling: tuple[str, ...] = ()
    description: tuple[str, ...] = ()
    patient_id: tuple[str, ...] = ()
    issuer: tuple[str, ...] = ()
    station: tuple[str, ...] = ()
    sop_class: tuple[str, ...] = ()


CONDITIONS = ("modality", "calling", "description", "patient_id", "issuer", "station", "sop_class")


@dataclass(frozen=True, slots=True)
class Rule:
    """What is to be done with which studies."""

    name: str
    conditions: Conditions
    actions: tuple[Action, ...]
    is_on: bool = True

    def matches(self, facts: "StudyFacts") -> bool:
        """Whether a study is meant."""
        return self.is_on and all(
            _fits(getattr(self.conditions, name), getattr(facts, name), is_anywhere=name == "description")
            for name in CONDITIONS
        )


@dataclass(frozen=True, slots=True)
class StudyFacts:
    """What rules look at: all values that a study has of each condition."""

    study_instance_uid: str
    modality: tuple[str, ...] = ()
    calling: tuple[str, ...] = ()
    description: tuple[str, ...] = ()
    patient_id: tuple[str, ...] = ()
    issuer: tuple[str, ...] = ()
    station: tuple[str, ...] = ()
    sop_class: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RuleSet:
    """The rules of a file.

    Attributes:
        problems: What is wrong with the others, each with its rule's name in front.
    """

    rules: tuple[Rule, ...] = ()
    problems: tuple[str, ...] = ()

    def matching(self, facts: StudyFacts) -> tuple[Rule, ...]:
        """Return the rules that mean a study."""
        return tuple(rule for rule in self.rules if rule.matches(facts))


@dataclass(slots=True)
class RulesFile:
    """The rules of a settings folder, read again when the file has changed."""

    folder: Path
    _seen: tuple[int, int, int] | None = None
    _rules: RuleSet = field(default_factory=RuleSet)

    def current(self) -> RuleSet:
        """Return the rules in force."""
        seen = _identity(self.folder / FILE_NAME)
        if seen != self._seen:
            self._rules = read_rules(self.folder)
            self._seen = seen
        return self._rules


def read_rules(folder: Path) -> RuleSet:
    """Return the rules of a settings folder; none where there is no file."""
    path = folder / FILE_NAME
    try:
        with path.open("rb") as stream:
            text = stream.read(_LARGEST_FILE + 1)
        if len(text) > _LARGEST_FILE:
            return RuleSet((), (_("{0}: the file is too large").format(FILE_NAME),))
        table = tomllib.loads(text.decode("utf-8"))
    except FileNotFoundError:
        return RuleSet()
    except OSError as error:
        return RuleSet((), (f"{FILE_NAME}: {system_reason(error)}",))
    except (ValueError, RecursionError) as error:
        return RuleSet((), (_("{0} is no TOML: {1}").format(FILE_NAME, error),))
    return rules_of(table)


def rules_of(table: Mapping[str, Any]) -> RuleSet:
    """Return the rules of a table as TOML gives it."""
    rows = table.get("rule", [])
    problems = [
        _("{0}: '{1}' is not known").format(FILE_NAME, name) for name in table if name not in {"rule", "version"}
    ]
    if not isinstance(rows, list):
        return RuleSet((), (*problems, _("{0}: rules begin with [[rule]]").format(FILE_NAME)))
    rules: dict[str, Rule] = {}
    for number, row in enumerate(rows, 1):
        try:
            rule = _rule(row)
            if rule.name in rules:
                raise SettingsError(_("there are two rules of this name"))
            rules[rule.name] = rule
        except (SettingsError, NetworkError) as error:
            problems.append(_("Rule {0}: {1}").format(_named(row, number), error.one_line()))
    return RuleSet(tuple(rules.values()), tuple(problems))


def write_rules(folder: Path, rules: Iterable[Rule]) -> None:
    """Write the file, whole or not at all; what was in it is replaced.

    Raises:
        SettingsError: If it cannot be written.
    """
    import tomli_w

    path = folder / FILE_NAME
    part = path.with_suffix(f".{os.getpid()}.part")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        part.touch(mode=0o600)
        part.write_text(tomli_w.dumps({"version": 1, "rule": [_row(rule) for rule in rules]}), "utf-8")
        part.replace(path)
    except OSError as error:
        raise SettingsError(
            _("The rules could not be written: {0}").format(system_reason(error)), subject=str(path)
        ) from error


def action_as_text(action: Action) -> str:
    """Return an action as JSON, as it is kept with what has to be done."""
    return json.dumps(_action_row(action), ensure_ascii=False, sort_keys=True)


def action_of_text(text: str) -> Action:
    """Return the action of action_as_text.

    Raises:
        SettingsError: If it is none.
    """
    try:
        row = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SettingsError(_("this is no action")) from error
    return _action(row)


def _named(row: object, number: int) -> str:
    name = row.get("name") if isinstance(row, dict) else None
    return f"'{name[:_LONGEST_NAME]}'" if isinstance(name, str) and name.strip() else str(number)


def _rule(row: object) -> Rule:
    if not isinstance(row, dict):
        raise SettingsError(_("a rule is a table"))
    name, is_on, actions = row.get("name"), row.get("is_on", True), row.get("action", [])
    if not isinstance(name, str) or not name.strip() or len(name) > _LONGEST_NAME or not name.isprintable():
        raise SettingsError(_("a rule needs a name of at most {0} letters").format(_LONGEST_NAME))
    if not isinstance(is_on, bool):
        raise SettingsError(_("is_on is true or false"))
    if unknown := sorted(set(row) - {"name", "is_on", "action", *CONDITIONS}):
        raise SettingsError(_("'{0}' is not known").format(unknown[0]))
    if not isinstance(actions, list) or not actions:
        raise SettingsError(_("it has no action"))
    conditions = Conditions(**{each: _texts(each, row[each]) for each in CONDITIONS if each in row})
    return Rule(name.strip(), conditions, tuple(map(_action, actions)), is_on)


def _action(row: object) -> Action:
    kinds = [kind for kind in _ACTIONS if isinstance(row, dict) and kind in row]
    if not isinstance(row, dict) or len(kinds) != 1:
        raise SettingsError(_("an action is one of forward, tag, export and run"))
    kind = kinds[0]
    allowed = {kind, "timeout_s"} if kind == "run" else {kind}
    if unknown := sorted(set(row) - allowed):
        raise SettingsError(_("'{0}' is not known").format(unknown[0]))
    return _ACTIONS[kind](row)


def _forward(row: Mapping[str, Any]) -> Forward:
    if not isinstance(row["forward"], str):
        raise SettingsError(_("forward takes a station: TITLE@host:port"))
    return Forward(parse_station(row["forward"]))


def _tag(row: Mapping[str, Any]) -> Tag:
    flags = tuple(" ".join(flag.split()) for flag in _texts("tag", row["tag"]))
    if not flags:
        raise SettingsError(_("tag takes at least one flag"))
    return Tag(flags)


def _export(row: Mapping[str, Any]) -> Export:
    folder = row["export"]
    if not isinstance(folder, str) or "\0" in folder or not Path(folder).is_absolute():
        raise SettingsError(_("export takes the whole path of a folder"))
    return Export(Path(folder))


def _run(row: Mapping[str, Any]) -> Run:
    arguments, timeout = row["run"], row.get("timeout_s", DEFAULT_TIMEOUT_S)
    is_list = isinstance(arguments, list) and all(isinstance(each, str) and "\0" not in each for each in arguments)
    if not is_list or not arguments:
        raise SettingsError(_("run takes a list: the program, then each argument by itself"))
    program = Path(arguments[0])
    if not program.is_absolute() or any(each in arguments[0] for each in PLACEHOLDERS):
        raise SettingsError(_("the program to run is given with its whole path"))
    if program.suffix.lower() in _SHELL_FILES:
        raise SettingsError(_("a batch file is read by a shell: give the program itself"))
    if isinstance(timeout, bool) or not isinstance(timeout, int) or not 0 < timeout <= _LONGEST_TIMEOUT_S:
        raise SettingsError(_("timeout_s is a whole number of seconds, a day at most"))
    return Run(tuple(arguments), timeout)


_ACTIONS: Mapping[str, Callable[[Mapping[str, Any]], Action]] = {
    "forward": _forward,
    "tag": _tag,
    "export": _export,
    "run": _run,
}


def _row(rule: Rule) -> dict[str, Any]:
    conditions = {each: list(values) for each in CONDITIONS if (values := getattr(rule.conditions, each))}
    actions = [_action_row(action) for action in rule.actions]
    return {"name": rule.name, "is_on": rule.is_on, **conditions, "action": actions}


def _action_row(action: Action) -> dict[str, Any]:
    match action:
        case Forward(station):
            return {"forward": str(station)}
        case Tag(flags):
            return {"tag": list(flags)}
        case Export(folder):
            return {"export": str(folder)}
        case Run(arguments, timeout_s):
            return {"run": list(arguments), "timeout_s": timeout_s}


def _texts(name: str, value: object) -> tuple[str, ...]:
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list) or not all(isinstance(each, str) and each.strip() for each in values):
        raise SettingsError(_("{0} takes a text or a list of texts").format(name))
    return tuple(each.strip() for each in values)


def _fits(patterns: Sequence[str], values: Sequence[str], *, is_anywhere: bool) -> bool:
    if not patterns:
        return True
    folded = [value.casefold() for value in values]
    return any(
        fnmatch.fnmatchcase(value, f"*{pattern}*" if is_anywhere else pattern)
        for pattern in map(str.casefold, patterns)
        for value in folded
    )


def _identity(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
