"""DICOMweb against Orthanc and dicomweb-client: what is sent is found, and fetched byte for byte in every way."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pydicom
import pytest
from dicomweb_client.api import DICOMwebClient
from pydicom.uid import ExplicitVRLittleEndian

from tests.builders.certificates import issued
from tests.builders.data_sets import made_uid
from tests.builders.peer_servers import ORTHANC, Orthanc, OrthancOptions
from viewer.base.errors import NetworkError
from viewer.library.library import Library
from viewer.network.peers import PeerTls, WebAuthorization, WebPlace
from viewer.network.ports import Became, Caller, HeldInstance, QueryLevel
from viewer.network.retrieving import Fetched, RetrieveRequest
from viewer.network.web import uri_retrieving
from viewer.network.web.authorization import credentials_of
from viewer.network.web.bulk_retrieving import bulk_data, frames
from viewer.network.web.door import WebDoor, WebError
from viewer.network.web.retrieving import fetch
from viewer.network.web.searching import find
from viewer.network.web.storing import store
from viewer.reception.intake import Intake
from viewer.reception.intake_bounds import IntakeBounds

pytestmark = pytest.mark.skipif(not Path(ORTHANC).exists(), reason="Orthanc is not installed here")

SAMPLE_DISC = Path(__file__).parents[2] / "resources" / "sample_disc" / "DICOM"
CALLER = Caller("ORTHANC", "127.0.0.1")
NAMES = {
    "ISO_IR 192": "Hong^Gildong=洪^吉洞=홍^길동",
    "\\ISO 2022 IR 87": "Yamada^Tarou=山田^太郎=やまだ^たろう",
    "\\ISO 2022 IR 149": "Kim^Huijung=金^喜中=김^희중",
    "ISO_IR 100": "Äneas^Rüdiger",
}


class Password:
    """A store of one secret."""

    def __init__(self, secret: str | None) -> None:
        self.secret = secret

    def obtain(self, _kind: str) -> str | None:
        return self.secret

    def put(self, _kind: str, secret: str) -> None:
        self.secret = secret

    def forget(self, _kind: str) -> None:
        self.secret = None


def disc_files() -> list[Path]:
    return sorted(path for path in SAMPLE_DISC.rglob("*") if path.is_file())


def held(path: Path) -> HeldInstance:
    found = pydicom.dcmread(path, stop_before_pixels=True)
    return HeldInstance(
        str(found.SOPClassUID), str(found.SOPInstanceUID), str(found.file_meta.TransferSyntaxUID), path,
        hashlib.sha256(path.read_bytes()).hexdigest(),
    )  # fmt: skip


def named_files(folder: Path) -> list[Path]:
    """Write an instance for each character set, its patient named in it."""
    files = []
    for number, (character_set, name) in enumerate(NAMES.items()):
        found = pydicom.dcmread(disc_files()[0])
        for element in [each for each in found if each.VR not in {"SQ", "OW", "OB"} and not str(each.value).isascii()]:
            del found[element.tag]
        found.SpecificCharacterSet = character_set.split("\\")
        found.PatientName, found.PatientID = name, f"NAMED-{number}"
        found.StudyInstanceUID, found.SeriesInstanceUID = made_uid(f"study {number}"), made_uid(f"series {number}")
        found.SOPInstanceUID = found.file_meta.MediaStorageSOPInstanceUID = made_uid(f"named {number}")
        path = folder / f"{number}.dcm"
        found.save_as(path)
        files.append(path)
    return files


@pytest.fixture(scope="module")
def orthanc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Orthanc]:
    """Orthanc that was sent the whole sample disc and the named instances over DICOMweb, by us."""
    folder = tmp_path_factory.mktemp("orthanc")
    with Orthanc(folder / "peer", OrthancOptions(has_web=True)) as peer, door_to(peer) as door:
        sent = [held(path) for path in [*disc_files(), *named_files(folder)]]
        outcomes = list(store(door, sent))
        assert {instance for instance, _outcome in outcomes} == set(sent)
        assert len(outcomes) == len(sent)
        assert {(outcome.status, outcome.reason) for _instance, outcome in outcomes} == {(0, "")}
        yield peer


def door_to(peer: Orthanc, **more: str) -> WebDoor:
    return WebDoor(WebPlace(peer.web_root, uri_root=peer.uri_root, **more))  # type: ignore[arg-type]  # all are text


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library(tmp_path / "library") as opened:
        yield opened


@pytest.fixture
def intake(library: Library) -> Iterator[Intake]:
    opened = Intake(library, IntakeBounds(), lambda _event: None)
    yield opened
    opened.close()


def kept_bytes(library: Library, uid: str) -> bytes:
    found = library.catalogue.instance(uid)
    assert found is not None
    return library.store.path_of(found.kept).read_bytes()


def of_orthanc(peer: Orthanc) -> dict[str, bytes]:
    """Return what Orthanc itself gives of each instance, by SOP Instance UID."""
    return {
        each["MainDicomTags"]["SOPInstanceUID"]: peer._get(f"/instances/{each['ID']}/file")
        for each in peer.ask("/instances?expand")
    }


def studies(peer: Orthanc) -> list[str]:
    return [each["MainDicomTags"]["StudyInstanceUID"] for each in peer.ask("/studies?expand")]


def test_what_is_sent_is_fetched_byte_for_byte_in_every_transfer_syntax_of_the_disc(
    orthanc: Orthanc, library: Library, intake: Intake
) -> None:
    expected = of_orthanc(orthanc)
    fetched: list[Fetched] = []
    with door_to(orthanc) as door:
        for study in studies(orthanc):
            fetched += [
                each for each in fetch(door, RetrieveRequest(study), intake, caller=CALLER) if isinstance(each, Fetched)
            ]
    assert sorted(each.sop_instance_uid for each in fetched) == sorted(expected)
    assert {each.answer.became for each in fetched if each.answer} == {Became.STORED}
    sent = {str(pydicom.dcmread(path, specific_tags=["SOPInstanceUID"]).SOPInstanceUID): path for path in disc_files()}
    for uid, content in expected.items():
        assert kept_bytes(library, uid) == content
        if uid in sent:
            assert content == sent[uid].read_bytes()
    syntaxes = {library.catalogue.instance(uid).transfer_syntax_uid for uid in sent}  # type: ignore[union-attr]  # asserted
    assert len(syntaxes) >= 4


def test_named_instances_of_a_series_are_fetched_one_by_one(orthanc: Orthanc, intake: Intake) -> None:
    one = orthanc.ask("/series?expand")[0]
    study = next(each for each in orthanc.ask("/studies?expand") if each["ID"] == one["ParentStudy"])
    uids = sorted(orthanc.ask(f"/instances/{each}")["MainDicomTags"]["SOPInstanceUID"] for each in one["Instances"])[:3]
    request = RetrieveRequest(
        study["MainDicomTags"]["StudyInstanceUID"], one["MainDicomTags"]["SeriesInstanceUID"], (*uids, "1.2.3.4")
    )
    with door_to(orthanc) as door:
        for series in (request.series_instance_uid, ""):  # where it is not known, the server is asked for it
            asked = RetrieveRequest(request.study_instance_uid, series, request.sop_instance_uids)
            found = list(fetch(door, asked, intake, caller=CALLER))
            assert sorted(each.sop_instance_uid for each in found if isinstance(each, Fetched) and each.answer) == uids
            (missing,) = (each for each in found if isinstance(each, Fetched) and each.answer is None)
            assert missing.sop_instance_uid == "1.2.3.4"
            assert missing.reason


def test_wado_uri_gives_the_same_bytes(orthanc: Orthanc, library: Library, intake: Intake) -> None:
    expected = of_orthanc(orthanc)
    uid = min(expected)
    study = str(pydicom.dcmread(_file(expected[uid]), stop_before_pixels=True).StudyInstanceUID)
    with door_to(orthanc) as door:
        (found,) = uri_retrieving.fetch(door, RetrieveRequest(study, "", (uid,)), intake, caller=CALLER)
    assert isinstance(found, Fetched)
    assert (found.sop_instance_uid, found.reason) == (uid, "")
    assert kept_bytes(library, uid) == expected[uid]


def _file(content: bytes) -> "pydicom.filebase.DicomBytesIO":
    return pydicom.filebase.DicomBytesIO(content)


def test_names_find_and_are_found_in_every_character_set(orthanc: Orthanc) -> None:
    with door_to(orthanc) as door:
        for name in NAMES.values():
            *_before, last = name.split("=")
            keys = {"PatientName": f"*{last[:2]}*", "PatientID": "NAMED*", "StudyDescription": ""}
            found = list(find(door, QueryLevel.STUDY, keys))
            assert [each["PatientName"] for each in found] == [name]
            assert found[0]["PatientID"].startswith("NAMED")


def test_every_level_is_found_as_dicomweb_client_finds_it(orthanc: Orthanc) -> None:
    other = DICOMwebClient(orthanc.web_root)
    with door_to(orthanc) as door:
        found = {each["StudyInstanceUID"] for each in find(door, QueryLevel.STUDY, {"StudyInstanceUID": ""})}
        assert found == {each["0020000D"]["Value"][0] for each in other.search_for_studies()}
        study = "1.2.826.0.1.3680043.10.1" if not found else max(found)
        series = list(find(door, QueryLevel.SERIES, {"StudyInstanceUID": study, "Modality": "", "SeriesNumber": ""}))
        assert {(each["SeriesInstanceUID"], each["Modality"]) for each in series} == {
            (each["0020000E"]["Value"][0], each["00080060"]["Value"][0]) for each in other.search_for_series(study)
        }
        for each in series:
            keys = {"StudyInstanceUID": study, "SeriesInstanceUID": each["SeriesInstanceUID"], "InstanceNumber": ""}
            instances = list(find(door, QueryLevel.IMAGE, keys))
            assert {one["SOPInstanceUID"] for one in instances} == {
                one["00080018"]["Value"][0] for one in other.search_for_instances(study, each["SeriesInstanceUID"])
            }
        patients = list(find(door, QueryLevel.PATIENT, {"PatientID": "PHANTOM-0*", "PatientName": ""}))
        assert sorted(each["PatientID"] for each in patients) == [f"PHANTOM-0{number}" for number in (1, 2, 3, 4)]


def test_ranges_lists_and_limits_of_a_query(orthanc: Orthanc) -> None:
    with door_to(orthanc) as door:
        every = list(find(door, QueryLevel.STUDY, {"StudyDate": "", "ModalitiesInStudy": ""}))
        dates = sorted(each["StudyDate"] for each in every)
        day = dates[len(dates) // 2]
        until = list(find(door, QueryLevel.STUDY, {"StudyDate": f"-{day}"}))
        assert sorted(each["StudyDate"] for each in until) == [date for date in dates if date <= day]
        several = list(find(door, QueryLevel.STUDY, {"ModalitiesInStudy": "MG\\XA", "StudyDate": ""}))
        assert {each["StudyInstanceUID"] for each in several} == {
            each["StudyInstanceUID"] for each in every if set(each["ModalitiesInStudy"].split("\\")) & {"MG", "XA"}
        }
        uids = [each["StudyInstanceUID"] for each in every[:2]]
        listed = list(find(door, QueryLevel.STUDY, {"StudyInstanceUID": "\\".join(uids)}))
        assert sorted(each["StudyInstanceUID"] for each in listed) == sorted(uids)
        assert len(list(find(door, QueryLevel.STUDY, {"StudyDate": ""}, most=2))) == 2
        assert list(find(door, QueryLevel.STUDY, {"PatientID": "NOBODY"})) == []


def test_more_instances_than_a_page_holds_are_all_found_once(orthanc: Orthanc) -> None:
    expected = set(of_orthanc(orthanc))
    assert len(expected) > 200
    with door_to(orthanc) as door:
        found = [each["SOPInstanceUID"] for each in find(door, QueryLevel.IMAGE, {"SOPInstanceUID": ""})]
    assert len(found) == len(set(found))
    assert set(found) == expected


def test_frames_come_as_they_are_in_the_file(orthanc: Orthanc) -> None:
    path = next(path for path in disc_files() if pydicom.dcmread(path, stop_before_pixels=True).get("NumberOfFrames"))
    found = pydicom.dcmread(path)
    instance = str(found.StudyInstanceUID), str(found.SeriesInstanceUID), str(found.SOPInstanceUID)
    with door_to(orthanc) as door:
        taken = list(frames(door, instance, [1, 3]))
    assert [each.number for each in taken] == [1, 3]
    encapsulated = list(pydicom.encaps.generate_frames(found.PixelData, number_of_frames=int(found.NumberOfFrames)))
    for each in taken:
        if each.transfer_syntax_uid != ExplicitVRLittleEndian:
            assert each.data == encapsulated[each.number - 1]
        else:
            shape = found.pixel_array[each.number - 1]
            assert np.array_equal(np.frombuffer(each.data, shape.dtype).reshape(shape.shape), shape)


def test_bulk_data_comes_as_it_is_in_the_file(orthanc: Orthanc) -> None:
    every = (pydicom.dcmread(path) for path in disc_files())
    found = next(each for each in every if each.file_meta.TransferSyntaxUID == ExplicitVRLittleEndian)
    study, series, uid = str(found.StudyInstanceUID), str(found.SeriesInstanceUID), str(found.SOPInstanceUID)
    with door_to(orthanc) as door:
        url = door.retrieve_url("studies", study, "series", series, "instances", uid, "bulk", "7fe00010")
        assert bulk_data(door, url) == found.PixelData
        with pytest.raises(WebError):
            bulk_data(door, url.replace("7fe00010", "7fe00011"))
        with pytest.raises(WebError, match="elsewhere"):
            bulk_data(door, "http://127.0.0.2:1/dicom-web/studies/1/bulk/7fe00010")


def test_who_is_not_let_in_is_told_so_and_who_is_gets_in_over_tls(tmp_path: Path) -> None:
    own = issued(tmp_path, "orthanc")
    other = issued(tmp_path, "other")
    options = OrthancOptions(has_web=True, users={"reader": "correct horse 한글"}, https=own)
    with Orthanc(tmp_path / "peer", options) as peer:
        place = WebPlace(peer.web_root, authorization=WebAuthorization.BASIC, user="reader")
        paired = PeerTls(str(own.certificate), is_paired=True)
        with WebDoor(place, paired, credentials_of(place, Password("correct horse 한글"))) as door:
            outcomes = list(store(door, [held(disc_files()[0])]))
            assert outcomes[0][1].status == 0
            assert len(list(find(door, QueryLevel.STUDY, {}))) == 1
        with WebDoor(place, paired, credentials_of(place, Password("wrong"))) as door:
            with pytest.raises(WebError) as refused:
                list(find(door, QueryLevel.STUDY, {}))
            assert refused.value.status == 401
            assert "wrong" not in f"{refused.value!r} {refused.value.__cause__!r} {refused.value.one_line()}"
            (_instance, outcome) = next(iter(store(door, [held(disc_files()[0])])))
            assert not outcome.is_sent
        strangers = (PeerTls(), PeerTls(str(other.certificate)), PeerTls(str(other.certificate), is_paired=True))
        for tls in strangers:
            with WebDoor(place, tls, credentials_of(place, Password("secret"))) as door, pytest.raises(NetworkError):
                list(find(door, QueryLevel.STUDY, {}))
