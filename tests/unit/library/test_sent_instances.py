"""What archives have of ours: other bytes are not sent, doubts stay, answers give and take back what they may."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from viewer.library.database import Database
from viewer.library.sent_instances import AskedCommitment, Sent, SentInstances

AT = datetime(2026, 11, 23, 9, tzinfo=UTC)
CT = "1.2.840.10008.5.1.4.1.1.2"
ONE, OTHER = "11" * 32, "22" * 32


@pytest.fixture
def rows(tmp_path: Path) -> SentInstances:
    return SentInstances(Database(tmp_path))


def _ask(rows: SentInstances, *uids: str, transaction: str = "9.1", minutes: int = 1, sha256: str = ONE) -> None:
    requested = tuple((CT, uid, sha256) for uid in uids)
    at = AT + timedelta(minutes=minutes)
    rows.note_asked(AskedCommitment(transaction, "pacs", ("PACS", "PACS2"), "1.2", requested, at))


def _later(minutes: int) -> datetime:
    return AT + timedelta(minutes=minutes)


def _is_safe(rows: SentInstances, uid: str) -> bool:
    found = rows.at_archive("pacs", [uid]).get(uid)
    return found is not None and found.is_safe


def test_sent_and_promised_is_safe(rows: SentInstances) -> None:
    rows.note_sent("pacs", [Sent("1", ONE), Sent("2", ONE)], AT)
    assert not _is_safe(rows, "1")
    _ask(rows, "1", "2")
    asked = rows.asked("9.1")
    assert asked is not None
    assert asked.ae_titles == ("PACS", "PACS2")
    assert [one.transaction_uid for one in rows.waiting()] == ["9.1"]
    assert rows.take("9.1", {(CT, "1")}, {"2": 0x0112}, _later(2))
    assert _is_safe(rows, "1")
    assert not _is_safe(rows, "2")
    assert rows.at_archive("pacs", ["2"])["2"].failure == 0x0112
    assert rows.waiting() == []
    assert not _is_safe(rows, "3")
    assert rows.at_archive("other", ["1"]) == {}


def test_a_promise_is_for_the_file_that_was_sent_before_it_was_asked_for(rows: SentInstances) -> None:
    rows.note_sent("pacs", [Sent("1", ONE), Sent("2", ONE), Sent("3", ONE)], AT)
    _ask(rows, "1", "2", "3")
    rows.note_sent("pacs", [Sent("1", OTHER), Sent("2", ONE)], _later(2))
    rows.take("9.1", {(CT, "1"), (CT, "2"), ("1.2.3", "3")}, {}, _later(3))
    assert not _is_safe(rows, "1")  # other bytes since
    assert not _is_safe(rows, "2")  # sent again since
    assert not _is_safe(rows, "3")  # of another class
    assert rows.at_archive("pacs", ["3"])["3"].failure == 0x0110


def test_of_two_versions_that_were_sent_nobody_knows_which_is_held_until_it_comes_back(rows: SentInstances) -> None:
    rows.note_sent("pacs", [Sent("1", ONE)], AT)
    rows.note_sent("pacs", [Sent("1", OTHER)], AT)
    _ask(rows, "1", sha256=OTHER)
    rows.take("9.1", {(CT, "1")}, {}, _later(2))
    assert not _is_safe(rows, "1")
    rows.note_sent("pacs", [Sent("1", OTHER)], _later(3))
    _ask(rows, "1", transaction="9.2", minutes=4, sha256=OTHER)
    rows.take("9.2", {(CT, "1")}, {}, _later(5))
    assert not _is_safe(rows, "1")
    rows.note_held("pacs", [("1", OTHER)], _later(6))
    assert not _is_safe(rows, "1")  # promised before it was known what
    _ask(rows, "1", transaction="9.3", minutes=7, sha256=OTHER)
    rows.take("9.3", {(CT, "1")}, {}, _later(8))
    assert _is_safe(rows, "1")
    rows.note_held("pacs", [("1", OTHER)], _later(9))
    assert _is_safe(rows, "1")


def test_what_an_archive_changed_is_not_safe_there(rows: SentInstances) -> None:
    rows.note_sent("pacs", [Sent("1", ONE, 0xB006)], AT)
    _ask(rows, "1")
    rows.take("9.1", {(CT, "1")}, {}, _later(2))
    assert not _is_safe(rows, "1")
    assert rows.at_archive("pacs", ["1"])["1"].committed_at is not None


def test_what_was_promised_but_not_sent_by_us_is_not_safe(rows: SentInstances) -> None:
    _ask(rows, "1")
    rows.take("9.1", {(CT, "1")}, {}, _later(2))
    assert rows.at_archive("pacs", ["1"])["1"].committed_at is not None
    assert not _is_safe(rows, "1")


def test_second_and_overtaken_answers_can_only_take_back(rows: SentInstances) -> None:
    rows.note_sent("pacs", [Sent("1", ONE), Sent("2", ONE)], AT)
    _ask(rows, "1", "2")
    _ask(rows, "1", "2", transaction="9.2", minutes=2)
    rows.take("9.2", {(CT, "1")}, {"2": 0x0110}, _later(3))
    rows.take("9.1", {(CT, "1"), (CT, "2")}, {}, _later(4))
    assert _is_safe(rows, "1")
    assert not _is_safe(rows, "2")
    rows.take("9.2", {(CT, "1"), (CT, "2")}, {}, _later(5))
    assert not _is_safe(rows, "2")
    rows.take("9.2", {(CT, "1")}, {"1": 0x0112}, _later(6))
    assert not _is_safe(rows, "1")


def test_answers_to_nothing_change_nothing(rows: SentInstances) -> None:
    rows.note_sent("pacs", [Sent("1", ONE)], AT)
    assert not rows.take("9.9", {(CT, "1")}, {}, AT)
    _ask(rows, "1")
    rows.drop_asked("9.1")
    assert not rows.take("9.1", {(CT, "1")}, {}, AT)
    assert not _is_safe(rows, "1")
    _ask(rows, "1", transaction="9.3")
    rows.take("9.3", {(CT, "5")}, {}, _later(2))
    assert rows.at_archive("pacs", ["5"]) == {}
    rows.forget_asked(_later(100))
    assert rows.asked("9.3") is None
