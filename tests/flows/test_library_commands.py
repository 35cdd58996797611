"""`negatoscope import` and `negatoscope library` as programs use them: fields, exit codes, and what a kill leaves."""

import hashlib
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from tests.builders.ct_series import write_ct_series
from tests.builders.discs import OTHER_FILES, write_disc
from tests.flows.command_line import Ended, command_line, environment, run
from viewer.base.paths import resources_path


def command(folder: Path, *arguments: object) -> Ended:
    return run(folder, "--library", folder / "library", *arguments)


def done(folder: Path, *arguments: object) -> Any:
    ended = command(folder, *arguments, "--json")
    assert (ended.code, ended.errors) == (0, "")
    return ended.json()


def failed(folder: Path, *arguments: object, code: int = 1) -> str:
    ended = command(folder, *arguments)
    assert (ended.code, ended.output) == (code, "")
    return ended.line


def hash_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def objects_in(folder: Path) -> set[str]:
    return {hash_of(path) for path in (folder / "library" / "objects").rglob("*") if path.is_file()}


KOREAN = {
    "SpecificCharacterSet": ["", "ISO 2022 IR 149"],
    "PatientName": "Hong^Gildong=洪^吉洞=홍^길동",
    "PatientID": "K1",
}


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    """A folder with the sources of a library, which is filled: Hong's study of 3, another's of 2, a forged instance."""
    write_ct_series(tmp_path / "hong", 3, 16, label="hong", elements=KOREAN)
    write_ct_series(tmp_path / "other", 2, 16, label="other", elements={"PatientID": "OTHER1"})
    assert done(tmp_path, "import", tmp_path / "hong", tmp_path / "other")["imported"] == 5
    return tmp_path


def study_uid(folder: Path, search: str) -> str:
    (study,) = done(folder, "library", "studies", "--search", search)["studies"]
    return str(study["study_instance_uid"])


def test_import_says_what_became_of_every_file(tmp_path: Path) -> None:
    paths = write_disc(tmp_path / "disc", 3)
    answer = done(tmp_path, "import", tmp_path / "disc")
    assert list(answer) == ["imported", "already", "conflicts", "refused"]
    assert (answer["imported"], answer["already"], answer["conflicts"]) == (3, 0, 0)
    assert len(answer["refused"]) == OTHER_FILES
    assert all(list(each) == ["path", "error"] and each["error"] for each in answer["refused"])
    assert objects_in(tmp_path) == {hash_of(path) for path in paths}
    assert done(tmp_path, "import", tmp_path / "disc")["already"] == 3


def test_the_sample_disc_comes_in_whole_and_goes_out_whole(tmp_path: Path) -> None:
    disc = resources_path("sample_disc")
    answer = done(tmp_path, "import", disc)
    refused = {each["path"] for each in answer["refused"]}
    wanted = {hash_of(path) for path in disc.rglob("*") if path.is_file() and str(path) not in refused}
    assert objects_in(tmp_path) == wanted
    assert answer["imported"] == len(wanted)
    exported: set[str] = set()
    for number, study in enumerate(done(tmp_path, "library", "studies")["studies"]):
        target = tmp_path / f"out{number}"
        assert done(tmp_path, "library", "export", study["study_instance_uid"], target)["files"] == study["instances"]
        exported |= {hash_of(path) for path in target.rglob("*") if path.is_file()}
    assert exported == wanted
    scanned = run(tmp_path, "scan", disc, "--json").json()
    names = {patient["patient_name"] for patient in scanned["patients"]}
    assert {study["patient_name"] for study in done(tmp_path, "library", "studies")["studies"]} == names


def test_a_changed_pixel_is_shown_by_quarantine_and_replaces_nothing(filled: Path) -> None:
    original = filled / "other" / "IM000000"
    forged = filled / "forged.dcm"
    data = bytearray(original.read_bytes())
    data[-1] ^= 1
    forged.write_bytes(data)
    assert done(filled, "import", forged) == {"imported": 0, "already": 0, "conflicts": 1, "refused": []}
    (conflict,) = done(filled, "library", "quarantine")["conflicts"]
    assert conflict["sha256"] == hash_of(forged)
    assert conflict["held_sha256"] == hash_of(original)
    assert Path(conflict["path"]).read_bytes() == bytes(data)
    assert done(filled, "library", "export", study_uid(filled, "other1"), filled / "out")["files"] == 2
    assert hash_of(filled / "out" / "SE0001" / "IM000001.dcm") == hash_of(original)


