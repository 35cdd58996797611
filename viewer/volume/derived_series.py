"""Planes and slabs through a volume as a new DICOM series: the same study, the same place in the patient.

The files stand in a folder that is there whole or not at all. They say what they were made from and how; nothing
private of the source is in them but what SUV is computed from.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from pydicom.dataset import Dataset

from viewer.base.errors import MediaError, VolumeError, system_reason
from viewer.base.jobs import Progress
from viewer.base.translation import _
from viewer.base.whole_output import folder_advice, whole_folder
from viewer.dicom import derived_attributes
from viewer.dicom.codes import Code
from viewer.dicom.derived_instance import (
    NewSeries,
    coded,
    decimal,
    derived_data_set,
    new_uid,
    series_number,
    source_data_set,
    write_object,
)
from viewer.dicom.image_plane import dot, subtract
from viewer.imaging.frame_state import FrameState
from viewer.imaging.modality_lut import STORED_VALUES
from viewer.imaging.voi_lut import VoiFunction, VoiOption, VoiOrigin, Window
from viewer.volume.derived_classes import DerivedClass, derived_class, take_class
from viewer.volume.derived_pixels import DerivedPixels, derived_pixels
from viewer.volume.derived_sources import SourceFrames, lossy_image, speaking_image
from viewer.volume.reslice import resliced
from viewer.volume.reslice_plane import Projection, ReslicePlane
from viewer.volume.series_volume import SeriesVolume

MOST_IMAGES = 10_000

_REFORMATTING = Code("113072", "DCM", "Multiplanar reformatting")
_CODES: dict[Projection, Code] = {
    Projection.MAXIMUM: Code("113078", "DCM", "Maximum intensity projection"),
    Projection.MINIMUM: Code("113079", "DCM", "Minimum intensity projection"),
}
_EVEN = 1e-3
"""In mm: planes nearer than this to equal distances are equally far apart."""
_DIGITS = 9
_LONGEST_EXPLANATION = 64


def write_derived_series(
    volume: SeriesVolume,
    planes: Sequence[ReslicePlane],
    folder: Path,
    *,
    description: str,
    window: Window | None = None,
    number: int | None = None,
    progress: Progress | None = None,
) -> list[Path]:
    """Write planes or slabs as the images of a new series.

    Args:
        volume: What is cut.
        planes: One image each, in the order of their Instance Numbers.
        folder: Made; may be there when it is empty.
        description: Of the series, in any script.
        window: What the images are shown with first; None for the windows of the volume's images alone.
        number: Of the series; None for one behind the source's.
        progress: Gets counts; cancelling it leaves nothing behind.

    Returns:
        The files, in the order of planes.

    Raises:
        VolumeError: If the volume is not all there or must not be measured, or there is nothing to write.
        MediaError: If the folder is not empty or cannot be written.
        ViewerError: If a source cannot be read.
        Cancelled: If progress was cancelled.
    """
    progress = progress or Progress()
    series = _prepared(volume, planes, description, window, number)
    names = [f"IM{index:06d}.dcm" for index in range(1, len(planes) + 1)]
    try:
        with whole_folder(folder) as part:
            for index, (name, plane) in enumerate(zip(names, planes, strict=True)):
                progress.report(index, len(planes), _("{done} of {total} images").format(done=index, total=len(planes)))
                with (part / name).open("xb") as stream:
                    write_object(series.image(plane, index + 1), stream, series.sources.of_plane(plane))
            progress.report(len(planes), len(planes))
    except OSError as error:
        raise MediaError(system_reason(error), subject=str(folder), advice=folder_advice(error)) from error
    return [folder / name for name in names]


def _prepared(
    volume: SeriesVolume, planes: Sequence[ReslicePlane], description: str, window: Window | None, number: int | None
) -> "_Series":
    if not planes or len(planes) > MOST_IMAGES:
        raise VolumeError(_("A series has from 1 to {0} images, not {1}").format(MOST_IMAGES, len(planes)))
    if volume.condition.refusal:
        raise VolumeError(volume.condition.refusal)
    if not volume.is_complete:
        raise VolumeError(_("The volume is still loading"), advice=_("Try again when all of it is there"))
    if not volume.images or not volume.images[0]:
        raise VolumeError(_("It is not known which images the volume was made of"))
    if not any(_meets(volume, plane) for plane in planes):
        raise VolumeError(_("The plane does not meet the volume"))
    images = [image for phase in volume.images for image in phase]
    cut = sorted({min(plane.phase, len(volume.images) - 1) for plane in planes})
    # Echo, trigger and other times are those of the phase that is cut; SUV counts from the first image of all.
    of_phases = [image for phase in cut for image in volume.images[phase]]
    speaking = speaking_image(images if images[0].header.modality == "PT" else of_phases)
    source = source_data_set(speaking.header, speaking.frame_index)
    lossy = lossy_image(images)
    if lossy is not None and lossy is not speaking:
        said = source_data_set(lossy.header, lossy.frame_index)
        for keyword in ("LossyImageCompression", "LossyImageCompressionRatio", "LossyImageCompressionMethod"):
            if keyword in said:
                source[keyword] = said[keyword]
    shared = NewSeries(description, series_number(source) if number is None else number)
    return _Series(
        volume=volume,
        source=source,
        target=derived_class(source, is_sum=any(map(_is_sum, planes))),
        shared=shared,
        count=len(planes),
        spacing_mm=_spacing(planes),
        frame_of_reference_uid=volume.geometry.frame_of_reference_uid or new_uid(),
        windows=_windows(volume.state, window),
        sources=SourceFrames(volume),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Series:
    """What the images of one new series share."""

    volume: SeriesVolume
    source: Dataset
    target: DerivedClass
    shared: NewSeries
    count: int
    spacing_mm: float | None
    frame_of_reference_uid: str
    windows: tuple[VoiOption, ...]
    sources: SourceFrames

    def image(self, plane: ReslicePlane, number: int) -> Dataset:
        """Return one image."""
        made = derived_data_set(
            self.source,
            self.shared,
            self.target.sop_class_uid,
            derived_attributes.IMAGE,
            ("PositionReferenceIndicator",),
        )
        made.InstanceNumber = str(number)
        take_class(made, self.source, self.target, self.count)
        made.ImageType = self.target.image_type(_kind(plane))
        made.BurnedInAnnotation = "YES" if str(self.source.get("BurnedInAnnotation") or "") == "YES" else "NO"
        made.DerivationDescription = _told(plane, self.volume)
        codes = [_REFORMATTING]
        if plane.thickness_mm > 0 and plane.projection in _CODES:
            codes.append(_CODES[plane.projection])
        made.DerivationCodeSequence = coded(codes)
        self._place(made, plane)
        cut = resliced(self.volume, plane)
        self._draw(made, derived_pixels(cut, self.volume, plane, is_through_zero=self.target.is_through_zero))
        if _is_sum(plane):  # of HU or Bq/ml is neither: nobody may take it for one, or make SUV of it
            made.RescaleType = "US"
            made.pop("Units", None)
        return made

    def _place(self, made: Dataset, plane: ReslicePlane) -> None:
        grid = plane.plane
        made.FrameOfReferenceUID = self.frame_of_reference_uid
        if "PositionReferenceIndicator" not in made:
            made.PositionReferenceIndicator = ""
        made.ImagePositionPatient = [decimal(part) for part in grid.position]
        made.ImageOrientationPatient = [decimal(part) for part in (*grid.row_direction, *grid.column_direction)]
        made.PixelSpacing = [decimal(grid.row_spacing_mm), decimal(grid.column_spacing_mm)]
        made.SliceThickness = decimal(plane.thickness_mm or self._voxel_depth(plane))
        made.SliceLocation = decimal(grid.distance_along_normal)
        if self.spacing_mm is not None:
            made.SpacingBetweenSlices = decimal(self.spacing_mm)

    def _voxel_depth(self, plane: ReslicePlane) -> float:
        """Return how far a voxel reaches along the normal of a plane: what the plane stands for."""
        geometry = self.volume.geometry
        return sum(
            abs(dot(plane.plane.normal, axis)) * spacing
            for axis, spacing in zip(geometry.axes, geometry.spacing_mm, strict=True)
        )

    def _draw(self, made: Dataset, pixels: DerivedPixels) -> None:
        made.SamplesPerPixel = 1
        made.PhotometricInterpretation = self.volume.state.pixels.photometric_interpretation
        made.Rows, made.Columns = pixels.values.shape
        made.BitsAllocated, made.BitsStored, made.HighBit = 16, 16, 15
        made.PixelRepresentation = 1 if pixels.values.dtype.kind == "i" else 0
        if pixels.padding is not None:
            made.PixelPaddingValue = pixels.padding
        if self.target.has_rescale or not pixels.rescale.is_identity:
            made.RescaleIntercept = decimal(pixels.rescale.intercept)
            made.RescaleSlope = decimal(pixels.rescale.slope)
            if not self.target.has_rescale and "RescaleType" not in made:
                unit = pixels.rescale.unit
                made.RescaleType = unit if unit not in {"", STORED_VALUES} else "US"
        elif "RescaleType" in made:
            del made.RescaleType
        if pixels.rescale is not self.volume.rescale:
            made.pop("RealWorldValueMappingSequence", None)  # it counts from the source's stored values
        self._add_windows(made)
        made.PixelData = pixels.values.astype(pixels.values.dtype.newbyteorder("<"), copy=False).tobytes()
        made["PixelData"].VR = "OW"

    def _add_windows(self, made: Dataset) -> None:
        windows = [option.voi for option in self.windows if isinstance(option.voi, Window)]
        if not windows:
            return
        made.WindowCenter = [decimal(window.center) for window in windows]
        made.WindowWidth = [decimal(window.width) for window in windows]
        if windows[0].function is not VoiFunction.LINEAR:
            made.VOILUTFunction = windows[0].function.value
        explanations = [option.explanation.replace("\\", "/")[:_LONGEST_EXPLANATION] for option in self.windows]
        if all(explanations) and all(each.isascii() for each in explanations):
            made.WindowCenterWidthExplanation = explanations


def _is_sum(plane: ReslicePlane) -> bool:
    return plane.thickness_mm > 0 and plane.projection is Projection.SUM


def _meets(volume: SeriesVolume, plane: ReslicePlane) -> bool:
    """Return whether there is anything of a volume on a plane."""
    keep = resliced(volume, plane).keep
    return keep is None or bool(keep.any())


def _kind(plane: ReslicePlane) -> str:
    """Return what was made, for Image Type (C.8.3.1.1.1)."""
    is_projection = plane.thickness_mm > 0 and plane.projection is not Projection.MEAN
    return "PROJECTION IMAGE" if is_projection else "MPR"


_PROJECTION_WORDS = {
    Projection.MEAN: "mean",
    Projection.MAXIMUM: "maximum",
    Projection.MINIMUM: "minimum",
    Projection.SUM: "sum",
}


def _told(plane: ReslicePlane, volume: SeriesVolume) -> str:
    """Return how an image was made, for whoever reads it anywhere."""
    parts = [f"Reformatted, {plane.interpolation.value} interpolation"]
    if plane.thickness_mm > 0:
        parts.append(f"{_PROJECTION_WORDS[plane.projection]} of {plane.thickness_mm:g} mm")
    condition = volume.condition
    phases = len(volume.phases)
    facts = (
        (phases > 1, f"phase {min(plane.phase + 1, phases)} of {phases}"),
        (condition.is_tilted, "tilted stack sheared upright"),
        (condition.is_irregular, "irregular spacing resampled"),
        (bool(condition.gaps), "missing slices interpolated"),
        (bool(condition.missing_slices), "unreadable slices left empty"),
        (condition.is_reduced, "thinned out to fit into memory"),
        (condition.is_sampled, "made from projections"),
    )
    return "; ".join([", ".join(parts), *(words for holds, words in facts if holds)])


def _spacing(planes: Sequence[ReslicePlane]) -> float | None:
    """Return how far apart planes are; None where they are not parallel or not equally far apart."""
    first = planes[0].plane
    if len(planes) < 2 or not all(plane.plane.is_parallel_to(first) for plane in planes):
        return None
    steps = [
        dot(subtract(after.plane.position, before.plane.position), first.normal) for before, after in pairwise(planes)
    ]
    if max(steps) - min(steps) > _EVEN or abs(steps[0]) < _EVEN:
        return None
    return round(abs(sum(steps) / len(steps)), _DIGITS)


def _windows(state: FrameState, window: Window | None) -> tuple[VoiOption, ...]:
    """Return the windows to write: the reader's first, then those the images state; of one function all."""
    stated = [option for option in state.voi_options if option.origin is VoiOrigin.IMAGE]
    given = [] if window is None else [VoiOption(window, "Saved", VoiOrigin.USER)]
    windows = [option for option in (*given, *stated) if isinstance(option.voi, Window)]
    functions = [option.voi.function for option in windows if isinstance(option.voi, Window)]
    return tuple(option for option, function in zip(windows, functions, strict=True) if function is functions[0])
