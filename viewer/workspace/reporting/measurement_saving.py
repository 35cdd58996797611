"""The job that writes the marks of a study as a measurement report (workspace.object_saving.Make).

A report that says again what this reader's last one said takes its place: it names that one as its predecessor, and
what is tracked keeps its UID.
"""

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from viewer.base.errors import DicomError, MediaError, ViewerError, system_reason
from viewer.base.jobs import Progress
from viewer.base.translation import _, current_language
from viewer.dicom.instance_header import InstanceHeader
from viewer.dicom.sop_classes import SopKind, sop_kind
from viewer.dicom.structured_report.references import DocumentReference, InstanceReference
from viewer.measurement.annotation import Annotation, ImageAnchor, PlaneAnchor

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

    from viewer.dicom.structured_report.measurement_writing import WrittenGroup
    from viewer.dicom.structured_report.values import StructuredReport
    from viewer.measurement.report_groups_regions import FactsOf

FILE_NAME = "measurements.dcm"
_MANUFACTURER, _TEMPLATE = "Negatoscope", "1500"
_PIXEL_SPACING, _IMAGER_SPACING, _ASPECT = 0x00280030, 0x00181164, 0x00280034


@dataclass(frozen=True, slots=True)
class ReportWording:
    """What the reader says of a report of measurements.

    Attributes:
        reader: A PN text; empty where that is not to be said.
        description: Of its series; empty for the usual one.
        is_3d_wanted: Whether Comprehensive 3D SR is written where Comprehensive SR could hold it all.
        is_flat_wanted: Whether Comprehensive SR is written where it cannot: planes are then left out, and that is said.
        is_complete: Whether there is nothing more to be measured.
    """

    reader: str = ""
    description: str = ""
    is_3d_wanted: bool = False
    is_flat_wanted: bool = False
    is_complete: bool = False


@dataclass(eq=False)
class MakeMeasurementReport:
    """Writes the report of marks of one study.

    Attributes:
        annotations: What is written.
        headers: Objects of the study that are open: the images, and reports among them.
        kept: Reports of the study that the library has.
        left_out: Marks that were not written, for their image is not there; known after the call.
    """

    annotations: tuple[Annotation, ...]
    headers: tuple[InstanceHeader, ...]
    wording: ReportWording = ReportWording()
    kept: tuple[Path, ...] = ()
    left_out: list[Annotation] = field(default_factory=list)

    def __call__(self, folder: Path, progress: Progress) -> Sequence[Path]:
        """Write the file into a folder, and return it.

        Raises:
            DicomError: There is nothing to write, or an image cannot be read.
            MediaError: The medium fails.
        """
        from viewer.dicom.derived_instance import write_object

        made = self.data_set(progress)
        path = folder / FILE_NAME
        try:
            with path.open("wb") as stream:
                write_object(made, stream)
        except OSError as error:
            raise MediaError(
                _("It could not be saved: {0}").format(system_reason(error)), subject=str(folder)
            ) from error
        return [path]

    def data_set(self, progress: Progress) -> "Dataset":
        """Return the report."""
        from viewer.dicom.derived_instance import source_data_set
        from viewer.dicom.structured_report.measurement_writing import (
            DESCRIPTION,
            MeasurementReportFacts,
            measurement_report,
        )

        images, groups = self._groups(progress)
        wording = self.wording
        said = MeasurementReportFacts(
            author=wording.reader,
            language=current_language(),
            is_3d_wanted=wording.is_3d_wanted,
            predecessors=predecessors(self._earlier(), wording.reader, {each.tracking_uid for each in groups}),
            is_complete=wording.is_complete,
            description=wording.description or DESCRIPTION,
        )
        return measurement_report(source_data_set(images[0]), images, groups, said)

    def aim(self, progress: Progress) -> bytes:
        """Return the same as an AIM 4 document."""
        from viewer.dicom.aim.writing import AimFacts, aim_document

        images, groups = self._groups(progress)
        return aim_document(images, groups, AimFacts(self.wording.reader))

    def _groups(self, progress: Progress) -> "tuple[tuple[InstanceHeader, ...], list[WrittenGroup]]":
        """Return the images that are there, and what was marked on them."""
        from viewer.measurement.report_groups import written_group

        images = images_of(self.annotations, self.headers)
        known = {each.sop_instance_uid for each in images} | {each.series_instance_uid for each in images}
        self.left_out[:] = [each for each in self.annotations if _place_of(each) not in known]
        kept = [each for each in self.annotations if _place_of(each) in known]
        if not kept:
            raise DicomError(_("The images that were measured are not there"))
        facts_of, wording = image_facts(images), self.wording
        groups = []
        for each in kept:
            progress.check()
            groups.append(written_group(each, facts_of, author=wording.reader, has_space=not wording.is_flat_wanted))
        stacked = [each for each in kept if isinstance(each.anchor, ImageAnchor) or not wording.is_flat_wanted]
        return images, [*groups, *_stacks(stacked, self.headers, facts_of)]

    def _earlier(self) -> "Iterator[StructuredReport]":
        """Yield the reports of the study that there are."""
        from viewer.base.byte_source import FileBytes
        from viewer.dicom.structured_report.reading import read_report

        study = next(iter(self.annotations)).anchor.study_instance_uid
        sources = [
            each.source
            for each in self.headers
            if each.study_instance_uid == study and sop_kind(each.sop_class_uid) is SopKind.REPORT
        ]
        for source in (*sources, *map(FileBytes, self.kept)):
            with contextlib.suppress(ViewerError):  # one that cannot be read is told where it is opened
                yield read_report(source)


