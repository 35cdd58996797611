"""Studies come from Orthanc and dcmqrscp as they are there, whatever happens on the way, and no hole is left."""

import contextlib
import ssl
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pydicom
import pytest

from tests.builders.certificates import issued
from tests.builders.misbehaving import MisbehavingProxy, Mischief, waited_for
from tests.builders.peer_servers import ORTHANC, DcmQrScp, Orthanc, OrthancOptions, free_port
from tests.builders.retrieving import (
    BRIEF,
    OUR_TITLE,
    OutFolder,
    OutLibrary,
    data_set_of,
    data_sets_in,
    dimse_access,
    fetching,
    sent_data_sets,
    study_of,
)
from tests.builders.sent_instances import SentInstance, made_instance
from tests.builders.serving_library import write_files
from viewer.network.serving import TlsFiles
from viewer.network.tls_context import client_context
from viewer.reception.receiver_settings import ReceiverSettings

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="its peers are programs of other systems"),
    pytest.mark.skipif(not Path(ORTHANC).exists(), reason="needs DCMTK and Orthanc"),
]

SAMPLE_DISC = Path(__file__).resolve().parents[2] / "resources" / "sample_disc"
WAYS = pytest.mark.parametrize("method", ["get", "move"])
JPEG_LS = "1.2.840.10008.1.2.4.80"


@pytest.fixture(scope="module")
def port() -> int:
    """Where every receiver of these tests listens; one after another."""
    return free_port()


@pytest.fixture(scope="module")
def orthanc(tmp_path_factory: pytest.TempPathFactory, port: int) -> Iterator[Orthanc]:
    options = OrthancOptions(modalities={OUR_TITLE: ("127.0.0.1", port), "NOWHERE": ("127.0.0.1", 9)})
    with Orthanc(tmp_path_factory.mktemp("orthanc"), options) as peer:
        yield peer


@pytest.fixture(scope="module")
def study(orthanc: Orthanc, tmp_path_factory: pytest.TempPathFactory) -> list[SentInstance]:
    made = study_of(40, series=2)
    orthanc.keep(write_files(tmp_path_factory.mktemp("study"), made))
    return made


def _samples() -> dict[str, Path]:
    """Return two files of each class and transfer syntax of the sample disc, by SOP Instance UID."""
    chosen: dict[str, Path] = {}
    counts: dict[tuple[str, str], int] = {}
    for path in sorted(SAMPLE_DISC.glob("DICOM/**/*")):
        if path.is_file():
            header = pydicom.dcmread(path, stop_before_pixels=True)
            kind = str(header.file_meta.TransferSyntaxUID), str(header.SOPClassUID)
            counts[kind] = counts.get(kind, 0) + 1
            if counts[kind] <= 2:
                chosen[str(header.SOPInstanceUID)] = path
    return chosen


@WAYS
def test_every_transfer_syntax_of_the_sample_disc_comes_bit_for_bit(
    orthanc: Orthanc, port: int, tmp_path: Path, method: str
) -> None:
    samples = _samples()
    orthanc.keep(list(samples.values()))
    studies = {str(pydicom.dcmread(path, stop_before_pixels=True).StudyInstanceUID) for path in samples.values()}
    with OutFolder(tmp_path / "out") as place:
        for each in studies:
            report = fetching(dimse_access(orthanc), place, each, method, port=port).run()
            assert report.is_whole, report
    found = data_sets_in(tmp_path / "out")
    assert found == {uid: data_set_of(path) for uid, path in samples.items()}
    assert len({syntax for syntax, _data in found.values()}) == 6


