"""Looking for the rigid movement between two images: one way, the other way round, and the better of them made finer.

The moving image is laid onto the fixed one, and, on the coarse resolutions, the fixed one onto the moving one: where
the two do not meet, neither is to be trusted (registration_judgement).
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from viewer.base.errors import Cancelled, VolumeError
from viewer.base.jobs import Progress
from viewer.base.translation import _
from viewer.dicom.frame_transform import IDENTITY, FrameTransform

_BINS = 50
_COARSE = ((4, 3.0), (2, 1.5))
"""Shrinking and smoothing in mm of each resolution, the coarsest first."""
_FINE = ((1, 0.0),)
_JUDGED = ((2, 1.5),)
"""The resolution at which what was found is compared."""
_SAMPLES = 150_000
"""Voxels that are compared at each step: more make it slower and no better."""
_ITERATIONS = 200
_FIRST_STEP_MM, _SMALL_STEP_MM, _LAST_STEP_MM = 2.0, 0.25, 0.001
"""At first, where it lies nearly right already, and at last."""
_LEVER = 0.16
"""A turn counts as the movement at this share of the half diagonal: turns then settle as fast as shifts do."""
_SEED = 20
_LEAST_PEAK = 0.5
"""A way whose agreement is this part of the other's at most has lost itself: it says nothing against the other."""
_STEPS = (2 * len(_COARSE) + len(_FINE)) * _ITERATIONS

Image: TypeAlias = Any
"""An image of SimpleITK, which has no annotations."""
Resolutions: TypeAlias = Sequence[tuple[int, float]]


@dataclass(frozen=True, slots=True)
class Found:
    """What was looked for and found.

    Attributes:
        transform: From points of the moving image to those of the fixed one.
        other_way: What laying the fixed image onto the moving one gave, turned round; None where it gave nothing.
        metric_before: Mutual information where both lay by their own coordinates; None where they did not overlap.
        metric_after: With the movement; higher is better.
        iterations: Steps that were taken.
    """

    transform: FrameTransform
    other_way: FrameTransform | None
    metric_before: float | None
    metric_after: float
    iterations: int