@pytest.mark.parametrize("text", ["홍길동", "길동", "gildong", "吉洞", "K1", "2024-03-05 ct"])
def test_studies_are_found_as_one_types(filled: Path, text: str) -> None:
    studies = done(filled, "library", "studies", "--search", text)["studies"]
    assert "K1" in {study["patient_id"] for study in studies}
    assert done(filled, "library", "studies", "--search", "nobody")["studies"] == []


def test_a_study_goes_to_the_trash_and_comes_back(filled: Path) -> None:
    uid = study_uid(filled, "K1")
    assert done(filled, "library", "delete", uid) == {"studies": [uid], "instances": 3}
    assert done(filled, "library", "studies", "--search", "K1") == {"studies": []}
    assert [row["study_instance_uid"] for row in done(filled, "library", "trash")["studies"]] == [uid]
    done(filled, "library", "restore", uid)
    assert study_uid(filled, "K1") == uid
    done(filled, "library", "delete", uid)
    assert done(filled, "library", "trash", "--empty", "--days", "1")["instances"] == 0
    assert done(filled, "library", "trash", "--empty")["instances"] == 3
    assert done(filled, "library", "stats")["instances"] == len(objects_in(filled)) == 2


def test_an_erased_patient_leaves_not_a_byte(filled: Path) -> None:
    assert done(filled, "library", "erase", "K1")["instances"] == 3
    needles = [word.encode(coding) for word in ("홍", "길동") for coding in ("utf-8", "euc-kr")]
    needles += [b"Gildong", b"gildong", b"GILDONG", "吉洞".encode()]
    for path in (filled / "library").rglob("*"):
        if path.is_file():
            assert not any(needle in path.read_bytes() for needle in needles), path
    assert done(filled, "library", "stats")["patients"] == 1


def test_what_the_sweep_has_found_is_told_with_the_counts(filled: Path) -> None:
    integrity = done(filled, "library", "stats")["integrity"]
    assert (integrity["last_finished_at"], integrity["checked"], integrity["is_sound"]) == (None, 0, True)
    assert {"started_at", "total", "missing", "altered", "orphans", "is_index_sound"} <= set(integrity)


def test_damage_is_found_and_told(filled: Path) -> None:
    assert done(filled, "library", "verify") == {
        "checked": 5,
        "missing": [],
        "altered": [],
        "orphans": [],
        "strangers": [],
        "audit": [],
    }
    first, second = sorted((filled / "library" / "objects").rglob("*.dcm"))[:2]
    first.unlink()
    second.chmod(0o600)
    second.write_bytes(second.read_bytes()[:-1] + b"\x7f")
    ended = command(filled, "library", "verify", "--json")
    assert ended.code == 1
    assert "missing or altered" in ended.line
    report = ended.json()
    assert [each["path"] for each in report["missing"]] == [str(first)]
    assert [each["path"] for each in report["altered"]] == [str(second)]
    assert command(filled, "import", filled / "hong", filled / "other").code == 0  # mends what it finds damaged
    assert objects_in(filled) == {hash_of(path) for name in ("hong", "other") for path in (filled / name).iterdir()}
    assert len(done(filled, "library", "quarantine")["conflicts"]) == 0
    assert done(filled, "library", "verify")["altered"] == []


def test_a_file_in_place_that_changed_is_told_and_never_touched(tmp_path: Path) -> None:
    first, second, third = write_ct_series(tmp_path / "ct", 3, 16)
    assert done(tmp_path, "import", "--in-place", tmp_path / "ct")["imported"] == 3
    assert objects_in(tmp_path) == set()
    first.unlink()
    second.write_bytes(second.read_bytes() + b"\0\0")
    report = command(tmp_path, "library", "verify", "--json").json()
    assert [each["path"] for each in report["missing"]] == [str(first)]
    assert [each["path"] for each in report["altered"]] == [str(second)]
    done(tmp_path, "library", "erase", "TEST-CT")
    assert second.exists()
    assert third.exists()


def test_the_index_is_made_again_from_the_files(filled: Path) -> None:
    before = done(filled, "library", "studies")
    (filled / "library" / "library.sqlite").write_bytes(os.urandom(8192))
    assert "index is damaged" in failed(filled, "library", "studies")
    assert command(filled, "library", "rebuild").code == 0
    after = done(filled, "library", "studies")
    # Files copied side by side have no order but the index's: studies of the same second may change places.
    counts = [{row["study_instance_uid"]: row["instances"] for row in one["studies"]} for one in (before, after)]
    assert counts[0] == counts[1]
    assert len(counts[0]) == len(after["studies"]) == 2


