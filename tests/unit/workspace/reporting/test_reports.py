"""Reports of open studies: read once, their links find images and slices, their marks lie where they say."""

import queue
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import UID

from tests.builders import report_documents as made
from tests.builders.ct_series import write_ct_series
from viewer.base.byte_source import FileBytes
from viewer.base.jobs import JobRunner
from viewer.dicom.graphic_objects import GraphicType
from viewer.dicom.header_scan import scan_header
from viewer.dicom.structured_report.references import InstanceReference
from viewer.dicom.structured_report.regions import ReportRegion
from viewer.dicom.structured_report.values import ReferenceValue, RegionValue
from viewer.imaging.image_ref import ImageRef
from viewer.imaging.mosaic_frames import mosaic_of
from viewer.workspace.display_set_catalogue import DisplaySetCatalogue
from viewer.workspace.reporting.report_book import HeldReport, ReportBook, cad_state_words
from viewer.workspace.reporting.report_links import go_to_item
from viewer.workspace.reporting.report_marks import MarkGround, graphics_on, ground_of_image, layers_over
from viewer.workspace.reporting.report_words import cad_chips
from viewer.workspace.study_nodes import Study
from viewer.workspace.study_tree import StudyTree
from viewer.workspace.workspace import SharedState, Workspace

if TYPE_CHECKING:
    from viewer.workspace.segmenting.segmentation_book import SegmentationBook

SQUARE = (20, 30, 40, 30, 40, 50, 20, 50, 20, 30)


