"""When the phases of a volume, or the images of a run, were taken: in seconds, as far as the data state it.

What is no course of time has no times, whatever clock it was taken by: b-values, echoes, inversion times.
"""

import datetime as dt
import math
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

from viewer.base.translation import N_
from viewer.dicom.dates_and_times import combined, parse_date_time
from viewer.dicom.instance_header import InstanceHeader
from viewer.imaging.image_ref import ImageRef
from viewer.workspace.image_facts import ATTRIBUTES
from viewer.workspace.nuclear_frames import vectors_of

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

    from viewer.dicom.functional_groups import FrameAttributes

_FRAME_TIME, _FRAME_TIME_VECTOR, _TRIGGER_TIME = 0x00181063, 0x00181065, 0x00181060
_FRAME_REFERENCE_TIME, _TEMPORAL_POSITION, _TEMPORAL_RESOLUTION = 0x00541300, 0x00200100, 0x00200110
_ZONE = 0x00080201
_PHASE_VECTOR, _TIME_SLICE_VECTOR, _TIME_SLOT_VECTOR = 0x00540030, 0x00540100, 0x00540070
_NO_COURSE = ("b_value", "echo", "inversion_time")
_NO_COURSE_OF_FRAMES = (0x00189087, 0x00189082, 0x00189079)
_MS, _MICROSECONDS = 1000.0, 1e6
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class PhaseTimes:
    """When phases were taken.

    Attributes:
        seconds: One for each phase, growing: since the first of them, or since what the source counts from.
        source: The attribute that states them, English, marked with N_().
        is_rate: Whether they are a course that is played as fast as it was, such as a heart beat.
    """

    seconds: tuple[float, ...]
    source: str
    is_rate: bool = False

    @property
    def intervals_s(self) -> tuple[float, ...]:
        """How long each phase lasts; the last one as long as the others on average."""
        stays = [later - earlier for earlier, later in pairwise(self.seconds)]
        return (*stays, sum(stays) / len(stays)) if stays else ()


@dataclass(frozen=True, slots=True)
class _Source:
    """One way to state times.

    Attributes:
        is_clock: Whether it is a moment of a clock, read in microseconds: then times count from the first phase.
    """

    name: str
    read: Callable[[ImageRef], float | None]
    is_rate: bool = False
    is_clock: bool = False


def phase_times(phases: Sequence[Sequence[ImageRef]]) -> PhaseTimes | None:
    """Return when phases were taken: each when the first of its images was; None where the data do not say.

    Reads files with sequences: called on a worker.

    Raises:
        ViewerError: If a file cannot be read.
    """
    if len(phases) < 2 or not all(phases):
        return None
    frames = _Frames()
    firsts = [images[0] for images in phases]
    if any(_differs(read, firsts) for read in (*_kinds_of_headers(), *_kinds_of_frames(frames))):
        return None
    for source in (*_HEADER_SOURCES, *_frame_sources(frames)):
        found = _times(source, phases)
        if found is not None:
            return found
    return None


def _times(source: _Source, phases: Sequence[Sequence[ImageRef]]) -> PhaseTimes | None:
    moments: list[float] = []
    for images in phases:
        read = [source.read(image) for image in images]
        known = [moment for moment in read if moment is not None and math.isfinite(moment)]
        if len(known) < len(read):
            return None
        moments.append(min(known))
        if len(moments) > 1 and moments[-1] <= moments[-2]:
            return None
    if source.is_clock:  # whole microseconds, whose differences are exact
        moments = [(moment - moments[0]) / _MICROSECONDS for moment in moments]
    return PhaseTimes(tuple(moments), source.name, source.is_rate)


def _differs(read: Callable[[ImageRef], Hashable], images: Iterable[ImageRef]) -> bool:
    return len({read(image) for image in images}) > 1


# What headers state


