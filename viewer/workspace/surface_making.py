"""The jobs of surfaces: making and measuring one, writing it; and where their thresholds begin."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from viewer.base.jobs import Progress
from viewer.base.translation import N_
from viewer.volume.series_volume import SeriesVolume

if TYPE_CHECKING:
    from viewer.volume.surface import Surface

CT_THRESHOLDS = ((200.0, N_("Bone")), (150.0, N_("Vessels with contrast")), (-300.0, N_("Skin")))
"""In HU: usual places to begin, not truths."""
_PET_SHARE = 0.41
"""Of the highest uptake: what is often taken as the edge of a lesion (Boellaard et al. 2010, 4.1)."""
_SAMPLES = 96
_BINS = 256


@dataclass(frozen=True, slots=True)
class SurfaceChoice:
    """What the reader chose.

    Attributes:
        threshold: Lowest value inside, in modality units.
        upper: Highest value inside; None for no limit.
        smooth: Iterations.
        keep_largest: Whether only the largest connected part stays.
        decimate: Fraction of the triangles to take away.
    """

    threshold: float
    upper: float | None = None
    smooth: int = 20
    keep_largest: bool = False
    decimate: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class MakeSurface:
    """Makes and measures a surface."""

    volume: SeriesVolume
    choice: SurfaceChoice
    phase: int = 0

    def run(self, progress: Progress) -> "Surface":
        """Return the surface.

        Raises:
            VolumeError: If there is none.
            Cancelled: If progress was cancelled.
        """
        from viewer.volume.surface import surface_of

        choice = self.choice
        return surface_of(
            self.volume,
            choice.threshold,
            upper=choice.upper,
            smooth=choice.smooth,
            keep_largest=choice.keep_largest,
            decimate=choice.decimate,
            phase=self.phase,
            progress=progress,
        )


@dataclass(frozen=True, slots=True, eq=False)
class WriteSurface:
    """Writes a surface into a file."""

    surface: "Surface"
    path: Path
    color: tuple[int, int, int]

    def run(self, progress: Progress) -> tuple[Path, ...]:
        """Return what was written.

        Raises:
            MediaError: If it cannot be written.
            Cancelled: If progress was cancelled; nothing is left then.
        """
        from viewer.volume.surface_files import write_surface

        return write_surface(self.surface, self.path, color=self.color, progress=progress)


def start_threshold(volume: SeriesVolume, phase: int = 0) -> float:
    """Return a threshold to begin with: bone in CT, a part of the highest uptake in PET, or between dark and bright."""
    modality = volume.state.modality
    if modality == "CT":
        return CT_THRESHOLDS[0][0]
    if modality == "PT":
        return float(f"{_PET_SHARE * volume.value_range[1]:.3g}")
    array = volume.array(phase)
    steps = [max(1, size // _SAMPLES) for size in array.shape]
    part = array[:: steps[0], :: steps[1], :: steps[2]].astype(np.float64)
    values = (part * volume.rescale.slope + volume.rescale.intercept).reshape(-1)
    low, high = volume.value_range
    values = values[(values >= low) & (values <= high)]
    return float(f"{_between_classes(values, low, high):.3g}")


def _between_classes(values: "np.ndarray[tuple[int], np.dtype[np.float64]]", low: float, high: float) -> float:
    """Return the value that parts dark from bright best (Otsu 1979)."""
    if not len(values) or high <= low:
        return low
    counts, edges = np.histogram(values, _BINS, (low, high))
    weights = counts / counts.sum()
    middles = (edges[1:] + edges[:-1]) / 2
    below, moment = np.cumsum(weights), np.cumsum(weights * middles)
    spread = np.where((below > 0) & (below < 1), below * (1 - below), 1.0)
    between = np.where((below > 0) & (below < 1), (moment[-1] * below - moment) ** 2 / spread, 0.0)
    return float(edges[int(between.argmax()) + 1])


def measure_words(volume_mm3: float, area_mm2: float) -> tuple[str, str]:
    """Return a volume and an area to be read: in cm from a cubic centimetre on."""
    if volume_mm3 >= 1000:
        return f"{volume_mm3 / 1000:.4g} cm³" if volume_mm3 < 1e7 else f"{volume_mm3 / 1000:.0f} cm³", _area(area_mm2)
    return f"{volume_mm3:.4g} mm³", f"{area_mm2:.4g} mm²"


def _area(area_mm2: float) -> str:
    square_cm = area_mm2 / 100
    return f"{square_cm:.4g} cm²" if square_cm < 10_000 else f"{square_cm:.0f} cm²"
