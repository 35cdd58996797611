"""Volumes that are there at once, for tests of what is done with views of them."""

from collections.abc import Hashable
from typing import cast

import numpy as np

from viewer.base.events import Event
from viewer.imaging.frame_state import FrameState
from viewer.imaging.modality_lut import Rescale
from viewer.volume.series_volume import SeriesVolume
from viewer.volume.volume_geometry import VolumeGeometry
from viewer.workspace.display_set import DisplaySet
from viewer.workspace.volume_store import VolumeStore


class VolumesAtHand:
    """Stands in for the store of volumes: what it was given is there, nothing is loaded."""

    def __init__(self) -> None:
        self.changed: Event[str] = Event()
        self.progressed: Event[str] = Event()
        self.volumes: dict[str, SeriesVolume] = {}

    def put(self, key: str, geometry: VolumeGeometry) -> None:
        """Let the volume of a display set have come."""
        columns, rows, slices = geometry.dimensions
        array = np.zeros((slices, rows, columns), np.int16)
        state = cast("FrameState", None)  # nobody here reads the truth of its pixels
        self.volumes[key] = SeriesVolume(key, 1, geometry, (array,), Rescale(1.0, 0.0), state)
        self.changed.emit(key)

    def volume(self, key: str) -> SeriesVolume | None:
        return self.volumes.get(key)

    def is_same(self, key: str, other: str) -> bool:
        return key == other

    def want(self, display_set: DisplaySet, owner: Hashable) -> None:
        """Nothing has to be loaded."""

    def as_store(self) -> VolumeStore:
        return cast("VolumeStore", self)