def _milliseconds(tag: int) -> Callable[[ImageRef], float | None]:
    def read(image: ImageRef) -> float | None:
        value = image.header.number(tag) if image.header.frame_count == 1 else None
        return None if value is None else value / _MS

    return read


def _of_frame_vector(image: ImageRef) -> float | None:
    increments = image.header.numbers(_FRAME_TIME_VECTOR)
    if image.header.frame_count < 2 or len(increments) != image.header.frame_count:
        return None
    return list(accumulate((0.0, *increments[1:])))[image.frame_index] / _MS  # the first increment is none


def _of_frame_time(image: ImageRef) -> float | None:
    value = image.header.number(_FRAME_TIME)
    return None if value is None or value <= 0 or image.header.frame_count < 2 else image.frame_index * value / _MS


def _of_temporal_resolution(image: ImageRef) -> float | None:
    place, step_ms = image.header.number(_TEMPORAL_POSITION), image.header.number(_TEMPORAL_RESOLUTION)
    return None if place is None or step_ms is None or step_ms <= 0 else (place - 1) * step_ms / _MS


def _of_acquisition(image: ImageRef) -> float | None:
    header = image.header
    if header.frame_count > 1:
        return None  # of all frames together
    zone = header.ascii(_ZONE)
    moment = parse_date_time(header.ascii(0x0008002A), zone) if header.ascii(0x0008002A) else None
    if moment is None and header.ascii(0x00080032):
        moment = combined(header.ascii(0x00080022) or header.ascii(0x00080020), header.ascii(0x00080032), zone)
    return _microseconds(moment)


