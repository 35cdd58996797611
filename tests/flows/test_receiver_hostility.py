"""What others write into titles, UIDs and names gets nowhere: not out of the library, nor into a line or a log."""

import itertools
import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from tests.builders.dimse_client import AssociationLostError, StoreClient, contexts_for
from tests.builders.hostile_values import (
    CANARIES,
    CANARY_WORD,
    DESCRIPTION,
    NAME,
    PATIENT_ID,
    SERIES,
    SOP_CLASS,
    SOP_INSTANCE,
    STUDY,
    VALUES,
    raw_instance,
)
from tests.builders.kept_check import holding
from tests.builders.receiver_process import ReceiverProcess
from tests.builders.sent_instances import SentInstance, made_instance

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="ends processes as POSIX systems do")

CONTEXTS = contexts_for([raw_instance(0, {})])
TAGS = (SOP_CLASS, SOP_INSTANCE, STUDY, SERIES, NAME, PATIENT_ID, DESCRIPTION)


class House:
    """A library with a tree beside it that nothing may touch, and a receiver that has its temporary files here."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.library = folder / "library"
        self.temporary = folder / "temporary"
        self.temporary.mkdir()
        canary = folder / "canary"
        (canary / "deep").mkdir(parents=True)
        for name in ("secret", "deep/secret", "owned"):
            (canary / name).write_text("untouched")
        self._before = self._tree()

    def receiver(self, *arguments: str) -> ReceiverProcess:
        """Start the receiver."""
        return ReceiverProcess(
            self.library, *arguments, environment={"TMPDIR": str(self.temporary), "HOME": str(self.folder)}
        )

    def check(self, receiver: ReceiverProcess) -> list[Mapping[str, object]]:
        """See that nothing was touched, and that what was told is one object a line, of printable ASCII."""
        assert self._tree() == self._before
        for line in receiver.lines:
            assert line.endswith(b"\n")
            assert all(0x20 <= sign < 0x7F for sign in line[:-1]), line
            told = json.loads(line)
            for value in told.values():
                assert not isinstance(value, str) or (value.isascii() and value.isprintable() and len(value) <= 256), (
                    value
                )
        return list(receiver.events)

    def spoken(self, receiver: ReceiverProcess) -> Iterator[tuple[str, bytes]]:
        """Yield everything that was written anywhere but into the index and the kept files."""
        yield "standard output", b"".join(receiver.lines)
        yield "standard error", bytes(receiver.errors)
        for path in self.folder.rglob("*"):
            inside = path.relative_to(self.folder).parts
            is_kept = inside[:2] == ("library", "objects") or path.name.startswith("library.sqlite")
            if path.is_file() and not is_kept and inside[0] != "canary":
                yield str(path), path.read_bytes()

    def _tree(self) -> dict[str, str]:
        found = {}
        for path in self.folder.rglob("*"):
            inside = path.relative_to(self.folder)
            if inside.parts[0] not in {"library", "library-config", "temporary"}:
                found[str(inside)] = path.read_text() if path.is_file() else ""
        return found


def test_hostile_titles_get_nowhere(tmp_path: Path) -> None:
    house = House(tmp_path)
    kept = refused = 0
    with house.receiver() as receiver:
        for number, value in enumerate(VALUES):
            title = value[:16].ljust(16)
            for calling, called in ((title, b"NEGATOSCOPE     "), (b"SENDER          ", title)):
                try:
                    client = StoreClient(receiver.address, CONTEXTS, calling=calling, called=called)
                except AssociationLostError:
                    refused += 1
                    continue
                with client:
                    kept += client.store(raw_instance(number, {})).status == 0
                    client.release()
        assert receiver.stop() == 0
    assert kept > 10
    assert refused > len(VALUES) - 1  # nobody is called by any of them
    told = house.check(receiver)
    assert sum(each["event"] == "stored" for each in told) == kept
    assert "refused" in {each["event"] for each in told}
    holding(house.library)


def test_hostile_values_get_nowhere(tmp_path: Path) -> None:
    house = House(tmp_path)
    statuses: dict[int, set[int]] = {tag: set() for tag in TAGS}
    acknowledged = set()
    with house.receiver() as receiver:
        client = StoreClient(receiver.address, CONTEXTS)
        for number, (tag, value) in enumerate(itertools.product(TAGS, VALUES)):
            hostile = raw_instance(number, {tag: value})
            right = replace(hostile, sop_instance_uid=f"2.25.77.{number}")
            as_said = {SOP_CLASS: {"sop_class_uid": value}, SOP_INSTANCE: {"sop_instance_uid": value}}.get(tag, {})
            for words in (as_said, {}):  # the command says it too; the command says what is right
                try:
                    status = client.store(right, **words).status
                except AssociationLostError:
                    client.close()
                    client = StoreClient(receiver.address, CONTEXTS)
                else:
                    statuses[tag].add(status)
                    acknowledged |= {right.sop_instance_uid} if status == 0 else set()
        client.release()
        with StoreClient(receiver.address, CONTEXTS) as other:
            assert other.store(raw_instance(9999, {})).status == 0
            other.release()
        assert receiver.stop() == 0
    assert [statuses[tag] for tag in (NAME, PATIENT_ID, DESCRIPTION)] == [{0}] * 3
    assert not statuses[SOP_CLASS] & {0}
    assert not statuses[SOP_INSTANCE] & {0}
    house.check(receiver)
    assert holding(house.library).in_force.keys() == {*acknowledged, "2.25.77.9999"}


def canary_instances() -> list[tuple[SentInstance, Mapping[str, bytes]]]:
    """Return instances full of a patient, and what the command says of each: kept, refused in each way, kept aside."""
    good = [made_instance(f"canary/1/{number}", bytes([number]) * 2000, elements=CANARIES) for number in range(4)]
    altered = made_instance("canary/1/0", b"\7" * 2000, elements=CANARIES)
    renamed = made_instance("canary/1/9", b"\7" * 2000, elements={**CANARIES, "PatientName": "Canary^Other"})
    nowhere = made_instance("canary/1/10", b"\7" * 2000, elements={**CANARIES, "StudyInstanceUID": ""})
    cut = replace(good[0], data_set=good[0].data_set[:333])
    noise = replace(good[0], data_set=b"canary" * 200)
    return [
        *((each, {}) for each in (*good, altered, renamed, nowhere, cut, noise)),
        (good[1], {"sop_instance_uid": b"1.2.3"}),
        (good[1], {"sop_class_uid": b"1.2.840.10008.5.1.4.1.1.4"}),
    ]


def test_nothing_of_a_patient_is_in_a_line_a_log_or_a_temporary_file(tmp_path: Path) -> None:
    house = House(tmp_path)
    answers = set()
    contexts = contexts_for([made_instance("canary/1/0", bytes(2))])
    with house.receiver("--allow", "FRIEND@127.0.0.1") as receiver:
        for calling in ("FRIEND", "STRANGER"):
            with StoreClient(receiver.address, contexts, calling=calling) as client:
                for instance, words in canary_instances():
                    answers.add(client.store(instance, **words).status)
                client.release()
        with StoreClient(receiver.address, contexts, calling="FRIEND") as client:
            client.begin_store(canary_instances()[0][0], 0.9)
        receiver.wait_for(lambda told: told["event"] == "closed" and told["reason"] == "the connection ended")
        receiver.wait_for(lambda told: told["event"] == "quarantined")
        receiver.wait_for(lambda told: told["event"] == "refused")
        assert receiver.stop() == 0
    assert {0x0000, 0xA900, 0xC000, 0xC111} <= answers
    house.check(receiver)
    for place, text in house.spoken(receiver):
        assert CANARY_WORD not in text.lower(), f"a patient's value is in {place}"
    assert not any(path.is_file() for path in house.temporary.rglob("*"))
    for path in house.library.rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, f"others may read {path}"
