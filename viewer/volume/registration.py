"""Laying a prior over a current volume: the rigid movement that brings one onto the other (SimpleITK).

Mutual information (Mattes, 50 bins) over three resolutions (registration_search), the same samples every time: the same
volumes give the same answer, and it is judged (registration_judgement). Nothing is resampled and nothing put into force
here; whoever asks shows the answer and is asked back.
"""

import importlib.util
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer.base.errors import VolumeError
from viewer.base.jobs import Progress
from viewer.base.translation import _
from viewer.dicom.frame_transform import FrameTransform
from viewer.dicom.image_plane import Vector
from viewer.volume.chequered_picture import chequered
from viewer.volume.registration_images import working_image
from viewer.volume.registration_judgement import SAME, Difference, Measures, difference, doubt_of
from viewer.volume.registration_search import Search, common_points
from viewer.volume.series_volume import SeriesVolume

METRIC = "Mattes mutual information"


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
        ways: By how much it differs from what laying the fixed volume onto the moving one gave.
    """

    transform: FrameTransform
    metric_before: float | None
    metric_after: float
    overlap: float
    center: Vector
    iterations: int = 0
    pictures: tuple[NDArray[np.uint8], ...] = ()
    ways: Difference = SAME

    @property
    def moved_mm(self) -> float:
        """How far the middle of the moving volume was moved."""
        return self.transform.shift_at(self.center)

    @property
    def turned_deg(self) -> float:
        """By how much it was turned."""
        return self.transform.angle_deg

    @property
    def doubt(self) -> str:
        """Why it is doubtful, translated; empty where it is not."""
        return doubt_of(
            Measures(self.metric_before, self.metric_after, self.overlap, self.moved_mm, self.turned_deg, self.ways)
        )

    @property
    def is_doubtful(self) -> bool:
        """Whether there is a reason not to trust it."""
        return bool(self.doubt)


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
        fixed = working_image(self.fixed, self.phase_fixed, progress)
        moving = working_image(self.moving, self.phase_moving, progress)
        return _registered(fixed, moving, self.moving.geometry.center_mm, progress)


def _registered(fixed: Any, moving: Any, center: Vector, progress: Progress) -> RegistrationResult:  # noqa: ANN401 - images of SimpleITK
    import SimpleITK as sitk  # noqa: N813 - as its own documentation has it

    found = Search(fixed, moving, progress).run()
    points, overlap = common_points(fixed, moving, found.transform)
    ways = difference(points, found.transform, found.other_way)
    back = found.transform.inverse.array  # SimpleITK's goes from the fixed to the moving frame
    laid = sitk.AffineTransform(back[:3, :3].ravel().tolist(), back[:3, 3].tolist())
    pictures = tuple(chequered(fixed, moving, each) for each in (sitk.Transform(3, sitk.sitkIdentity), laid))
    return RegistrationResult(
        found.transform, found.metric_before, found.metric_after, overlap, center, found.iterations, pictures, ways
    )
