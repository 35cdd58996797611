"""Laying a prior over a current volume: the rigid movement that brings one onto the other (SimpleITK).

Mutual information (Mattes, 50 bins) over three resolutions, the same samples every time: the same volumes give the same
answer. Nothing is resampled and nothing put into force here; whoever asks shows the answer and is asked back.
"""

import importlib.util
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer.base.errors import Cancelled, VolumeError
from viewer.base.jobs import Progress
from viewer.base.translation import _
from viewer.dicom.frame_transform import FrameTransform
from viewer.dicom.image_plane import Vector
from viewer.volume.chequered_picture import chequered
from viewer.volume.series_volume import SeriesVolume

METRIC = "Mattes mutual information"
_WORKING_MM = 1.5
"""Voxels are averaged to about this: finer ones tell a rigid movement nothing more."""
_MOST_VOXELS = 1 << 24
_BINS = 50
_LEVELS = ((4, 3.0), (2, 1.5), (1, 0.0))
"""Shrinking and smoothing in mm of each resolution, the coarsest first."""
_SAMPLES = 150_000
"""Voxels that are compared at each step: more make it slower and no better."""
_ITERATIONS = 200
_FIRST_STEP_MM, _LAST_STEP_MM = 2.0, 0.001
_LEVER = 0.16
"""A turn counts as the movement at this share of the half diagonal: turns then settle as fast as shifts do."""
_LEAST_OVERLAP, _LARGEST_TURN_DEG = 0.25, 45.0
_SEED = 20
_CLIP = (0.1, 99.9)
"""Percentiles beyond which values count as the same: metal and the rim of the field of view would fill most bins."""
_CLIP_SAMPLES = 200_000


@dataclass(frozen=True, slots=True, eq=False)
class RegistrationResult:
    """What a registration found.

    Attributes:
        transform: From the moving volume's frame to the fixed one's.
        metric_before: Mutual information where both lay by their own coordinates; None where they did not overlap.
        metric_after: With the movement; higher is better.
        overlap: Which part of the smaller volume lies in the other, 0 to 1, with the movement.
        center: The middle of the moving volume, in its own frame: shifts are told there.
        iterations: Steps that were taken.
        pictures: Both volumes by turns in a chequered middle slice, before and after: shape (height, width) each.
    """

    transform: FrameTransform
    metric_before: float | None
    metric_after: float
    overlap: float
    center: Vector
    iterations: int = 0
    pictures: tuple[NDArray[np.uint8], ...] = ()

    @property
    def moved_mm(self) -> float:
        """How far the middle of the moving volume was moved."""
        return self.transform.shift_at(self.center)

    @property
    def turned_deg(self) -> float:
        """By how much it was turned."""
        return self.transform.angle_deg

    @property
    def is_doubtful(self) -> bool:
        """Whether little overlaps, it is turned far, or the movement is no better than none."""
        is_no_better = self.metric_before is not None and self.metric_after <= self.metric_before
        is_far = self.overlap < _LEAST_OVERLAP or self.turned_deg > _LARGEST_TURN_DEG
        return is_far or (is_no_better and not self.transform.is_identity)


def is_available() -> bool:
    """Return whether what registers volumes is installed."""
    return importlib.util.find_spec("SimpleITK") is not None


def why_unavailable() -> str:
    """Return that what registers volumes is not installed and how to get it, translated; empty where it is."""
    if is_available():
        return ""
    return _("Registration needs SimpleITK, which is not installed: pip install 'negatoscope[registration]'")


def refusal(fixed: SeriesVolume, moving: SeriesVolume) -> str:
    """Return why one volume cannot be laid over another, translated; empty where it can."""
    frames = fixed.geometry.frame_of_reference_uid, moving.geometry.frame_of_reference_uid
    if not is_available():
        return why_unavailable()
    if not frames[0] or not frames[1]:
        return _("A series does not name its patient space (Frame of Reference UID): nothing could be laid over it")
    if frames[0] == frames[1]:
        return _("Both series lie in one patient space: there is nothing to register")
    if not fixed.is_complete or not moving.is_complete:
        return _("The volumes are still being loaded")
    if min(*fixed.geometry.dimensions, *moving.geometry.dimensions) < 4:
        return _("A volume of fewer than 4 slices, rows or columns cannot be registered")
    return ""


@dataclass(frozen=True, slots=True, eq=False)
class RegisterVolumes:
    """Find the rigid movement that brings the moving volume onto the fixed one.

    Attributes:
        phase_fixed: Of a volume with several, from 0.
        phase_moving: Likewise.
    """

    fixed: SeriesVolume
    moving: SeriesVolume
    phase_fixed: int = 0
    phase_moving: int = 0

    def run(self, progress: Progress) -> RegistrationResult:
        """Return what was found; takes seconds to a minute.

        Raises:
            VolumeError: If the volumes cannot be registered.
            Cancelled: If the progress was cancelled.
        """
        problem = refusal(self.fixed, self.moving)
        if problem:
            raise VolumeError(problem)
        fixed = _working_image(self.fixed, self.phase_fixed, progress)
        moving = _working_image(self.moving, self.phase_moving, progress)
        return _registered(fixed, moving, self.moving.geometry.center_mm, progress)