def images_of(annotations: Iterable[Annotation], headers: Iterable[InstanceHeader]) -> tuple[InstanceHeader, ...]:
    """Return the images that marks lie on, of planes all of their series, in the order of the headers."""
    instances, series = set(), set()
    for each in annotations:
        if isinstance(each.anchor, ImageAnchor):
            instances.add(each.anchor.sop_instance_uid)
        else:
            series.add(each.anchor.series_instance_uid)
    return tuple(
        {
            header.sop_instance_uid: header
            for header in headers
            if header.pixel_data is not None
            and (header.sop_instance_uid in instances or header.series_instance_uid in series)
        }.values()
    )


def _stacks(
    annotations: Sequence[Annotation], headers: Sequence[InstanceHeader], facts_of: "FactsOf"
) -> "Iterator[WrittenGroup]":
    """Yield the volumes of outlines that were drawn slice by slice, of two slices and more."""
    from viewer.dicom.image_plane import ImagePlane, plane_of
    from viewer.measurement.kinds.stacked_volume import StackedVolume
    from viewer.measurement.report_groups import stack_group
    from viewer.workspace.measuring.stacking import stack_of, stack_readings

    left = [each for each in annotations if each.kind == StackedVolume.id]
    while left:
        stack = stack_of(left[0], left)
        left = [each for each in left if each not in stack]
        series = stack[0].anchor.series_instance_uid
        planes = {
            each.sop_instance_uid: plane
            for each in headers
            if each.series_instance_uid == series and each.frame_count == 1 and (plane := plane_of(each)) is not None
        }

        def plane_at(each: Annotation, planes: Mapping[str, ImagePlane] = planes) -> ImagePlane | None:
            anchor = each.anchor
            if isinstance(anchor, PlaneAnchor):
                return anchor.plane
            return None if anchor.tile else planes.get(anchor.sop_instance_uid)

        if len(stack) > 1:
            is_on_slices = any(isinstance(each.anchor, ImageAnchor) for each in stack)
            readings = stack_readings(stack, plane_at, planes.values() if is_on_slices else ())
            yield stack_group(stack, readings, facts_of, stack[0].group or _(StackedVolume.title))


def image_facts(images: Iterable[InstanceHeader]) -> "FactsOf":
    """Return what tells of images what a report must know."""
    from viewer.imaging.mosaic_frames import mosaic_of
    from viewer.measurement.report_groups_regions import ImageFacts

    known = {each.sop_instance_uid: each for each in images}

    def facts_of(anchor: ImageAnchor) -> ImageFacts:
        header = known.get(anchor.sop_instance_uid)
        if header is None:
            return ImageFacts()
        corner = (0.0, 0.0)
        if anchor.tile:
            row, column = mosaic_of(header).tile_origin(anchor.tile - 1)
            corner = (float(column), float(row))
        return ImageFacts(header.frame_count, _aspect(header), corner)

    return facts_of


def predecessors(
    reports: "Iterable[StructuredReport]", reader: str, tracking_uids: set[str]
) -> tuple[DocumentReference, ...]:
    """Return the last report of ours and of this reader that tracks some of the same; none where there is none."""
    ours = [each for each in reports if _is_ours(each, reader) and tracking_uids & _tracked(each)]
    replaced = {each.instance.sop_instance_uid for report in ours for each in report.header.predecessors}
    last = [each for each in ours if each.header.instance.sop_instance_uid not in replaced]
    if not last:
        return ()
    told = max(last, key=lambda each: (each.header.content_date, each.header.content_time)).header
    instance = InstanceReference(told.instance.sop_class_uid, told.instance.sop_instance_uid)
    return (DocumentReference(instance, told.study_instance_uid, told.series_instance_uid),)


def _is_ours(report: "StructuredReport", reader: str) -> bool:
    from viewer.dicom.structured_report.content_writing import plain_name

    header = report.header
    return (
        header.manufacturer == _MANUFACTURER
        and report.template == _TEMPLATE
        and header.authors == ((plain_name(reader),) if reader else ())
    )


def _tracked(report: "StructuredReport") -> set[str]:
    from viewer.dicom.structured_report.concepts import TRACKING_UID
    from viewer.dicom.structured_report.tree import named
    from viewer.dicom.structured_report.values import TextValue

    if report.root is None:
        return set()
    return {each.value.text for each in named(report.root, TRACKING_UID) if isinstance(each.value, TextValue)}


def _place_of(annotation: Annotation) -> str:
    anchor = annotation.anchor
    return anchor.series_instance_uid if isinstance(anchor, PlaneAnchor) else anchor.sop_instance_uid


def _aspect(header: InstanceHeader) -> float:
    for tag in (_PIXEL_SPACING, _IMAGER_SPACING, _ASPECT):
        values = header.numbers(tag)
        if len(values) == 2 and all(each > 0 for each in values):
            return values[0] / values[1]
    return 1.0
