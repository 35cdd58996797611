"""How the volume store's volumes are built: a plan over the images, then their pixels (volume_plan, volume_loading)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from viewer.base.jobs import Progress
from viewer.imaging.frame_store import AHEAD, URGENT, FrameStore
from viewer.imaging.grayscale_pipeline import without_foreign_windows
from viewer.volume.series_volume import SeriesVolume
from viewer.workspace.display_set import DisplaySet
from viewer.workspace.display_set_catalogue import DisplaySetCatalogue
from viewer.workspace.volume_record import Tell
from viewer.workspace.volume_sources import phases_of

WAITED_FOR = (URGENT + AHEAD) // 2
"""Among requests for decoding: behind an image that somebody waits for, before what is read ahead."""


@dataclass(frozen=True, slots=True)
class VolumeBuilding:
    """Builds volumes of display sets.

    Attributes:
        frames: Where their images come from.
        catalogue: Of the display sets: a run of a series brings the others with it.
    """

    frames: FrameStore
    catalogue: DisplaySetCatalogue

    def phases_of(self, display_set: DisplaySet) -> tuple[DisplaySet, ...]:
        """Return the display sets that are phases of one volume, in order."""
        return phases_of(display_set, self.catalogue)

    def load(self, phases: Sequence[DisplaySet], progress: Progress, tell: Tell, budget_bytes: int) -> SeriesVolume:
        """Return the volume of some phases; called on a worker.

        Raises:
            ViewerError: If they are no volume, or cannot be read.
            Cancelled: If it was cancelled.
        """
        from viewer.volume.volume_loading import load_volume
        from viewer.volume.volume_plan import plan_volume

        names = [each.label for each in phases] if len(phases) > 1 else []
        plan = plan_volume([each.images for each in phases], self.frames, names, progress=progress)
        volume = load_volume(
            plan,
            self.frames,
            progress=progress,
            tell=lambda coarse: tell(_with_own_windows(coarse)),
            budget_bytes=budget_bytes,
            priority=WAITED_FOR,
        )
        return _with_own_windows(volume)


def _with_own_windows(volume: SeriesVolume) -> SeriesVolume:
    """Return a volume of modality values without the windows that were written for stored ones."""
    if not volume.rescale.is_identity:
        return volume
    return replace(volume, state=without_foreign_windows(volume.state, volume.value_range))
