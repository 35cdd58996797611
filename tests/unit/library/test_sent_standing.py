"""Safe to delete here: said only of what an archive really has, as it is here, and has promised to keep."""

import contextlib
import random
import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.builders.sent_instances import made_instance
from tests.builders.serving_library import keep_together, write_files
from viewer.base.jobs import Progress
from viewer.library.catalogue import Catalogue
from viewer.library.database import DATABASE_NAME, Database
from viewer.library.instance_record import AsideReason, Door, InstanceRecord, KeptFile, Source
from viewer.library.keeping import delete_study, empty_trash, erase_patient
from viewer.library.library import Library, held_alone
from viewer.library.rebuilding import rebuild
from viewer.library.replacing import Outgoing
from viewer.library.sent_instances import AskedCommitment, Sent, SentInstances
from viewer.library.sent_standing import standing_of

START = datetime(2026, 11, 23, 9, tzinfo=UTC)
CT = "1.2.840.10008.5.1.4.1.1.2"
CASES, STEPS = 1000, 22


class _HonestArchive:
    """An archive that keeps what it promises, and little else: it loses and changes what it has not promised.

    Attributes:
        held: By SOP Instance UID the bytes it has; None for bytes that it has changed.
    """

    def __init__(self, choices: random.Random) -> None:
        self.random = choices
        self.keeps_the_first = choices.random() < 0.5
        self.held: dict[str, str | None] = {}
        self.promised: set[str] = set()
        self.answers: list[tuple[str, set[tuple[str, str]], dict[str, int]]] = []

    def store(self, uid: str, sha256: str) -> int | None:
        """Take an instance; return the status, None for a failure."""
        if self.random.random() < 0.05:
            return None
        if uid in self.held and self.keeps_the_first:
            return 0
        is_changed = self.random.random() < 0.03
        self.held[uid] = None if is_changed else sha256
        return 0xB006 if is_changed else 0

    def lose(self) -> None:
        for uid in [uid for uid in self.held if uid not in self.promised and self.random.random() < 0.1]:
            del self.held[uid]

    def asked(self, asked: AskedCommitment) -> None:
        committed = {(one, uid) for one, uid, _sha256 in asked.requested if uid in self.held}
        failed = {uid: 0x0112 for _class, uid, _sha256 in asked.requested if uid not in self.held}
        self.promised |= {uid for _class, uid in committed}
        self.answers.append((asked.transaction_uid, committed, failed))


class _Case:
    """A study whose instances come, go, are altered, sent and promised, in any order."""

    def __init__(self, database: Database, seed: int) -> None:
        self.random = random.Random(seed)
        self.catalogue, self.rows, self.database = Catalogue(database), SentInstances(database), database
        self.study = f"1.2.3.{seed}"
        self.archive = _HonestArchive(self.random)
        self.in_force: dict[str, str] = {}
        self.aside: set[str] = set()
        self.now = START
        self.number = 0
        self.come()

    def step(self) -> None:
        self.now += timedelta(seconds=1)
        often: list[Callable[[], None]] = [self.send, self.send, self.ask, self.ask, self.answer, self.answer]
        self.random.choice([*often, self.send_some, self.come, self.alter, self.go, self.collide, self.archive.lose])()

    def is_safe(self) -> bool:
        return standing_of(self.database, self.study).is_safe_to_delete_here

    def is_truly_safe(self) -> bool:
        held, promised = self.archive.held, self.archive.promised
        return not self.aside and all(held.get(uid) == one and uid in promised for uid, one in self.in_force.items())

    def _record(self, uid: str, sha256: str) -> InstanceRecord:
        return InstanceRecord(
            uid, CT, f"{self.study}.1", self.study, "1.2.840.10008.1.2.1", KeptFile(sha256, 10),
            Source(Door.IMPORT), self.now, {"PatientID": self.study},
        )  # fmt: skip

    def _sha256(self) -> str:
        return self.random.randbytes(32).hex()

    def come(self) -> None:
        for _each in range(self.random.randint(1, 2)):
            self.number += 1
            uid, sha256 = f"{self.study}.1.{self.number}", self._sha256()
            self.catalogue.file([self._record(uid, sha256)])
            self.in_force[uid] = sha256

    def alter(self) -> None:
        if self.in_force and self.random.random() < 0.5:
            uid, sha256 = self.random.choice(sorted(self.in_force)), self._sha256()
            self.catalogue.replace({uid: Outgoing(AsideReason.SUPERSEDED)}, [self._record(uid, sha256)])
            self.in_force[uid] = sha256

    def go(self) -> None:
        if self.in_force and self.random.random() < 0.5:
            uid = self.random.choice(sorted(self.in_force))
            self.catalogue.forget([uid])
            sha256 = self.in_force.pop(uid)
            if self.random.random() < 0.5:  # and comes back
                self.catalogue.file([self._record(uid, sha256)])
                self.in_force[uid] = sha256

    def collide(self) -> None:
        """Other bytes come under a UID that is here, or what was aside is decided about."""
        if self.aside:
            self.catalogue.drop_conflicts([each.key for each in self.catalogue.conflicts(self.study)])
            self.aside.clear()
        elif self.in_force and self.random.random() < 0.3:
            uid = self.random.choice(sorted(self.in_force))
            self.catalogue.file([self._record(uid, self._sha256())])
            self.aside.add(uid)

    def send(self) -> None:
        self._send(sorted(self.in_force))

    def send_some(self) -> None:
        self._send([uid for uid in sorted(self.in_force) if self.random.random() < 0.5])

    def _send(self, uids: list[str]) -> None:
        sent = [(uid, self.archive.store(uid, self.in_force[uid])) for uid in uids]
        self.rows.note_sent(
            "pacs", [Sent(uid, self.in_force[uid], status) for uid, status in sent if status is not None], self.now
        )

    def ask(self) -> None:
        requested = tuple((CT, uid, sha256) for uid, sha256 in self.in_force.items())
        self.number += 1
        asked = AskedCommitment(f"{self.study}.9.{self.number}", "pacs", ("A",), self.study, requested, self.now)
        self.rows.note_asked(asked)
        self.archive.asked(asked)

    def answer(self) -> None:
        """One of the answers comes, perhaps for the second time."""
        if self.archive.answers:
            self.rows.take(*self.random.choice(self.archive.answers[-3:]), self.now)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with Database(tmp_path) as one:
        with one.writing() as connection:
            connection.execute("SELECT 1")
        one._writer.execute("PRAGMA synchronous = OFF")
        yield one