def _working_image(volume: SeriesVolume, phase: int, progress: Progress) -> Any:  # noqa: ANN401 - an image of SimpleITK
    """Return a volume as SimpleITK has it, averaged to the working resolution and clipped, in its place."""
    import SimpleITK as sitk  # noqa: N813 - as its own documentation has it

    geometry = volume.geometry
    factors = _factors(geometry.spacing_mm, geometry.dimensions)
    values = _averaged(volume, phase, factors, progress)
    image = sitk.GetImageFromArray(values)
    image.SetSpacing([spacing * factor for spacing, factor in zip(geometry.spacing_mm, factors, strict=True)])
    i, j, k = ((factor - 1) / 2 for factor in factors)
    image.SetOrigin(geometry.point_patient(i, j, k))
    image.SetDirection(geometry.direction.ravel().tolist())
    return image


def _factors(spacing_mm: Vector, dimensions: tuple[int, int, int]) -> tuple[int, int, int]:
    """Return by how much columns, rows and slices are averaged."""
    wanted = _WORKING_MM
    while True:
        found = [max(1, round(wanted / spacing)) for spacing in spacing_mm]
        i, j, k = (min(factor, count // 4) or 1 for factor, count in zip(found, dimensions, strict=True))
        if math.prod(dimensions) / (i * j * k) <= _MOST_VOXELS:
            return i, j, k
        wanted *= 1.25


def _averaged(volume: SeriesVolume, phase: int, factors: tuple[int, int, int], progress: Progress) -> NDArray[Any]:
    """Return means of blocks of voxels in modality units; padding counts as the lowest value."""
    array, (across, down, deep) = volume.array(phase), factors
    slices, rows, columns = (size // factor for size, factor in zip(array.shape, (deep, down, across), strict=True))
    low, high = _clip_range(volume, array)
    means = np.empty((slices, rows, columns), np.float32)
    for index in range(slices):
        progress.check()
        block = array[index * deep : (index + 1) * deep, : rows * down, : columns * across]
        values = np.clip(block, low, high).astype(np.float32)
        if volume.padding is not None:
            mask = volume.padding.mask(block)
            if mask is not None:
                values[mask] = low
        means[index] = values.reshape(deep, rows, down, columns, across).mean(axis=(0, 2, 4))
    slope, intercept = volume.rescale.slope, volume.rescale.intercept
    return means if volume.rescale.is_identity else means * np.float32(slope) + np.float32(intercept)


def _clip_range(volume: SeriesVolume, array: NDArray[Any]) -> tuple[float, float]:
    step = max(1, round((array.size / _CLIP_SAMPLES) ** (1 / 3)))
    sample = array[::step, ::step, ::step]
    mask = volume.padding.mask(sample) if volume.padding is not None else None
    values = sample[~mask] if mask is not None else sample.ravel()
    low, high = np.percentile(values, _CLIP) if values.size else (0.0, 1.0)
    return float(low), float(high)


def _registered(fixed: Any, moving: Any, center: Vector, progress: Progress) -> RegistrationResult:  # noqa: ANN401 - images of SimpleITK
    import SimpleITK as sitk  # noqa: N813 - as its own documentation has it

    method = _method(
        sitk, math.prod(fixed.GetSize()), _LEVER * math.hypot(*np.multiply(fixed.GetSize(), fixed.GetSpacing())) / 2
    )
    start, before = _start(sitk, method, fixed, moving)
    method.SetInitialTransform(start, inPlace=False)
    taken = 0

    def step() -> None:
        nonlocal taken
        taken += 1
        done = method.GetCurrentLevel() * _ITERATIONS + method.GetOptimizerIteration()
        try:
            progress.report(min(done, len(_LEVELS) * _ITERATIONS - 1), len(_LEVELS) * _ITERATIONS)
        except Cancelled:  # told after Execute, which no exception may cross
            method.StopRegistration()

    method.AddCommand(sitk.sitkIterationEvent, step)
    try:
        found = method.Execute(fixed, moving)
    except RuntimeError as error:
        progress.check()
        raise VolumeError(
            _("The volumes could not be registered: they have too little in common"),
            advice=_("Choose series of the same part of the body, or link them by hand"),
        ) from error
    progress.check()
    transform = _frame_transform(found).inverse  # SimpleITK's goes from the fixed to the moving frame
    overlap = _overlap(fixed, moving, transform)
    pictures = tuple(chequered(fixed, moving, each) for each in (sitk.Transform(3, sitk.sitkIdentity), found))
    return RegistrationResult(transform, before, -float(method.GetMetricValue()), overlap, center, taken, pictures)


def _method(sitk: Any, voxels: int, lever_mm: float) -> Any:  # noqa: ANN401 - SimpleITK has no annotations
    method = sitk.ImageRegistrationMethod()
    method.SetMetricAsMattesMutualInformation(numberOfHistogramBins=_BINS)
    method.SetMetricSamplingStrategy(method.REGULAR)
    shares = [min(1.0, _SAMPLES * factor**3 / voxels) for factor, _sigma in _LEVELS]
    method.SetMetricSamplingPercentagePerLevel(shares, _SEED)
    method.SetInterpolator(sitk.sitkLinear)
    method.SetOptimizerAsRegularStepGradientDescent(
        learningRate=_FIRST_STEP_MM,
        minStep=_LAST_STEP_MM,
        numberOfIterations=_ITERATIONS,
        gradientMagnitudeTolerance=1e-9,
    )
    method.SetOptimizerScales([lever_mm**2] * 3 + [1.0] * 3)
    method.SetShrinkFactorsPerLevel([factor for factor, _sigma in _LEVELS])
    method.SetSmoothingSigmasPerLevel([sigma for _factor, sigma in _LEVELS])
    method.SmoothingSigmasAreSpecifiedInPhysicalUnitsOn()
    return method


def _start(sitk: Any, method: Any, fixed: Any, moving: Any) -> tuple[Any, float | None]:  # noqa: ANN401 - of SimpleITK
    """Return the best of three beginnings, and the metric without any movement.

    They are: each by its own coordinates, middle on middle, and centre of mass on centre of mass.
    """
    middle = fixed.TransformContinuousIndexToPhysicalPoint([(size - 1) / 2 for size in fixed.GetSize()])
    candidates = [sitk.Euler3DTransform()]
    candidates[0].SetCenter(middle)
    shift_lowest: Callable[[Any], Any] = lambda image: sitk.Cast(image - _lowest(sitk, image), sitk.sitkFloat32)  # noqa: E731 - of two images
    filters = sitk.CenteredTransformInitializerFilter
    for mode, images in (
        (filters.GEOMETRY, (fixed, moving)),
        (filters.MOMENTS, (shift_lowest(fixed), shift_lowest(moving))),
    ):
        candidates.append(
            sitk.Euler3DTransform(sitk.CenteredTransformInitializer(*images, sitk.Euler3DTransform(), mode))
        )
    scores = [_metric(method, fixed, moving, candidate) for candidate in candidates]
    known = [(score, place) for place, score in enumerate(scores) if score is not None]
    if not known:
        raise VolumeError(_("The volumes could not be registered: they have too little in common"))
    return candidates[max(known, key=lambda pair: (pair[0], -pair[1]))[1]], scores[0]


def _lowest(sitk: Any, image: Any) -> float:  # noqa: ANN401 - SimpleITK has no annotations
    """Return the lowest value: air weighs nothing when centres of mass are sought."""
    filter_ = sitk.MinimumMaximumImageFilter()
    filter_.Execute(image)
    return float(filter_.GetMinimum())


def _metric(method: Any, fixed: Any, moving: Any, transform: Any) -> float | None:  # noqa: ANN401 - of SimpleITK
    """Return the mutual information under a transform; None where the volumes hardly overlap."""
    method.SetInitialTransform(transform)
    try:
        return -float(method.MetricEvaluate(fixed, moving))
    except RuntimeError:
        return None


def _frame_transform(found: Any) -> FrameTransform:  # noqa: ANN401 - a transform of SimpleITK
    """Return any linear transform of SimpleITK as a matrix, by where it takes four points."""
    origin = np.array(found.TransformPoint((0.0, 0.0, 0.0)))
    matrix = np.eye(4)
    matrix[:3, 3] = origin
    for axis in range(3):
        unit = [0.0, 0.0, 0.0]
        unit[axis] = 1.0
        matrix[:3, axis] = np.array(found.TransformPoint(unit)) - origin
    return FrameTransform.of(matrix)


def _overlap(fixed: Any, moving: Any, transform: FrameTransform) -> float:  # noqa: ANN401 - images of SimpleITK
    """Return which part of the smaller volume lies in the other, by a grid of points of it."""
    volumes = {
        name: math.prod(np.multiply(image.GetSize(), image.GetSpacing()))
        for name, image in (("fixed", fixed), ("moving", moving))
    }
    is_moving_smaller = volumes["moving"] <= volumes["fixed"]
    inner, outer = (moving, fixed) if is_moving_smaller else (fixed, moving)
    way = transform if is_moving_smaller else transform.inverse
    steps = [np.linspace(0, size - 1, 12) for size in inner.GetSize()]
    grid = np.stack(np.meshgrid(*steps, indexing="ij"), axis=-1).reshape(-1, 3)
    points = grid * inner.GetSpacing() @ np.array(inner.GetDirection()).reshape(3, 3).T + inner.GetOrigin()
    moved = points @ way.array[:3, :3].T + way.array[:3, 3]
    there = (moved - outer.GetOrigin()) @ np.array(outer.GetDirection()).reshape(3, 3) / outer.GetSpacing()
    is_inside = np.all((there >= -0.5) & (there <= np.array(outer.GetSize()) - 0.5), axis=1)
    return float(is_inside.mean())