def _microseconds(moment: dt.datetime | None) -> float | None:
    """Return a moment as microseconds; one without a zone is taken as it stands, whatever clock this computer has."""
    if moment is None:
        return None
    zoned = moment if moment.tzinfo is not None else moment.replace(tzinfo=dt.UTC)
    return float((zoned - _EPOCH) // dt.timedelta(microseconds=1))


_HEADER_SOURCES = (
    _Source(N_("Frame Reference Time"), _milliseconds(_FRAME_REFERENCE_TIME)),
    _Source(N_("Trigger Time"), _milliseconds(_TRIGGER_TIME), is_rate=True),
    _Source(N_("Frame Time Vector"), _of_frame_vector, is_rate=True),
    _Source(N_("Frame Time"), _of_frame_time, is_rate=True),
    _Source(N_("Temporal Resolution"), _of_temporal_resolution, is_rate=True),
    _Source(N_("Acquisition Time"), _of_acquisition, is_clock=True),
)


def _kinds_of_headers() -> Iterable[Callable[[ImageRef], Hashable]]:
    return [lambda image, read=ATTRIBUTES[name]: read(image.header) for name in _NO_COURSE]  # type: ignore[misc]  # bound early


# What the frames of an object state


class _Frames:
    """The functional groups and the nuclear medicine vectors of files, each read once."""

    def __init__(self) -> None:
        self._groups: dict[int, tuple[FrameAttributes, ...]] = {}
        self._nuclear: dict[int, tuple[float, ...]] = {}

    def attributes(self, image: ImageRef) -> "FrameAttributes | None":
        """Return what the functional groups say of a frame; None without any."""
        header = image.header
        if header.is_whole or image.is_tile:
            return None
        if id(header) not in self._groups:
            from viewer.dicom.datasets import read_data_set
            from viewer.dicom.functional_groups import FunctionalGroups

            groups = FunctionalGroups(read_data_set(header))
            self._groups[id(header)] = tuple(groups) if groups.is_present else ()
        frames = self._groups[id(header)]
        return frames[image.frame_index] if image.frame_index < len(frames) else None

    def number(self, tag: int, scale: float = 1.0) -> Callable[[ImageRef], float | None]:
        """Return what reads a number of frames."""

        def read(image: ImageRef) -> float | None:
            frame = self.attributes(image)
            value = None if frame is None else frame.number(tag)
            return None if value is None else value * scale

        return read

    def moment(self, tag: int) -> Callable[[ImageRef], float | None]:
        """Return what reads a moment of frames, in seconds."""

        def read(image: ImageRef) -> float | None:
            frame = self.attributes(image)
            moment = None if frame is None else parse_date_time(frame.text(tag), image.header.ascii(_ZONE))
            return _microseconds(moment)

        return read

    def of_nuclear(self, image: ImageRef) -> float | None:
        """Return when a frame of a dynamic or gated nuclear medicine study began."""
        header = image.header
        if header.modality != "NM" or header.frame_count < 2:
            return None
        if id(header) not in self._nuclear:
            from viewer.dicom.datasets import read_data_set

            self._nuclear[id(header)] = _nuclear_times(header, read_data_set(header))
        times = self._nuclear[id(header)]
        return times[image.frame_index] if image.frame_index < len(times) else None


def _kinds_of_frames(frames: _Frames) -> Iterable[Callable[[ImageRef], Hashable]]:
    return [frames.number(tag) for tag in _NO_COURSE_OF_FRAMES]


def _frame_sources(frames: _Frames) -> tuple[_Source, ...]:
    return (
        _Source(N_("Temporal Position Time Offset"), frames.number(0x0020930D), is_rate=True),
        _Source(N_("Nominal Cardiac Trigger Delay Time"), frames.number(0x00209153, 1 / _MS), is_rate=True),
        _Source(N_("Actual Cardiac Trigger Delay Time"), frames.number(0x00209252, 1 / _MS), is_rate=True),
        _Source(N_("Frame Reference DateTime"), frames.moment(0x00189151), is_clock=True),
        _Source(N_("Frame Acquisition DateTime"), frames.moment(0x00189074), is_clock=True),
        _Source(N_("Actual Frame Duration"), frames.of_nuclear),
    )


def _nuclear_times(header: InstanceHeader, data_set: "Dataset") -> tuple[float, ...]:
    """Return when each frame began, in the order of the file; none where that is not stated (C.8.4.14, C.8.4.11)."""
    vectors = vectors_of(header)
    if _TIME_SLICE_VECTOR in vectors:
        starts = _dynamic_starts(data_set)
        phases = vectors.get(_PHASE_VECTOR, (1,) * header.frame_count)
        wanted = list(zip(phases, vectors[_TIME_SLICE_VECTOR], strict=True))
        return tuple(starts[each] for each in wanted) if all(each in starts for each in wanted) else ()
    if _TIME_SLOT_VECTOR in vectors:
        step = _slot_time(data_set)
        return tuple((slot - 1) * step for slot in vectors[_TIME_SLOT_VECTOR]) if step else ()
    return ()


def _dynamic_starts(data_set: "Dataset") -> dict[tuple[int, int], float]:
    """Return when frames began by (phase, number in the phase): durations, pauses and delays in ms add up."""
    from viewer.dicom.data_elements import element_items, element_number

    starts: dict[tuple[int, int], float] = {}
    now = 0.0
    for number, item in enumerate(element_items(data_set, 0x00540032), start=1):
        count, duration = element_number(item, 0x00540033), element_number(item, 0x00181242)
        if count is None or duration is None or duration <= 0:
            return {}
        delay, pause = element_number(item, 0x00540036) or 0.0, element_number(item, 0x00540038) or 0.0
        now += delay if number > 1 else 0.0  # counted from the first frame
        for place in range(1, int(count) + 1):
            starts[number, place] = now / _MS
            now += duration + (pause if place < int(count) else 0.0)
    return starts


def _slot_time(data_set: "Dataset") -> float:
    """Return how long a slot of a heart beat is, in seconds; 0 where that is not stated."""
    from viewer.dicom.data_elements import element_items, element_number

    for gated in element_items(data_set, 0x00540062)[:1]:
        for data in element_items(gated, 0x00540063)[:1]:
            return (element_number(data, _FRAME_TIME) or 0.0) / _MS
    return 0.0