class Room:
    """Three slices of CT with reports on them, opened without a window."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.slices = write_ct_series(folder / "ct", 3, 64, slice_step_mm=5.0, elements={"SliceThickness": "5"})
        self.first = dcmread(self.slices[0], stop_before_pixels=True)
        self.tree = StudyTree()
        self.calls: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self.runner = JobRunner(self.calls.put)
        self.book = ReportBook(self.runner, self.tree)
        shared = SharedState(self.tree, DisplaySetCatalogue(self.tree), lambda _paths: None, reports=self.book)
        self.workspace = Workspace(shared)
        self.tree.add([scan_header(FileBytes(path)) for path in self.slices])

    def add(self, document: Dataset, name: str = "report") -> HeldReport:
        """Open a report of the same study, and read it."""
        document.StudyInstanceUID = self.first.StudyInstanceUID
        uid = f"{document.SOPInstanceUID}.{len(name)}"
        document.SOPInstanceUID = document.file_meta.MediaStorageSOPInstanceUID = UID(uid)
        for keyword in ("PatientID", "PatientName", "PatientBirthDate", "PatientSex"):
            setattr(document, keyword, self.first.get(keyword, ""))
        header = scan_header(FileBytes(made.write(document, self.folder / f"{name}.dcm")))
        self.tree.add([header])
        return self.read(self.book.report_of(header))

    def read(self, held: HeldReport) -> HeldReport:
        while True:
            now = self.book.held(held.uid)
            if now is not None and not now.is_loading:
                return now
            self.calls.get(timeout=10)()

    @property
    def study(self) -> Study:
        return next(iter(self.tree.all_series())).study

    def image(self, number: int) -> ImageRef:
        return ImageRef(scan_header(FileBytes(self.slices[number])))

    def cad(self, number: int, *intents: made.Coded, **options: object) -> Dataset:
        uid = str(dcmread(self.slices[number], stop_before_pixels=True).SOPInstanceUID)
        findings = [made.cad_finding(made.MASS, each, (30, 40), SQUARE, (1, 2, 1)) for each in intents]
        return made.mammography_cad(*findings, image_uid=uid, image_class=made.CT_IMAGE, **options)  # type: ignore[arg-type]  # passed through


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    made_room = Room(tmp_path)
    yield made_room
    made_room.book.close()
    made_room.runner.close()


def test_a_report_is_read_once(room: Room) -> None:
    held = room.add(made.obstetric_ultrasound())
    assert held.read is not None
    assert room.book.report_of(held.header) is held


def test_what_cannot_be_read_is_told(room: Room) -> None:
    held = room.add(made.obstetric_ultrasound())
    Path(held.header.source.name).write_bytes(b"no report any more")
    room.tree.set_character_set(room.study.key, "ISO_IR 100")  # has it read again
    again = room.read(room.book.report_of(held.header))
    assert again.read is None
    assert again.failure


def test_marks_of_cad_are_off_until_they_are_asked_for(room: Room) -> None:
    room.add(room.cad(1, made.REQUIRED, made.OPTIONAL, made.HIDDEN))
    assert room.book.has_cad(room.study)
    assert layers_over(room.book, room.study, ground_of_image(room.image(1))) == ()
    room.book.show_cad(room.study, is_shown=True)
    layers = layers_over(room.book, room.study, ground_of_image(room.image(1)))
    assert [[each.style.is_dashed for each in layer.graphics] for layer in layers] == [[False, False], [True, True]]
    assert layers[0].texts[0].text == "CAD: Mass"
    assert layers_over(room.book, room.study, ground_of_image(room.image(0))) == ()
    room.book.show_cad(room.study, is_shown=False)
    assert layers_over(room.book, room.study, ground_of_image(room.image(1))) == ()


def test_what_was_not_looked_for_is_told_with_the_marks(room: Room) -> None:
    room.add(room.cad(1, failed=[made.CALCIFICATIONS]))
    assert cad_state_words(room.book.cad_reports(room.study)) == ()
    room.book.show_cad(room.study, is_shown=True)
    told = " ".join(cad_state_words(room.book.cad_reports(room.study)))
    assert "FAILED: Mammography breast calcification" in told


def test_a_link_shows_the_image_beside_the_report_and_marks_the_region(room: Room) -> None:
    held = room.add(room.cad(2, made.REQUIRED))
    outline = next(item for item in held.read.positions.values() if item.title == "Outline")  # type: ignore[union-attr]  # it was read
    assert go_to_item(room.workspace, held, outline.position, 0) == ""
    assert room.workspace.layout.cell_count == 2
    assert room.workspace.viewport(1).index == 2
    (layer,) = layers_over(room.book, room.study, ground_of_image(room.image(2)))
    assert layer.graphics[0].type is GraphicType.POLYLINE
    assert layers_over(room.book, room.study, ground_of_image(room.image(1))) == ()
    room.book.set_highlight(None)
    assert layers_over(room.book, room.study, ground_of_image(room.image(2))) == ()


def test_a_region_in_space_is_found_by_its_frame_of_reference(room: Room) -> None:
    second = dcmread(room.slices[1], stop_before_pixels=True)
    x, y, z = map(float, second.ImagePositionPatient)
    points = [x + 7.5, y + 7.5, z + 1.0, x + 15.0, y + 7.5, z + 1.0, x + 15.0, y + 15.0, z + 1.0]
    name = made.dcm("111030", "Image Region")
    root = made.container(
        made.dcm("126000", "Imaging Measurement Report"),
        made.space_region(name, "POLYGON", [*points, *points[:3]], str(second.FrameOfReferenceUID)),
        made.space_region(name, "POINT", points[:3], "1.2.3.4.5.6"),
        relationship="",
    )
    held = room.add(made.document(root, "88.34", "1500"))
    assert go_to_item(room.workspace, held, (1, 1), 0) == ""
    assert room.workspace.viewport(1).index == 1
    (layer,) = layers_over(room.book, room.study, ground_of_image(room.image(1)))
    assert layer.graphics[0].points[0] == pytest.approx((10.5, 10.5))
    assert layers_over(room.book, room.study, ground_of_image(room.image(2))) == ()
    plane = ground_of_image(room.image(1)).place
    assert layers_over(room.book, room.study, MarkGround(None, plane, 2.5)) == (layer,)
    assert layers_over(room.book, room.study, MarkGround(None, plane)) == ()
    assert "is not open" in go_to_item(room.workspace, held, (1, 2), 0)


def test_a_link_to_what_is_not_open_says_so(room: Room) -> None:
    root = made.container(
        made.dcm("126000", "Imaging Measurement Report"),
        made.image(made.CT_IMAGE, "1.2.3.4.5.6.7"),
        made.text(made.dcm("121071", "Finding"), "none"),
        relationship="",
    )
    held = room.add(made.document(root, "88.33", "1500"))
    assert "1.2.3.4.5.6.7" in go_to_item(room.workspace, held, (1, 1), 0)
    assert go_to_item(room.workspace, held, (1, 2), 0) == "This item names no image"
    assert room.book.highlight is None


def test_the_report_that_takes_the_place_of_another_is_known(room: Room) -> None:
    first = room.add(made.obstetric_ultrasound(), "first")
    later = made.obstetric_ultrasound()
    later.PredecessorDocumentsSequence = made.document(
        made.container(made.dcm("1", "x"), relationship=""), "88.33", "5000", [(first.header.sop_class_uid, first.uid)]
    ).CurrentRequestedProcedureEvidenceSequence
    amended = room.add(later, "amended")
    assert room.book.amended_by(first.uid) == amended.uid
    assert room.book.amended_by(amended.uid) == ""


def test_closed_reports_are_forgotten(room: Room) -> None:
    held = room.add(room.cad(2, made.REQUIRED))
    room.book.show_cad(room.study, is_shown=True)
    center = next(item for item in held.read.positions.values() if item.title == "Center")  # type: ignore[union-attr]  # it was read
    go_to_item(room.workspace, held, center.position, 0)
    room.tree.remove_study(room.study.key)
    assert room.book.held(held.uid) is None
    assert room.book.highlight is None


def test_a_viewport_says_what_marks_mean_and_what_missing_ones_do_not(room: Room) -> None:
    room.add(room.cad(1, made.REQUIRED, failed=[made.CALCIFICATIONS]))
    room.workspace.show(room.workspace.catalogue.of_series(next(iter(room.tree.all_series())).key)[0].key)
    assert cad_chips(room.workspace, 0, room.image(1)) == ()
    room.book.show_cad(room.study, is_shown=True)
    assert cad_chips(room.workspace, 0, room.image(1))[0] == ("CAD: 1 mark", False)
    assert cad_chips(room.workspace, 0, room.image(0))[0] == ("CAD: not of this image", True)
    assert ("CAD INCOMPLETE", True) in cad_chips(room.workspace, 0, room.image(0))


def test_nothing_marked_is_calm_only_where_all_was_looked_for(room: Room) -> None:
    room.add(room.cad(1))
    room.workspace.show(room.workspace.catalogue.of_series(next(iter(room.tree.all_series())).key)[0].key)
    room.book.show_cad(room.study, is_shown=True)
    assert cad_chips(room.workspace, 0, room.image(1)) == (("CAD: nothing marked", False),)


class _Segmentations:
    """Stands in for the book of segmentations: one is open."""

    def __init__(self, uid: str) -> None:
        self.uid = uid
        self.shown: list[str] = []

    def get(self, uid: str) -> str | None:
        return uid if uid == self.uid else None

    def show(self, uid: str) -> None:
        self.shown.append(uid)


def test_a_segment_is_shown_over_the_series_that_it_was_drawn_on(room: Room) -> None:
    book = _Segmentations("1.2.3.9")
    room.workspace.shared.segmentations = cast("SegmentationBook", book)
    group = made.container(
        made.dcm("125007", "Measurement Group"),
        made.image("1.2.840.10008.5.1.4.1.1.66.4", "1.2.3.9"),
        made.uid_reference(made.dcm("121232", "Source series for segmentation"), str(room.first.SeriesInstanceUID)),
    )
    root = made.container(made.dcm("126000", "Imaging Measurement Report"), group, relationship="")
    held = room.add(made.document(root, "88.33", "1500"))
    assert go_to_item(room.workspace, held, (1, 1, 1), 0) == ""
    assert book.shown == ["1.2.3.9"]
    assert room.workspace.viewport(1).index == 1


def test_a_region_on_a_mosaic_lies_in_its_tile_alone(shared_data: Path) -> None:
    header = scan_header(FileBytes(min((shared_data / "mr-mosaic").glob("*.dcm"))))
    row, column = mosaic_of(header).tile_origin(1)
    points = ((column + 3.5, row + 4.0), (column + 9.0, row + 11.25))
    named = ReferenceValue(InstanceReference(header.sop_class_uid, header.sop_instance_uid))
    region = ReportRegion((1,), "Path", RegionValue("POLYLINE", points), (named,))
    (line,) = graphics_on(region, ground_of_image(ImageRef(header, 1, is_tile=True)))
    assert line.points == ((3.5, 4.0), (9.0, 11.25))
    others = [ground_of_image(ImageRef(header, index, is_tile=True)) for index in (0, 2, 9)]
    assert [graphics_on(region, each) for each in others] == [(), (), ()]
    (whole,) = graphics_on(region, ground_of_image(ImageRef(header)))
    assert whole.points == points