class Search:
    """One search between two images.

    Args:
        fixed: Of SimpleITK, as registration_images makes it.
        moving: Likewise.
        progress: Told of every step, and asked whether to go on.
    """

    def __init__(self, fixed: Image, moving: Image, progress: Progress) -> None:
        self._fixed, self._moving, self._progress = fixed, moving, progress
        self._taken = self._behind = 0

    def run(self) -> Found:
        """Return what was found.

        Raises:
            VolumeError: If the images have too little in common.
            Cancelled: If the progress was cancelled.
        """
        start, before = self._start()
        one_way = self._laid(self._fixed, self._moving, start, _COARSE)
        back = self._laid(self._moving, self._fixed, start.inverse, _COARSE)
        other_way = back.inverse if back is not None else None
        best = max((each for each in (one_way, other_way, start, IDENTITY) if each is not None), key=self._agreement)
        fine = self._laid(self._fixed, self._moving, best, _FINE, _SMALL_STEP_MM)
        if fine is not None:
            fine = max(fine, best, key=self._agreement)
        after = self._metric(fine, _FINE) if fine is not None else None
        if (one_way is None and back is None) or fine is None or after is None:
            raise VolumeError(
                _("The volumes could not be registered: they have too little in common"),
                advice=_("Choose series of the same part of the body, or link them by hand"),
            )
        # What was made finer is held against the way that it did not come from.
        held = self._held(fine, one_way if best is other_way else other_way)
        return Found(fine.inverse, held.inverse if held is not None else None, before, after, self._taken)

    def _held(self, fine: FrameTransform, other: FrameTransform | None) -> FrameTransform | None:
        """Return the other way; where that lost itself far below what was found, whether it stays there does count."""
        if other is None or self._agreement(other) > _LEAST_PEAK * self._agreement(fine):
            return other
        back = self._laid(self._moving, self._fixed, fine.inverse, _JUDGED, _SMALL_STEP_MM)
        return back.inverse if back is not None else None

    def _start(self) -> tuple[FrameTransform, float | None]:
        """Return the best of three beginnings, from fixed to moving, and the metric without any movement.

        They are: each by its own coordinates, middle on middle, and centre of mass on centre of mass.
        """
        import SimpleITK as sitk  # noqa: N813 - as its own documentation has it

        weights = tuple(sitk.Cast(each - _lowest(sitk, each), sitk.sitkFloat32) for each in (self._fixed, self._moving))
        filters, candidates = sitk.CenteredTransformInitializerFilter, [IDENTITY]
        for mode, images in ((filters.GEOMETRY, (self._fixed, self._moving)), (filters.MOMENTS, weights)):
            made = sitk.CenteredTransformInitializer(*images, sitk.Euler3DTransform(), mode)
            candidates.append(frame_transform(made))
        scores = [self._agreement(each) for each in candidates]
        if max(scores) < 0:
            raise VolumeError(_("The volumes could not be registered: they have too little in common"))
        return candidates[scores.index(max(scores))], self._metric(IDENTITY, _FINE)

    def _agreement(self, transform: FrameTransform) -> float:
        """Return the mutual information of both ways, so that neither image is favoured; below 0 for none.

        It counts as much as the images overlap: over a small part of them it comes out too high.
        """
        one_way = self._metric(transform, _JUDGED)
        other_way = _metric(self._moving, self._fixed, transform.inverse, _JUDGED)
        if one_way is None or other_way is None:
            return -1.0
        return (one_way + other_way) * common_points(self._fixed, self._moving, transform.inverse)[1]

    def _metric(self, transform: FrameTransform, resolutions: Resolutions) -> float | None:
        return _metric(self._fixed, self._moving, transform, resolutions)

    def _laid(
        self,
        fixed: Image,
        moving: Image,
        start: FrameTransform,
        resolutions: Resolutions,
        first_step_mm: float = _FIRST_STEP_MM,
    ) -> FrameTransform | None:
        """Return where an image comes to lie from a beginning, from fixed to moving; None where it comes to nothing."""
        import SimpleITK as sitk  # noqa: N813 - as its own documentation has it

        method = _method(sitk, fixed, resolutions, first_step_mm)
        method.SetInitialTransform(_euler(sitk, fixed, start), inPlace=False)
        method.AddCommand(sitk.sitkIterationEvent, self._step(method))
        try:
            found = method.Execute(fixed, moving)
        except RuntimeError:
            self._progress.check()
            return None
        finally:
            self._behind += len(resolutions) * _ITERATIONS
        self._progress.check()
        return frame_transform(found)

    def _step(self, method: Any) -> Callable[[], None]:  # noqa: ANN401 - of SimpleITK
        def step() -> None:
            self._taken += 1
            done = self._behind + method.GetCurrentLevel() * _ITERATIONS + method.GetOptimizerIteration()
            try:
                self._progress.report(min(done, _STEPS - 1), _STEPS)
            except Cancelled:  # told after Execute, which no exception may cross
                method.StopRegistration()

        return step


def frame_transform(found: Any) -> FrameTransform:  # noqa: ANN401 - a transform of SimpleITK
    """Return any linear transform of SimpleITK as a matrix, by where it takes four points."""
    origin = np.array(found.TransformPoint((0.0, 0.0, 0.0)))
    matrix = np.eye(4)
    matrix[:3, 3] = origin
    for axis in range(3):
        unit = [0.0, 0.0, 0.0]
        unit[axis] = 1.0
        matrix[:3, axis] = np.array(found.TransformPoint(unit)) - origin
    return FrameTransform.of(matrix)