@pytest.mark.timeout(300)
def test_a_thousand_studies_are_never_called_safe_that_are_not(database: Database) -> None:
    said = missed = 0
    for seed in range(CASES):
        case = _Case(database, seed)
        for _step in range(STEPS):
            case.step()
            is_safe = case.is_safe()
            assert not is_safe or case.is_truly_safe(), (seed, _step)
            said += is_safe and bool(case.in_force)
            missed += not is_safe and case.is_truly_safe()
    print(
        f"{CASES} studies of {STEPS} steps: called safe {said} times, never in error; {missed} times it was not known"
    )
    assert said > CASES / 5


def test_an_empty_or_unknown_study_is_not_safe(database: Database) -> None:
    assert not standing_of(database, "1.2.3").is_safe_to_delete_here


def _kept(folder: Path) -> tuple[str, list[str]]:
    """Fill a library with two studies, one of them sent and promised; return its UID and those of its instances."""
    made = [made_instance(f"s{study}/e/{number}", bytes(64)) for study in range(2) for number in range(3)]
    with Library(folder, reserve_bytes=0) as library:
        keep_together(library, write_files(folder.parent / "files", made))
        study = made[0].study_instance_uid
        held = library.catalogue.instances_of_study(study)
        rows = SentInstances(library.database)
        rows.note_sent("pacs", [Sent(one.sop_instance_uid, one.kept.sha256) for one in held], START)
        requested = tuple((one.sop_class_uid, one.sop_instance_uid, one.kept.sha256) for one in held)
        at = START + timedelta(minutes=1)
        rows.note_asked(AskedCommitment("9.1", "pacs", ("A",), study, requested, at))
        rows.take("9.1", {(one, uid) for one, uid, _sha256 in requested}, {}, at)
        standing = standing_of(library.database, study)
        assert (standing.instances, standing.sent, standing.committed, standing.failed) == (3, 3, 3, 0)
        assert standing.is_safe_to_delete_here
        return study, [one.sop_instance_uid for one in held]


def test_an_index_that_is_made_again_knows_what_was_promised(tmp_path: Path) -> None:
    folder = tmp_path / "library"
    study, _uids = _kept(folder)
    with held_alone(folder):
        rebuild(folder, Progress())
    with Library(folder) as library:
        assert standing_of(library.database, study).is_safe_to_delete_here
        asked = SentInstances(library.database).asked("9.1")
        assert asked is not None
        assert asked.answered_at is not None


def test_an_older_index_is_made_again_though_it_had_no_such_tables(tmp_path: Path) -> None:
    folder = tmp_path / "library"
    study, _uids = _kept(folder)
    with Library(folder) as library:
        library.catalogue.set_rating(study, 4)
    with contextlib.closing(sqlite3.connect(folder / DATABASE_NAME)) as connection:
        for table in ("sent_instances", "asked_commitments", "transfers"):
            connection.execute(f"DROP TABLE {table}")
        connection.execute("PRAGMA user_version = 3")
        connection.commit()
    with held_alone(folder):
        assert rebuild(folder, Progress()).is_carried_over
    with Library(folder) as library:
        assert library.catalogue.studies_of_uid(study)[0].rating == 4
        assert not standing_of(library.database, study).is_safe_to_delete_here


def test_what_is_deleted_is_remembered_for_other_bytes_may_come_under_its_uid(tmp_path: Path) -> None:
    folder = tmp_path / "library"
    study, uids = _kept(folder)
    with Library(folder) as library:
        delete_study(library, study)
        assert standing_of(library.database, study).is_safe_to_delete_here  # in the trash it is still here
        empty_trash(library)
        assert not standing_of(library.database, study).is_safe_to_delete_here
        rows = SentInstances(library.database)
        assert set(rows.at_archive("pacs", uids)) == set(uids)
        rows.note_sent("pacs", [Sent(uids[0], "33" * 32)], START)
        assert rows.at_archive("pacs", uids)[uids[0]].failure == 0x0111


def test_of_an_erased_patient_nothing_is_left_of_where_it_was_sent(tmp_path: Path) -> None:
    folder = tmp_path / "library"
    study, uids = _kept(folder)
    with Library(folder) as library:
        erase_patient(library, library.catalogue.studies_of_uid(study)[0].patient_id)
        rows = SentInstances(library.database)
        assert rows.at_archive("pacs", uids) == {}
        assert rows.asked("9.1") is None
        assert not rows.take("9.1", set(), {}, START)
    for path in folder.rglob("*"):
        assert not path.is_file() or uids[0].encode() not in path.read_bytes()