def test_rules_propose_before_they_do(filled: Path) -> None:
    plan = done(filled, "library", "retention", "--gigabytes", "0", "--also-unseen")
    assert (len(plan["studies"]), plan["applied"]) == (2, False)
    assert len(done(filled, "library", "studies")["studies"]) == 2
    assert done(filled, "library", "retention", "--gigabytes", "0", "--also-unseen", "--apply")["applied"]
    assert len(done(filled, "library", "trash")["studies"]) == 2


def test_failures_end_with_1_and_wrong_usage_with_2(filled: Path) -> None:
    assert "absent" in failed(filled, "import", filled / "absent")
    for action in ("delete", "restore"):
        assert "no such study" in failed(filled, "library", action, "1.2.3")
    assert "no such study" in failed(filled, "library", "export", "1.2.3", filled / "out")
    assert "nobody" in failed(filled, "library", "erase", "nobody")
    (filled / "out").mkdir()
    (filled / "out" / "mine").touch()
    assert "not empty" in failed(filled, "library", "export", study_uid(filled, "K1"), filled / "out")
    assert "--days" in failed(filled, "library", "retention", code=2)
    for wrong in (("import",), ("library",), ("library", "nonsense"), ("library", "delete")):
        ended = command(filled, *wrong)
        assert (ended.code, ended.output) == (2, "")


@pytest.mark.parametrize(
    "wrong",
    [
        ("retention", "--gigabytes", "nan"),
        ("retention", "--gigabytes", "inf"),
        ("retention", "--gigabytes", "much"),
        ("retention", "--days", "-1"),
        ("trash", "--empty", "--days", "-1"),
    ],
)
def test_numbers_that_are_none_are_wrong_usage_and_do_nothing(wrong: tuple[str, ...], filled: Path) -> None:
    done(filled, "library", "delete", study_uid(filled, "K1"))
    ended = command(filled, "library", *wrong)
    assert (ended.code, ended.output) == (2, "")
    assert len(objects_in(filled)) == 5


def test_more_days_than_the_calendar_has_are_for_ever(filled: Path) -> None:
    done(filled, "library", "delete", study_uid(filled, "K1"))
    assert done(filled, "library", "trash", "--empty", "--days", 10**12) == {"studies": [], "instances": 0}
    assert done(filled, "library", "retention", "--days", 10**12, "--also-unseen")["studies"] == []


def test_a_library_without_a_name_is_wrong_usage(tmp_path: Path) -> None:
    ended = run(tmp_path, "--library", "", "library", "stats")
    assert (ended.code, ended.output) == (2, "")


def test_a_library_that_is_not_there_is_told_and_not_made(tmp_path: Path) -> None:
    assert "no library here" in failed(tmp_path, "library", "studies", "--json")
    assert not (tmp_path / "library").exists()


def test_an_export_that_fails_says_so_in_words_on_a_full_disk(filled: Path) -> None:
    uid = study_uid(filled, "K1")
    assert failed(filled, "library", "export", uid, "/proc/nowhere/out")


def test_a_killed_import_loses_nothing_that_was_filed(tmp_path: Path) -> None:
    count = 1500
    paths = write_ct_series(tmp_path / "ct", count, 64)
    line = command_line(tmp_path, "--library", tmp_path / "library", "import", tmp_path / "ct", "--json")
    for _kill in range(3):
        process = subprocess.Popen(line, cwd=tmp_path, env=environment(), stdout=subprocess.DEVNULL)
        ends_at = time.monotonic() + 60
        held = len(objects_in_count(tmp_path))
        while len(objects_in_count(tmp_path)) < held + 100 and process.poll() is None and time.monotonic() < ends_at:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
        report = done(tmp_path, "library", "verify")
        assert (report["missing"], report["altered"]) == ([], [])
        assert list((tmp_path / "library" / "incoming").iterdir()) == []
    filed = done(tmp_path, "library", "stats")["instances"]
    assert done(tmp_path, "import", tmp_path / "ct") == {
        "imported": count - filed,
        "already": filed,
        "conflicts": 0,
        "refused": [],
    }
    assert objects_in(tmp_path) == {hash_of(path) for path in paths}
    assert done(tmp_path, "library", "verify")["orphans"] == []


def objects_in_count(folder: Path) -> list[Path]:
    return list((folder / "library" / "objects").rglob("*.dcm"))