def common_points(fixed: Image, moving: Image, transform: FrameTransform) -> tuple[NDArray[np.float64], float]:
    """Return a grid of points of the smaller image, in the frame of moving, that lie in both, and their share of it."""
    is_moving_smaller = _volume(moving) <= _volume(fixed)
    inner, outer = (moving, fixed) if is_moving_smaller else (fixed, moving)
    way = transform if is_moving_smaller else transform.inverse
    steps = [np.linspace(0, size - 1, 12) for size in inner.GetSize()]
    grid = np.stack(np.meshgrid(*steps, indexing="ij"), axis=-1).reshape(-1, 3)
    points = grid * inner.GetSpacing() @ np.array(inner.GetDirection()).reshape(3, 3).T + inner.GetOrigin()
    moved = points @ way.array[:3, :3].T + way.array[:3, 3]
    there = (moved - outer.GetOrigin()) @ np.array(outer.GetDirection()).reshape(3, 3) / outer.GetSpacing()
    is_inside = np.all((there >= -0.5) & (there <= np.array(outer.GetSize()) - 0.5), axis=1)
    return (points if is_moving_smaller else moved)[is_inside], float(is_inside.mean())


def _volume(image: Image) -> float:
    return float(math.prod(np.multiply(image.GetSize(), image.GetSpacing())))


def _metric(fixed: Image, moving: Image, transform: FrameTransform, resolutions: Resolutions) -> float | None:
    """Return the mutual information under a transform; None where the volumes hardly overlap."""
    import SimpleITK as sitk  # noqa: N813 - as its own documentation has it

    method = _method(sitk, fixed, resolutions)
    method.SetInitialTransform(_euler(sitk, fixed, transform))
    try:
        return -float(method.MetricEvaluate(fixed, moving))
    except RuntimeError:
        return None


def _method(sitk: Any, fixed: Image, resolutions: Resolutions, first_step_mm: float = _FIRST_STEP_MM) -> Any:  # noqa: ANN401 - of SimpleITK
    size = fixed.GetSize()
    lever_mm = _LEVER * math.hypot(*np.multiply(size, fixed.GetSpacing())) / 2
    method = sitk.ImageRegistrationMethod()
    method.SetMetricAsMattesMutualInformation(numberOfHistogramBins=_BINS)
    method.SetMetricSamplingStrategy(method.REGULAR)
    shares = [min(1.0, _SAMPLES * factor**3 / math.prod(size)) for factor, _sigma in resolutions]
    method.SetMetricSamplingPercentagePerLevel(shares, _SEED)
    method.SetInterpolator(sitk.sitkLinear)
    method.SetOptimizerAsRegularStepGradientDescent(
        learningRate=first_step_mm,
        minStep=_LAST_STEP_MM,
        numberOfIterations=_ITERATIONS,
        gradientMagnitudeTolerance=1e-9,
    )
    method.SetOptimizerScales([lever_mm**2] * 3 + [1.0] * 3)
    method.SetShrinkFactorsPerLevel([factor for factor, _sigma in resolutions])
    method.SetSmoothingSigmasPerLevel([sigma for _factor, sigma in resolutions])
    method.SmoothingSigmasAreSpecifiedInPhysicalUnitsOn()
    return method


def _euler(sitk: Any, fixed: Image, transform: FrameTransform) -> Any:  # noqa: ANN401 - of SimpleITK
    """Return a transform as SimpleITK optimises it: three turns about the middle of the fixed image, and a shift."""
    middle = fixed.TransformContinuousIndexToPhysicalPoint([(size - 1) / 2 for size in fixed.GetSize()])
    made = sitk.Euler3DTransform()
    made.SetCenter(middle)
    made.SetMatrix(transform.array[:3, :3].ravel().tolist(), 1e-4)
    made.SetTranslation([there - here for here, there in zip(middle, transform.point(middle), strict=True)])
    return made


def _lowest(sitk: Any, image: Image) -> float:  # noqa: ANN401 - of SimpleITK
    """Return the lowest value: air weighs nothing when centres of mass are sought."""
    filter_ = sitk.MinimumMaximumImageFilter()
    filter_.Execute(image)
    return float(filter_.GetMinimum())
