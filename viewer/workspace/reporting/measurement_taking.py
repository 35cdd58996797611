"""Measurements of reports taken over as marks of the open studies."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from viewer.base.byte_source import ByteSource
from viewer.base.errors import MediaError, system_reason
from viewer.base.jobs import Progress
from viewer.base.translation import N_, _, ngettext
from viewer.dicom.image_plane import ImagePlane
from viewer.dicom.instance_header import InstanceHeader
from viewer.dicom.sop_classes import SopKind, sop_kind
from viewer.imaging.image_ref import ImageRef
from viewer.measurement.annotation import Annotation, ImageAnchor
from viewer.workspace.image_places import place_of_header
from viewer.workspace.measuring.annotation_book import study_of
from viewer.workspace.workspace import Workspace

if TYPE_CHECKING:
    from viewer.dicom.structured_report.values import StructuredReport
    from viewer.measurement.report_groups_taken import Places, TakenMarks

TITLE = N_("Take over measurements")
_ON_SLICE_MM = 0.25
_SNIFFED = 512
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_SERIES_DESCRIPTION, _CONTENT_DATE = 0x0008103E, 0x00080023


@dataclass(frozen=True, slots=True)
class TakeMeasurements:
    """Reads a report, and makes marks of its measurements.

    Attributes:
        places: Where they can lie.
    """

    source: ByteSource
    places: "Places"
    character_set: str = ""

    def run(self, progress: Progress) -> "TakenMarks":
        """Return them.

        Raises:
            ViewerError: If it cannot be read, or is no report.
        """
        from viewer.measurement.report_groups_taken import taken_marks
        from viewer.workspace.measuring.here import new_uid

        report = self.report()
        progress.check()
        return taken_marks(report, self.places, new_uid)

    def report(self) -> "StructuredReport":
        """Return the report; an AIM document as the report it stands for."""
        from viewer.dicom.aim.reading import read_aim
        from viewer.dicom.aim.xml_elements import MOST_BYTES
        from viewer.dicom.structured_report.reading import read_report

        try:
            with self.source.open() as stream:
                begin = stream.read(_SNIFFED)
                if begin.removeprefix(_BYTE_ORDER_MARK).lstrip()[:1] == b"<":
                    return read_aim(begin + stream.read(MOST_BYTES))
        except OSError as error:
            raise MediaError(system_reason(error), subject=self.source.name) from error
        return read_report(self.source, self.character_set)


def reports_at(workspace: Workspace) -> tuple[InstanceHeader, ...]:
    """Return the reports of the active patient's open studies that may hold measurements."""
    series = workspace.series_at(workspace.active)
    if series is None:
        return ()
    return tuple(
        header
        for study in series.study.patient.studies.values()
        for each in study.series.values()
        for header in each.headers
        if sop_kind(header.sop_class_uid) is SopKind.REPORT
    )


def places(workspace: Workspace) -> "Places":
    """Return where marks can lie among the open studies."""
    from viewer.measurement.report_groups_taken import Places
    from viewer.workspace.measuring.measuring import anchor_of_image
    from viewer.workspace.reporting.measurement_saving import image_facts

    headers = {header.sop_instance_uid: header for header in workspace.tree.headers()}

    def image(uid: str, frame: int, tile: int) -> ImageAnchor | None:
        header = headers.get(uid)
        if header is None or header.pixel_data is None or frame > header.frame_count:
            return None
        return anchor_of_image(ImageRef(header, (tile or max(frame, 1)) - 1, bool(tile)))

    def through(
        frame_of_reference: str, spots: Sequence[tuple[float, float, float]]
    ) -> tuple[ImageAnchor, ImagePlane] | None:
        for header in headers.values():
            ref = ImageRef(header)
            place = place_of_header(ref) if header.pixel_data is not None else None
            if place is None or not frame_of_reference or place.frame_uid != frame_of_reference:
                continue
            if all(abs(place.plane.point_image(spot)[2]) <= _ON_SLICE_MM for spot in spots):
                return anchor_of_image(ref), place.plane
        return None

    return Places(image, through, image_facts(headers.values()))


def put_marks(workspace: Workspace, taken: "TakenMarks") -> str:
    """Put marks of a report, but for those that are there already, in one step of undo; return what became of them."""
    from viewer.workspace.measuring.annotation_deeds import change

    book = workspace.shared.annotations
    studies = {study_of(each.anchor) for each in taken.annotations}
    there_already = {_essence(each) for study in studies for each in book.of_study(study)}
    new = [each for each in taken.annotations if _essence(each) not in there_already]
    if new:
        change(workspace, {each.uid: each for each in new}, TITLE)
        book.select(each.uid for each in new)
    told = [ngettext("{0} mark taken over", "{0} marks taken over", len(new)).format(len(new))]
    there = len(taken.annotations) - len(new)
    if there:
        told.append(ngettext("{0} was there already", "{0} were there already", there).format(there))
    if taken.left_out:
        told.append(
            ngettext("{0} could not be placed: {1}", "{0} could not be placed: {1} …", len(taken.left_out)).format(
                len(taken.left_out), taken.left_out[0]
            )
        )
    return "; ".join(told)


def _essence(mark: Annotation) -> tuple[object, ...]:
    """Return what makes two marks the same: what they track, how, and where."""
    return mark.kind, mark.anchor, mark.points, mark.tracking_uid or mark.uid


def report_words(header: InstanceHeader) -> tuple[str, str]:
    """Return what a report is called in a list: its series and its day."""
    day = header.ascii(_CONTENT_DATE)
    return header.text(_SERIES_DESCRIPTION) or _("Report"), f"{day[:4]}-{day[4:6]}-{day[6:8]}" if len(day) == 8 else day