@WAYS
def test_every_alphabet_and_byte_order_comes_bit_for_bit(
    orthanc: Orthanc, port: int, tmp_path: Path, method: str
) -> None:
    made = [made_instance(f"k{kind}/e/{number}", bytes(200), kind=kind) for kind in range(4) for number in range(2)]
    orthanc.keep(write_files(tmp_path / "files", made))
    with OutLibrary(tmp_path / "library") as place:
        for each in dict.fromkeys(one.study_instance_uid for one in made):
            assert fetching(dimse_access(orthanc), place, each, method, port=port).run().is_whole
        rows = {one.sop_instance_uid: place.library.catalogue.instance(one.sop_instance_uid) for one in made}
        paths = {uid: place.library.store.path_of(row.kept) for uid, row in rows.items() if row is not None}
        assert {uid: data_set_of(path) for uid, path in paths.items()} == sent_data_sets(made)


@WAYS
@pytest.mark.parametrize("syntax", ["", JPEG_LS])
def test_dcmqrscp_gives_what_it_holds(tmp_path: Path, port: int, method: str, syntax: str) -> None:
    if syntax:
        files = [path for path in _samples().values() if data_set_of(path)[0] == syntax]
        uids = {str(pydicom.dcmread(path).SOPInstanceUID): data_set_of(path) for path in files}
        study = str(pydicom.dcmread(files[0]).StudyInstanceUID)
    else:
        made = study_of(4)
        files, uids, study = write_files(tmp_path / "files", made), sent_data_sets(made), made[0].study_instance_uid
    # It takes and proposes one compressed transfer syntax at most, the one that it is told.
    options = ("+xt", "-xt") if syntax else ()
    with (
        DcmQrScp(tmp_path / "peer", {OUR_TITLE: ("127.0.0.1", port)}, options) as peer,
        OutFolder(tmp_path / "out") as place,
    ):
        peer.keep(files)
        report = fetching(dimse_access(peer), place, study, method, port=port).run()
    assert report.is_whole, report
    assert data_sets_in(tmp_path / "out") == uids


def test_what_is_here_is_left_out_and_single_instances_can_be_asked_for(
    orthanc: Orthanc, study: list[SentInstance], tmp_path: Path
) -> None:
    first, *_rest, last = study
    with OutFolder(tmp_path) as place:
        access = dimse_access(orthanc)
        one = fetching(
            access, place, first.study_instance_uid, series=first.series_instance_uid, uids=[first.sop_instance_uid]
        ).run()
        assert (one.is_whole, one.received, one.expected) == (True, (first.sop_instance_uid,), 1)
        unnamed = fetching(access, place, last.study_instance_uid, uids=[last.sop_instance_uid]).run()
        assert unnamed.received == (last.sop_instance_uid,)
        series = fetching(access, place, first.study_instance_uid, series=first.series_instance_uid).run()
        assert (len(series.received), series.already) == (19, (first.sop_instance_uid,))
        every = fetching(access, place, first.study_instance_uid)
        whole = every.run()
        assert (len(whole.received), len(whole.already), whole.expected) == (19, 21, 40)
        assert len(every.of("arrived")) == 19
        missing = fetching(access, place, first.study_instance_uid, uids=["1.2.3.4"], tries=1).run()
        assert (missing.is_whole, missing.missing, missing.expected) == (False, ("1.2.3.4",), 1)
        nothing = fetching(access, place, "1.2.3.4.5", tries=1).run()
        assert (nothing.is_whole, nothing.text()) == (False, "The archive has nothing of that")
    assert data_sets_in(tmp_path) == sent_data_sets(study)


@WAYS
def test_cancelled_in_the_middle_and_gone_on_no_hole_is_left(
    orthanc: Orthanc, study: list[SentInstance], port: int, tmp_path: Path, method: str
) -> None:
    uid = study[0].study_instance_uid
    with OutFolder(tmp_path) as place:
        begun = fetching(dimse_access(orthanc), place, uid, method, port=port)
        begun.events = _Cancelling(begun, after=7)
        begun.retrieval._tell = begun.events.append
        first = begun.run()
        assert first.is_cancelled
        assert 7 <= len(first.received) < 40
        assert len(data_sets_in(tmp_path)) == len(first.received)
        on = fetching(dimse_access(orthanc), place, uid, method, port=port)
        second = on.run()
    assert second.is_whole
    assert set(second.already) == set(first.received)
    assert len(second.received) == 40 - len(first.received)
    assert data_sets_in(tmp_path) == sent_data_sets(study)


