"""Rules as a person writes them: what they mean, and what is said of wrong ones."""

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from viewer.base.errors import SettingsError
from viewer.network.stations import Station
from viewer.reception.routing_rules import (
    FILE_NAME,
    Conditions,
    Export,
    Forward,
    Rule,
    RulesFile,
    Run,
    StudyFacts,
    Tag,
    action_as_text,
    action_of_text,
    read_rules,
    rules_of,
    write_rules,
)

CHEST = StudyFacts(
    "1.2.3",
    modality=("CT", "SR"),
    calling=("CT_ONE",),
    description=("Chest CT", "Axial 5 mm"),
    patient_id=("P-1",),
    issuer=("HOSPITAL",),
    station=("ROOM 3",),
    sop_class=("1.2.840.10008.5.1.4.1.1.2",),
)
ARCHIVE = Forward(Station("ARCHIVE", "192.0.2.9", 104))


def test_a_file_as_a_person_writes_it(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text(
        """
        [[rule]]
        name = "CT to the archive"
        modality = ["CT", "MR"]
        calling = "ct_*"
        action = [{ forward = "ARCHIVE@192.0.2.9:104" }, { tag = ["to  read"] }]

        [[rule]]
        name = "Resting"
        is_on = false
        [[rule.action]]
        export = "/srv/out"
        [[rule.action]]
        run = ["/usr/bin/true", "{study_uid}", "--folder={folder}"]
        timeout_s = 5
        """,
        "utf-8",
    )
    read = read_rules(tmp_path)
    assert read.problems == ()
    first, second = read.rules
    assert first.actions == (ARCHIVE, Tag(("to read",)))
    assert first.matches(CHEST)
    assert second.actions == (
        Export(Path("/srv/out")),
        Run(("/usr/bin/true", "{study_uid}", "--folder={folder}"), timeout_s=5),
    )
    assert not second.matches(CHEST)
    assert read.matching(CHEST) == (first,)


@pytest.mark.parametrize(
    ("conditions", "is_meant"),
    [
        (Conditions(), True),
        (Conditions(modality=("sr",)), True),
        (Conditions(modality=("PT", "US")), False),
        (Conditions(description=("chest",)), True),
        (Conditions(description=("head", "axial")), True),
        (Conditions(description=("head",)), False),
        (Conditions(patient_id=("P-*",), issuer=("HOSPITAL",)), True),
        (Conditions(patient_id=("P",)), False),
        (Conditions(patient_id=("P-*",), issuer=("CLINIC",)), False),
        (Conditions(station=("room ?",)), True),
        (Conditions(sop_class=("1.2.840.10008.5.1.4.1.1.2",)), True),
        (Conditions(sop_class=("1.2.840.10008.5.1.4.1.1.4",)), False),
        (Conditions(calling=("MR*", "CT*")), True),
    ],
)
def test_every_condition_must_hold_and_of_each_one_pattern(conditions: Conditions, is_meant: bool) -> None:
    assert Rule("any", conditions, (ARCHIVE,)).matches(CHEST) is is_meant


def test_a_condition_on_what_a_study_does_not_say_does_not_hold() -> None:
    assert not Rule("any", Conditions(station=("*",)), (ARCHIVE,)).matches(replace(CHEST, station=()))


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    rules = (
        Rule("하나", Conditions(modality=("CT",), description=('with "marks"',)), (ARCHIVE, Tag(("한글", "b")))),
        Rule("two", Conditions(), (Export(tmp_path), Run((str(tmp_path / "x"), "{ae}"), 7)), is_on=False),
    )
    write_rules(tmp_path / "config", rules)
    assert read_rules(tmp_path / "config").rules == rules
    for action in (action for rule in rules for action in rule.actions):
        assert action_of_text(action_as_text(action)) == action


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('action = [{ tag = ["x"] }]', "needs a name"),
        ('name = "A"', "has no action"),
        ('name = "A"\naction = []', "has no action"),
        ('name = "A"\naction = [{ send = "X@h" }]', "one of forward, tag, export and run"),
        ('name = "A"\naction = [{ tag = ["x"], export = "/y" }]', "one of forward, tag, export and run"),
        ('name = "A"\naction = [{ forward = "nobody" }]', "no station"),
        ('name = "A"\naction = [{ export = "here" }]', "whole path"),
        ('name = "A"\naction = [{ run = "rm -rf /" }]', "takes a list"),
        ('name = "A"\naction = [{ run = ["rm", "-rf"] }]', "whole path"),
        ('name = "A"\naction = [{ run = ["/bin/{ae}"] }]', "whole path"),
        ('name = "A"\naction = [{ run = ["/bin/x.bat"] }]', "shell"),
        ('name = "A"\naction = [{ run = ["/bin/x"], timeout_s = 0 }]', "timeout_s"),
        ('name = "A"\naction = [{ run = ["/bin/x"], timeout = 5 }]', "'timeout' is not known"),
        ('name = "A"\nmodalities = ["CT"]\naction = [{ tag = ["x"] }]', "'modalities' is not known"),
        ('name = "A"\nmodality = [1]\naction = [{ tag = ["x"] }]', "modality takes"),
        ('name = "A"\nis_on = "yes"\naction = [{ tag = ["x"] }]', "is_on"),
    ],
)
def test_a_wrong_rule_is_told_by_its_name_and_the_others_hold(text: str, said: str) -> None:
    good = '[[rule]]\nname = "good"\naction = [{ tag = ["x"] }]\n'
    read = rules_of(tomllib.loads(f"{good}[[rule]]\n{text}\n"))
    assert [rule.name for rule in read.rules] == ["good"]
    (problem,) = read.problems
    assert said in problem
    assert ("'A'" in problem) == ("name" in text)


def test_two_rules_of_one_name_are_not_told_apart() -> None:
    rule = '[[rule]]\nname = "same"\naction = [{ tag = ["x"] }]\n'
    read = rules_of(tomllib.loads(rule * 2))
    assert len(read.rules) == 1
    assert "two rules of this name" in read.problems[0]


@pytest.mark.parametrize("content", [b"[[rule", b"\xff\xfe", b"rule = 3", b"x" * (1 << 21)])
def test_a_file_that_cannot_be_read_is_told(content: bytes, tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(content)
    read = read_rules(tmp_path)
    assert read.rules == ()
    assert FILE_NAME in read.problems[0]


def test_a_file_that_changes_is_read_again(tmp_path: Path) -> None:
    rules = RulesFile(tmp_path)
    assert rules.current().rules == ()
    write_rules(tmp_path, [Rule("one", Conditions(), (ARCHIVE,))])
    assert [rule.name for rule in rules.current().rules] == ["one"]
    (tmp_path / FILE_NAME).unlink()
    assert rules.current().rules == ()


@pytest.mark.parametrize("text", ["", "no", "[]", "{}", '{"forward": 3}', '{"tag": []}'])
def test_what_is_no_action_is_told(text: str) -> None:
    with pytest.raises(SettingsError):
        action_of_text(text)
