"""There and back with the program's own commands: send, find, get or move, and every byte held against what was sent.

The sample disc in all its transfer syntaxes, and patients of Korea, Japan and Germany in their character sets, with
Orthanc and dcmqrscp, by DIMSE and DICOMweb, in the clear and over TLS.
"""

import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pydicom
import pytest

from tests.builders.archive_cycle import Compared, DiscStudy, compared, disc_studies, found_rows, run_here, sent_rows
from tests.builders.archive_routes import OUR_TITLE, ROUTES, Route, route
from tests.builders.named_studies import PATIENTS, study_uid, write_named_studies
from tests.builders.peer_servers import DCMQRSCP, ORTHANC, DcmQrScp, Orthanc, free_port
from tests.builders.retrieving import data_set_of
from tests.flows.receiving import receiving
from viewer.library.library import Library

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="its peers are programs of other systems"),
    pytest.mark.skipif(not (Path(ORTHANC).exists() and Path(DCMQRSCP).exists()), reason="needs DCMTK and Orthanc"),
]
_IN_BRIEF = 1
"""Images of each study and transfer syntax; the whole disc where there is time."""
JAPANESE_MIXED = "JP2"


@pytest.fixture(params=ROUTES)
def one(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Route]:
    with route(request.param, tmp_path) as opened:
        yield opened


def _named(folder: Path, one: Route) -> dict[str, dict[str, Path]]:
    files: dict[str, dict[str, Path]] = {}
    # Some have a modality that is not usual for their class. An archive that chooses JPEG 2000 wherever it may, and
    # then cannot write it, is spared that.
    patients = [replace(each, modality="CT") if one.prefers_jpeg_2000 else each for each in PATIENTS]
    for path in write_named_studies(folder, patients, series=1, instances=1):
        header = pydicom.dcmread(path, stop_before_pixels=True)
        files.setdefault(str(header.StudyInstanceUID), {})[str(header.SOPInstanceUID)] = path
    return files


def _some(study: DiscStudy) -> dict[str, Path]:
    taken: dict[str, list[str]] = {}
    for uid, path in study.files.items():
        taken.setdefault(data_set_of(path)[0], []).append(uid)
    return {uid: study.files[uid] for uids in taken.values() for uid in uids[:_IN_BRIEF]}


def _cycle(one: Route, studies: Mapping[str, Mapping[str, Path]], folder: Path) -> dict[str, Compared]:
    """Send, and fetch by every way; return how what came compares, by the way."""
    files = [path for study in studies.values() for path in study.values()]
    rows = sent_rows(one.folder, one.sends, *files)
    assert len(rows) == len(files)
    assert not [row for row in rows if not row["sent"]]
    came: dict[str, Compared] = {}
    for name, method in one.fetches:
        out = folder / method
        total = came[method] = Compared()
        for uid, wanted in studies.items():
            one.get(name, method, uid, out)
            result = compared(wanted, out)
            assert result.is_right, (method, uid, result)
            total.same += result.same
            total.same_pixels += result.same_pixels
        assert len([*out.iterdir()]) == len(files)  # and nothing else, no part of a file
    return came


def test_there_and_back(one: Route, tmp_path: Path) -> None:
    named = _named(tmp_path / "named", one)
    disc = {study.study_instance_uid: _some(study) for study in disc_studies()}
    assert len({syntax for study in disc_studies() for syntax in study.transfer_syntaxes}) == 6
    came = _cycle(one, {**disc, **named}, tmp_path / "out")
    count = sum(map(len, (*disc.values(), *named.values())))
    for method, result in came.items():
        assert result.same + result.same_pixels == count
        if isinstance(one.peer, Orthanc):
            assert result.same == count, method  # it takes every transfer syntax: not a byte differs
    _names_are_found(one)


def _names_are_found(one: Route) -> None:
    """Every patient is found by letters of the own name, as far as the archive can, and is called as in the files."""
    names = {each.patient_id: each.name for each in PATIENTS}
    names |= {each.patient_id: each.patient_name for each in disc_studies()}
    garbled = {JAPANESE_MIXED, "PHANTOM-02"} if one.has_garbled_names else set()
    everyone = found_rows(one.folder, one.sends, "PatientID=*")
    assert {row["PatientID"] for row in everyone} == names.keys()
    for row in everyone:
        assert row["PatientID"] in garbled or row["PatientName"] == names[row["PatientID"]]
    for letters, expected in (
        ("*홍*길동*", {"KR1", "PHANTOM-01"}), ("*洪*", {"KR1", "PHANTOM-01"}), ("김*", {"KR2"}), ("Müller*", {"DE1"}),
        ("Weiß^J*", {"DE2"}), ("Äneas*", {"PHANTOM-03"}), ("*山田*", {"JP1", "JP2", "PHANTOM-02"}),
        ("*やまだ*", {"JP1", "PHANTOM-02"}), ("ﾔﾏﾀﾞ*", {"JP2", "PHANTOM-02"}),
    ):  # fmt: skip
        found = {row["PatientID"] for row in found_rows(one.folder, one.sends, f"PatientName={letters}")}
        assert found - garbled == expected - garbled, letters
    for study in (study_uid(each) for each in PATIENTS):
        rows = found_rows(one.folder, one.sends, "--level", "instance", f"StudyInstanceUID={study}")
        assert [row["SOPInstanceUID"] for row in rows] == [f"{study}.1.1"]