class _Cancelling(list):  # type: ignore[type-arg] # of events
    def __init__(self, fetching: object, after: int) -> None:
        super().__init__()
        self._fetching, self._after = fetching, after

    def append(self, event: object) -> None:
        super().append(event)
        if sum(one["event"] == "arrived" for one in self) == self._after:
            self._fetching.retrieval.cancel()  # type: ignore[attr-defined] # it is one


def test_paused_and_resumed_it_goes_on_with_what_is_missing(
    orthanc: Orthanc, study: list[SentInstance], tmp_path: Path
) -> None:
    with OutFolder(tmp_path) as place:
        one = fetching(dimse_access(orthanc), place, study[0].study_instance_uid)
        one.retrieval.pause()
        reports = []
        thread = threading.Thread(target=lambda: reports.append(one.run()))
        thread.start()
        waited_for(lambda: bool(one.of("expected")))
        assert not one.of("arrived")
        one.retrieval.resume()
        thread.join(60)
    assert reports[0].is_whole
    assert data_sets_in(tmp_path) == sent_data_sets(study)


def test_what_is_looked_at_comes_first(orthanc: Orthanc, study: list[SentInstance], tmp_path: Path) -> None:
    with OutFolder(tmp_path) as place:
        one = fetching(dimse_access(orthanc), place, study[0].study_instance_uid)
        listed = [*dict.fromkeys(each.series_instance_uid for each in study)]
        one.retrieval.prefer(listed[1])
        assert one.run().is_whole
    order = [event["series_instance_uid"] for event in one.of("arrived")]
    assert order == [listed[1]] * 20 + [listed[0]] * 20


def test_what_is_looked_at_interrupts_what_is_not(orthanc: Orthanc, study: list[SentInstance], tmp_path: Path) -> None:
    with OutFolder(tmp_path) as place:
        one = fetching(dimse_access(orthanc), place, study[0].study_instance_uid)
        seen: list[str] = []

        def tell(event: dict[str, str]) -> None:
            one.events.append(event)
            if event["event"] == "arrived":
                seen.append(event["series_instance_uid"])
                if len(seen) == 3:
                    other = next(uid for uid in {each.series_instance_uid for each in study} if uid != seen[0])
                    one.retrieval.prefer(other)

        one.retrieval._tell = tell  # type: ignore[assignment] # takes what it is given
        assert one.run().is_whole
    assert seen.index(next(uid for uid in seen if uid != seen[0])) < 20
    assert len(seen) == 40
    assert data_sets_in(tmp_path) == sent_data_sets(study)


@pytest.mark.parametrize(
    "mischief",
    [
        Mischief(cut_down=300_000),
        Mischief(cut_down=300_000, ends_orderly=True),
        Mischief(garbage_down=300_000),
        Mischief(drop_down=300_000),
        Mischief(cut_up=9000),
        Mischief(is_refused=True),
    ],
)
def test_a_connection_that_breaks_leaves_no_hole(
    orthanc: Orthanc, study: list[SentInstance], tmp_path: Path, mischief: Mischief
) -> None:
    # The first connections list the study; the one after them is spoilt.
    harmless = [Mischief()] * 3
    with MisbehavingProxy(orthanc.address, [*harmless, mischief]) as way, OutFolder(tmp_path) as place:
        access = dimse_access(orthanc, port=way.port, patience=BRIEF)
        report = fetching(access, place, study[0].study_instance_uid).run()
    found = data_sets_in(tmp_path)
    if mischief.garbage_down == 300_000:  # pixels that are other pixels cannot be told from those that were meant
        assert found.keys() == sent_data_sets(study).keys()
        assert report.is_whole
    else:
        assert report.is_whole, report
        assert found == sent_data_sets(study)
    assert not [*tmp_path.glob(".*")]