@pytest.mark.real_data
def test_real_studies_come_in_and_go_out_bit_exact(tmp_path: Path, shared_data: Path) -> None:
    places = [shared_data / name for name in ("ct-philips-28", "mr-enhanced", "ultrasound-cine", "presentation-states")]
    answer = done(tmp_path, "import", *places)
    refused = {each["path"] for each in answer["refused"]}
    files = [path for place in places for path in place.rglob("*") if path.is_file()]
    wanted = {hash_of(path) for path in files if str(path) not in refused}
    assert objects_in(tmp_path) == wanted
    report = done(tmp_path, "library", "verify")
    assert (report["checked"], report["orphans"]) == (len(wanted), [])


@pytest.fixture
def forged(filled: Path) -> Path:
    """A library that has another Patient ID and another pixel aside."""
    original = (filled / "other" / "IM000000").read_bytes()
    (filled / "forged.dcm").write_bytes(original[:-1] + bytes([original[-1] ^ 1]))
    (filled / "forged2.dcm").write_bytes((filled / "other" / "IM000001").read_bytes().replace(b"OTHER1", b"OTHER2"))
    assert done(filled, "import", filled / "forged.dcm", filled / "forged2.dcm")["conflicts"] == 2
    return filled


def test_quarantine_tells_what_differs_and_takes_decisions(forged: Path) -> None:
    conflicts = {each["patient_id"]: each for each in done(forged, "library", "quarantine", "--compare")["conflicts"]}
    pixel, patient = conflicts["OTHER1"], conflicts["OTHER2"]
    assert (pixel["reason"], pixel["key"], pixel["pixels_differ"]) == ("altered", pixel["sha256"], True)
    assert (pixel["differences"], patient["pixels_differ"]) == ([], False)
    assert patient["differences"] == [{"keyword": "PatientID", "held": "OTHER1", "arrived": "OTHER2"}]
    headers = {each["key"]: each for each in done(forged, "library", "quarantine")["conflicts"]}
    assert headers[patient["key"]]["differences"] == patient["differences"]

    assert done(forged, "library", "put-in-force", pixel["key"][:20])["filed"] == 1
    assert len(done(forged, "library", "quarantine")["conflicts"]) == 1
    superseded = [
        each for each in done(forged, "library", "quarantine", "--all")["conflicts"] if each["reason"] == "superseded"
    ]
    assert [each["held_sha256"] for each in superseded] == [pixel["key"]]
    answer = done(forged, "library", "discard", patient["key"])
    assert answer == {
        "decision": "discard",
        "studies": [patient["study_instance_uid"]],
        "filed": 0,
        "altered": 0,
        "discarded": 1,
    }
    assert done(forged, "library", "quarantine") == {"conflicts": []}
    assert "Nothing of this key" in failed(forged, "library", "accept", patient["key"])
    assert "Nothing of that" in failed(forged, "library", "accept", "--sender", "NOBODY")
    failed(forged, "library", "accept", code=2)
    assert done(forged, "library", "verify")["orphans"] == []


def test_a_study_gets_the_identity_it_should_have_and_the_one_it_had(filled: Path) -> None:
    uid = study_uid(filled, "other1")
    before = objects_in(filled)
    done(filled, "library", "note", uid, "ask the surgeon")
    assert done(filled, "library", "rate", uid, "4")["studies"][0]["rating"] == 4
    assert done(filled, "library", "flag", uid, "protected", "teaching")["studies"][0]["flags"] == [
        "protected",
        "teaching",
    ]
    given = ("--patient-id", "K1", "--name", KOREAN["PatientName"], "--issuer", "HOSPITAL")
    answer = done(filled, "library", "reconcile", uid, *given)
    assert (answer["patient_id"], answer["patient_name"]) == ("K1", KOREAN["PatientName"])
    assert (answer["reconciled"], answer["unchanged"], answer["rating"]) == (2, 0, 4)
    assert len(done(filled, "library", "studies", "--search", "길동 K1")["studies"]) == 2
    assert len(done(filled, "library", "studies", "--search", "surgeon")["studies"]) == 1
    assert before < objects_in(filled)
    assert "says so already" in failed(filled, "library", "reconcile", uid, *given)
    assert done(filled, "library", "reconcile", uid, "--undo")["patient_id"] == "OTHER1"
    assert objects_in(filled) == before
    assert "has not been reconciled" in failed(filled, "library", "reconcile", uid, "--undo")
    failed(filled, "library", "reconcile", uid, code=2)
    assert "PatientBirthDate" in failed(filled, "library", "reconcile", uid, "--birth-date", "yesterday")
    assert done(filled, "library", "verify")["missing"] == []
