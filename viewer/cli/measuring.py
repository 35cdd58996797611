"""One measurement of one frame, from a file: what `negatoscope measure` prints."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from viewer.base.byte_source import FileBytes
from viewer.base.errors import DecodingError, UsageError, ViewerError
from viewer.base.translation import _
from viewer.measurement.annotation import Annotation, ImageAnchor
from viewer.measurement.ground import Ground
from viewer.measurement.kinds.kind import Kind, Placing
from viewer.measurement.reading import Reading

if TYPE_CHECKING:
    from viewer.dicom.instance_header import InstanceHeader
    from viewer.imaging.frame_state import FrameState
    from viewer.imaging.stored_frame import StoredFrame
    from viewer.measurement.roi_statistics import Statistics
    from viewer.measurement.user_calibration import UserCalibration

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be measured.

    Attributes:
        parameters: What the kind is told beside points.
        frame_number: From 1.
        known: Two points and the mm between them, to calibrate by; None for the image's own scale.
    """

    kind: Kind
    points: tuple[Point, ...]
    parameters: tuple[tuple[str, float | str], ...] = ()
    frame_number: int = 1
    known: tuple[tuple[Point, ...], float] | None = None


@dataclass(frozen=True, slots=True)
class Measured:
    """What came of it.

    Attributes:
        annotation: With all points of its kind, as SCOORD.
        statistics: Of a region in modality units, or why there are none, translated; None for what is no region.
        other_statistics: In SUV and in real-world units, where the image has them.
        suv_refusal: Why a PET image has no SUV, translated.
        cautions: Of the image, translated.
    """

    kind: Kind
    annotation: Annotation
    ground: Ground
    readings: tuple[Reading, ...]
    statistics: "Statistics | str | None" = None
    other_statistics: "tuple[Statistics, ...]" = ()
    suv_refusal: str = ""
    cautions: tuple[str, ...] = ()

    @property
    def main(self) -> Reading:
        """The number that was asked for."""
        return self.readings[0]

    @property
    def refusal(self) -> str:
        """Why there is no such number, translated; empty when there is."""
        return self.main.refusal if self.main.value is None else ""


def measure(path: Path, asked: Asked) -> Measured:
    """Return a measurement on a frame of a file.

    Raises:
        UsageError: If there is no such frame, or the kind has no numbers.
        ViewerError: If the file is no image that can be read.
    """
    from viewer.dicom.header_scan import scan_header
    from viewer.imaging.frame_state import read_frame_states
    from viewer.measurement.measuring_ground import ground_of_frame

    header = scan_header(FileBytes(path))
    if header.pixel_data is None:
        raise DecodingError(_("The object holds no image"))
    states = read_frame_states(header)
    if asked.frame_number > states.frame_count:
        raise UsageError(_("There are only {count} frames").format(count=states.frame_count))
    state = states.state(asked.frame_number - 1)
    stored, problem = _pixels(header, asked.frame_number)
    anchor = ImageAnchor(
        header.study_instance_uid,
        header.series_instance_uid,
        state.sop_class_uid,
        state.sop_instance_uid,
        asked.frame_number,
    )
    calibration = _calibration(asked, state, stored, anchor)
    ground = ground_of_frame(state, stored, calibration=calibration)
    points = asked.kind.settled(asked.points, ground)
    annotation = Annotation("", asked.kind.id, anchor, points, parameters=asked.parameters)
    if asked.kind.placing is Placing.BRUSH:
        annotation = asked.kind.painted(replace(annotation, points=()), points, ground)
    readings = asked.kind.readings(annotation, ground)
    if not readings and problem:
        raise DecodingError(problem)
    if not readings:
        raise UsageError(_("{0} has no number").format(_(asked.kind.title)))
    cautions = (*ground.cautions, *ground.value_cautions, *_reach(annotation, ground), *((problem,) if problem else ()))
    found = Measured(asked.kind, annotation, ground, readings, cautions=cautions)
    if stored is None:
        return replace(found, statistics=problem) if asked.kind.is_region else found
    return _with_values(found, path, header, stored)


def _pixels(header: "InstanceHeader", frame_number: int) -> "tuple[StoredFrame | None, str]":
    """Return a frame's pixels; or None, and why: lengths can be had without them."""
    from viewer.imaging.decoder_pool import DecoderPool
    from viewer.imaging.frame_source import FrameSource

    try:
        with DecoderPool(workers=1) as pool:
            return FrameSource(header, pool).stored_frame(frame_number - 1), ""
    except ViewerError as error:
        return None, _("The pixels cannot be read: {0}").format(error)


def _calibration(
    asked: Asked, state: "FrameState", stored: "StoredFrame | None", anchor: ImageAnchor
) -> "UserCalibration | None":
    from viewer.measurement.measuring_ground import ground_of_frame
    from viewer.measurement.user_calibration import calibrated

    if asked.known is None:
        return None
    (start, end), known_mm = asked.known
    found = calibrated(ground_of_frame(state, stored), anchor, (start, end), known_mm)
    if isinstance(found, str):
        raise UsageError(_("The scale cannot be set: {0}").format(found))
    return found


def _reach(annotation: Annotation, ground: Ground) -> tuple[str, ...]:
    is_inside = all(0 <= x <= ground.columns and 0 <= y <= ground.rows for x, y in annotation.points)
    return () if is_inside else (_("Points lie outside the image"),)


def _with_values(found: Measured, path: Path, header: "InstanceHeader", stored: "StoredFrame") -> Measured:
    """Return a measurement with what the values of its region come to."""
    from viewer.measurement.kinds.region_pixels import region_pixels
    from viewer.measurement.roi_statistics import statistics_of

    kind, ground = found.kind, found.ground
    pixels = region_pixels(kind, found.annotation, ground)
    if pixels is None:
        return found
    statistics = statistics_of(ground, pixels)
    if isinstance(statistics, str):
        return replace(found, statistics=statistics)
    grounds, suv_refusal = _other_grounds(ground, path, header, stored, found.annotation)
    others = [statistics_of(other, pixels) for other in grounds]
    return replace(
        found,
        statistics=statistics,
        other_statistics=tuple(each for each in others if not isinstance(each, str)),
        suv_refusal=suv_refusal,
    )


def _other_grounds(
    ground: Ground, path: Path, header: "InstanceHeader", stored: "StoredFrame", annotation: Annotation
) -> tuple[list[Ground], str]:
    """Return the same ground in SUV and in real-world units; and why a PET image has no SUV."""
    from viewer.cli.suv import others_of_series
    from viewer.dicom.datasets import read_data_set
    from viewer.measurement.measuring_ground import in_real_world, in_suv
    from viewer.measurement.real_world_values import real_world_mappings
    from viewer.measurement.suv import SuvRefusal
    from viewer.measurement.suv_series import suv_of_series

    assert isinstance(annotation.anchor, ImageAnchor)  # noqa: S101 - made above
    mappings = real_world_mappings(read_data_set(header), annotation.anchor.frame_number)
    grounds = [in_real_world(ground, stored, mapping) for mapping in mappings]
    if header.modality != "PT":
        return grounds, ""
    suv = suv_of_series([header, *others_of_series(path, header)])
    if isinstance(suv, SuvRefusal):
        return grounds, suv.text
    return [*(in_suv(ground, factor) for factor in suv.factors.values()), *grounds], ""