@pytest.mark.campaign
@pytest.mark.timeout(600)
def test_the_whole_disc_there_and_back(one: Route, tmp_path: Path) -> None:
    studies = {study.study_instance_uid: study.files for study in disc_studies()}
    began = time.monotonic()
    came = _cycle(one, studies, tmp_path / "out")
    _report(one, came, time.monotonic() - began)


def _report(one: Route, came: Mapping[str, Compared], seconds: float) -> None:
    for method, result in came.items():
        print(
            f"{type(one.peer).__name__} {one.folder.name} sent by {one.sends}, fetched by {method}: "
            f"{result.same} byte for byte, {result.same_pixels} pixel for pixel, 0 missing ({seconds:.1f} s in all)"
        )


@pytest.mark.parametrize("kind", ["orthanc", "dcmqrscp"])
def test_from_library_to_library_by_move(kind: str, tmp_path: Path) -> None:
    study = next(each for each in disc_studies() if each.patient_id == "PHANTOM-04")
    with route(kind, tmp_path) as one:
        sent_rows(one.folder, one.sends, *study.files.values())
        ended = run_here(
            one.folder, "--library", tmp_path / "library", "move", one.sends, "--study", study.study_instance_uid,
            "--aet", OUR_TITLE, "--port", one.port, "--json",
        )  # fmt: skip
        assert (ended.code, ended.errors) == (0, "")
        assert (ended.json()["received"], ended.json()["missing"]) == (len(study.files), [])
        with Library(tmp_path / "library") as library:
            rows = library.catalogue.instances_of_study(study.study_instance_uid)
            kept = {row.sop_instance_uid: data_set_of(library.store.path_of(row.kept)) for row in rows}
        assert kept.keys() == study.files.keys()
        if kind == "orthanc":
            assert kept == {uid: data_set_of(path) for uid, path in study.files.items()}


def test_both_promise_each_other_to_keep_it(tmp_path: Path) -> None:
    study = next(each for each in disc_studies() if each.patient_id == "PHANTOM-02")
    port, library = free_port(), tmp_path / "library"
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "settings.toml").write_text(f"[receiver]\nport = {port}\n")
    files = _some(study)
    assert run_here(tmp_path, "--library", library, "import", *files.values()).code == 0
    with Orthanc(tmp_path / "orthanc") as peer:
        peer.know("NEGATOSCOPE", port)
        name = f"{peer.ae_title}@127.0.0.1:{peer.port}"
        uid = study.study_instance_uid
        assert run_here(tmp_path, "--library", library, "send", name, "--study", uid).code == 0
        ended = run_here(tmp_path, "--library", library, "commit", name, uid, "--wait", 60, "--json")
        assert (ended.code, ended.errors) == (0, "")
        other = free_port()
        peer.know("ELSEWHERE", other)
        given = ("--aet", "ELSEWHERE", "--port", other)
        assert run_here(tmp_path, "--library", library, "commit", name, uid, "--wait", 60, *given).code == 0
        told = ended.json()
        assert (told["state"], told["safe_to_delete"], sorted(told["committed"])) == ("committed", True, sorted(files))
        with receiving(tmp_path, "--port", port, "--station", name) as receiver:
            assert receiver.port == port
            kept = [pydicom.dcmread(path, stop_before_pixels=True) for path in files.values()]
            asked = [[str(each.SOPClassUID), str(each.SOPInstanceUID)] for each in kept]
            stranger = [asked[0][0], "1.2.3.4"]
            for wanted, status in ((asked, "Success"), ([*asked, stranger], "Failure")):
                begun = peer.send("/modalities/NEGATOSCOPE/storage-commitment", {"DicomInstances": wanted})
                answer = _answered(peer, begun["Path"])
                assert answer["Status"] == status, answer
                assert {each["SOPInstanceUID"] for each in answer.get("Success", [])} == files.keys()
                refused = {each["SOPInstanceUID"] for each in answer.get("Failures", [])}
                assert refused == ({"1.2.3.4"} if len(wanted) > len(asked) else set())


def _answered(peer: Orthanc, path: str) -> dict[str, Any]:
    end = time.monotonic() + 60
    while True:
        answer: dict[str, Any] = peer.ask(path)
        if answer["Status"] != "Pending":
            return answer
        assert time.monotonic() < end
        time.sleep(0.05)


def test_where_archives_spell_a_name_differently_the_right_one_is_shown_and_both_are_told(tmp_path: Path) -> None:
    patient = next(each for each in disc_studies() if each.patient_id == "PHANTOM-02")
    file = next(iter(patient.files.values()))
    with Orthanc(tmp_path / "orthanc") as orthanc, DcmQrScp(tmp_path / "qr") as right:
        orthanc.keep([file])
        right.keep([file])
        names = [f"{peer.ae_title}@127.0.0.1:{peer.port}" for peer in (orthanc, right)]
        for asked in (names, names[::-1]):
            ended = run_here(tmp_path, "find", ",".join(asked), "PatientID=PHANTOM-02", "--json")
            (row,) = ended.json()
            assert (ended.code, row["PatientName"]) == (0, patient.patient_name)
            assert row["Differs"]["PatientName"][names[1]] == patient.patient_name
            assert row["Differs"]["PatientName"][names[0]] != patient.patient_name
            (line,) = ended.errors.splitlines()
            assert all(each in line for each in (*names, patient.patient_name))
        table = run_here(tmp_path, "find", ",".join(names), "PatientID=PHANTOM-02")
        assert f"! {patient.patient_name[:10]}" in table.output
        assert len(table.errors.splitlines()) == 1