def test_a_silent_archive_is_left_in_the_end(orthanc: Orthanc, study: list[SentInstance], tmp_path: Path) -> None:
    brief = replace(BRIEF, message_s=2)
    with (
        MisbehavingProxy(orthanc.address, [Mischief()] * 3, otherwise=Mischief(silent_down=20_000)) as way,
        OutFolder(tmp_path) as place,
    ):
        access = dimse_access(orthanc, port=way.port, patience=brief)
        one = fetching(access, place, study[0].study_instance_uid, tries=1)
        report = one.run()
    assert not report.is_whole
    assert "does not answer" in report.reason
    assert data_sets_in(tmp_path).keys() == set(report.received)
    assert len(report.received) + len(report.missing) == 40
    assert report.text() == f"{len(report.received)} of 40 images are here: ask again"


@contextlib.contextmanager
def _secured(folder: Path, port: int) -> Iterator[tuple[Orthanc, ssl.SSLContext, ReceiverSettings]]:
    folder.mkdir()
    authority = issued(folder, "authority", is_authority=True)
    theirs, ours = issued(folder, "orthanc", authority), issued(folder, "ours", authority)
    options = OrthancOptions(
        dicom_tls=theirs, trusted=authority.certificate, more={"DicomTlsRemoteCertificateRequired": True}
    )
    context = client_context(authority.certificate, TlsFiles(ours.certificate, ours.key))
    settings = ReceiverSettings(
        port=port, certificate=str(ours.certificate), key=str(ours.key), authority=str(authority.certificate)
    )
    with Orthanc(folder / "peer", options) as peer:
        peer.know(OUR_TITLE, port, UseDicomTls=True)
        yield peer, context, settings


def test_over_tls_in_both_ways(tmp_path: Path, port: int) -> None:
    made = study_of(6)
    files = write_files(tmp_path / "files", made)
    with _secured(tmp_path / "tls", port) as (peer, context, settings):
        peer.keep(files)
        for method in ("get", "move"):
            access = replace(dimse_access(peer, uses_tls=True), tls=context)
            with OutFolder(tmp_path / method) as place:
                one = fetching(access, place, made[0].study_instance_uid, method, port=port)
                one.retrieval._settings = settings
                report = one.run()
            assert report.is_whole, report
            assert data_sets_in(tmp_path / method) == sent_data_sets(made)


def test_other_bytes_under_a_uid_are_kept_aside_and_said(orthanc: Orthanc, tmp_path: Path) -> None:
    theirs = [made_instance(f"q/e/{number}", bytes(200)) for number in range(3)]
    other = made_instance("q/e/1", b"\1" * 200)
    orthanc.keep(write_files(tmp_path / "files", theirs))
    for place in (OutFolder(tmp_path / "out"), OutLibrary(tmp_path / "library")):
        with place:
            _keep(place, other)
            study = other.study_instance_uid
            # What is here is not asked for; asked for by its UID it is left out as well.
            report = fetching(dimse_access(orthanc), place, study).run()
            assert (len(report.received), report.already) == (2, (other.sop_instance_uid,))
            # A list that does not say what it is makes it come again.
            place.held = lambda _uids: set()  # type: ignore[method-assign,assignment] # as if nothing were known
            report = fetching(dimse_access(orthanc), place, study).run()
            assert report.quarantined == (other.sop_instance_uid,)
            assert len(report.already) == 2
            assert report.is_whole


def _keep(place: OutFolder | OutLibrary, one: SentInstance) -> None:
    from viewer.network.ports import Caller, OfferedInstance

    offered = OfferedInstance(one.sop_class_uid, one.sop_instance_uid, one.transfer_syntax_uid)
    sink = place.keeper.begin(offered, Caller("ANOTHER", "192.0.2.1"))
    sink.write(one.data_set)
    sink.finish()
