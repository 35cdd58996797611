"""The slices of a Siemens mosaic as frames of their own, cut from the one image they were laid out in.

A mosaic's slice has the truth of the whole image but its own size and its own place in the patient.
"""

import threading
from dataclasses import replace
from typing import Protocol

import numpy as np

from viewer.base.errors import DicomError
from viewer.base.jobs import Progress
from viewer.base.translation import _
from viewer.dicom.instance_header import InstanceHeader
from viewer.dicom.private_dialects import Mosaic
from viewer.imaging.frame_state import FrameState, FrameStates
from viewer.imaging.stored_frame import StoredFrame


class WholeFrames(Protocol):
    """The frames of an instance as they are stored (imaging.frame_source)."""

    def stored_frame(self, index: int, *, priority: int = 0, progress: Progress | None = None) -> StoredFrame:
        """Return a frame's stored values; blocks."""


def mosaic_of(header: InstanceHeader) -> Mosaic:
    """Return how a mosaic is tiled; reads the whole data set.

    Raises:
        DicomError: If the image is no mosaic, or does not say soundly how it is tiled.
        MediaError: If the medium fails.
    """
    from viewer.dicom.datasets import read_data_set
    from viewer.dicom.private_dialects import siemens_mosaic

    mosaic = siemens_mosaic(read_data_set(header))
    if mosaic is None:
        raise DicomError(_("The image is no mosaic of slices"), subject=header.source.name)
    return mosaic


class MosaicFrames:
    """The slices' pixels; used from any thread."""

    def __init__(self, whole: WholeFrames, mosaic: Mosaic) -> None:
        self._whole = whole
        self._mosaic = mosaic
        self._lock = threading.Lock()
        self._frame: StoredFrame | None = None
        self._uncut: set[int] = set()

    def stored_frame(self, index: int, *, priority: int = 0, progress: Progress | None = None) -> StoredFrame:
        """Return the stored values of a slice counted from 0; the mosaic is decoded once for all of them.

        Raises:
            DecodingError: If the mosaic cannot be decoded.
            MediaError: If the medium fails.
            Cancelled: If it was cancelled while it waited.
        """
        _check(self._mosaic, index)
        with self._lock:
            if self._frame is None:
                self._frame = self._whole.stored_frame(0, priority=priority, progress=progress)
                self._uncut = set(range(self._mosaic.tile_count))
            frame = self._frame
            self._uncut.discard(index)
            if not self._uncut:  # every slice was had once: whoever keeps slices keeps these, not the whole
                self._frame = None
        mosaic = self._mosaic
        top, left = mosaic.tile_origin(index)
        rows, columns = slice(top, top + mosaic.tile_rows), slice(left, left + mosaic.tile_columns)
        arrived = frame.values.shape[0] - frame.missing_rows
        words = frame.raw_words
        return replace(
            frame,
            values=np.ascontiguousarray(frame.values[rows, columns]),
            missing_rows=min(max(top + mosaic.tile_rows - arrived, 0), mosaic.tile_rows),
            raw_words=None if words is None else np.ascontiguousarray(words[rows, columns]),
        )


def mosaic_states(whole: FrameState, mosaic: Mosaic) -> FrameStates:
    """Return the states of the slices of a mosaic.

    Args:
        whole: Of the image they are laid out in; its overlays and shutters are those of the layout and fall away.
        mosaic: How it is tiled.
    """
    pixels = replace(whole.pixels, rows=mosaic.tile_rows, columns=mosaic.tile_columns)
    assumed = _("The mosaic does not say in which direction its slices go: that of its normal is assumed")
    warnings = (*whole.warnings, assumed) if mosaic.is_direction_assumed else whole.warnings

    def make(index: int) -> FrameState:
        _check(mosaic, index)
        plane = mosaic.plane(index)
        return replace(whole, pixels=pixels, plane=plane, overlays=(), shutter=None, warnings=warnings)

    return FrameStates(mosaic.tile_count, make)


def _check(mosaic: Mosaic, index: int) -> None:
    if not 0 <= index < mosaic.tile_count:
        raise DicomError(_("There is no frame {number}").format(number=index + 1))
