"""Colour tables for overlays: the well-known palettes of PS3.6 Annex B, and plain ramps of our own."""

import base64
import functools

import numpy as np
from numpy.typing import NDArray

from viewer.base.translation import N_, _
from viewer.imaging.pseudo_color import PALETTE_IDS, PALETTE_SIZE, palette, palette_title

_RAMPS = {
    "gray": ((0, 0, 0), (255, 255, 255)),
    "inverse-gray": ((255, 255, 255), (0, 0, 0)),
    "red": ((0, 0, 0), (255, 0, 0), (255, 200, 200)),
    "green": ((0, 0, 0), (0, 200, 0), (210, 255, 210)),
    "blue": ((0, 0, 0), (30, 60, 255), (210, 220, 255)),
    "rainbow": ((0, 0, 128), (0, 0, 255), (0, 255, 255), (0, 255, 0), (255, 255, 0), (255, 128, 0), (255, 0, 0)),
}
"""Colours at equal distances; between them straight lines."""

_TITLES = {
    "gray": N_("Grey"),
    "inverse-gray": N_("Inverse grey"),
    "red": N_("Red"),
    "green": N_("Green"),
    "blue": N_("Blue"),
    "rainbow": N_("Rainbow"),
}

_WRITTEN_OUT = "rgb:"
"""Begins an id that holds its 256 colours itself, in base64: those of a presentation state."""

FUSION_PALETTE_IDS: tuple[str, ...] = (*PALETTE_IDS, *_RAMPS)
"""In the order they are offered."""


def fusion_palette_title(palette_id: str) -> str:
    """Return the name of a table, translated where it is ours."""
    if palette_id.startswith(_WRITTEN_OUT):
        return _("Of the presentation state")
    return _(_TITLES[palette_id]) if palette_id in _TITLES else palette_title(palette_id)


@functools.lru_cache(maxsize=64)
def fusion_palette(palette_id: str) -> NDArray[np.uint8]:
    """Return (256, 3) RGB of a table; read-only.

    Raises:
        ViewerError: If there is no such table.
    """
    if palette_id.startswith(_WRITTEN_OUT):
        octets = base64.b64decode(palette_id.removeprefix(_WRITTEN_OUT))
        return np.frombuffer(octets, np.uint8).reshape(PALETTE_SIZE, 3)
    if palette_id not in _RAMPS:
        return palette(palette_id)
    stops = np.array(_RAMPS[palette_id], np.float64)
    at = np.linspace(0.0, len(stops) - 1.0, PALETTE_SIZE)
    channels = [np.interp(at, np.arange(len(stops)), stops[:, channel]) for channel in range(3)]
    table: NDArray[np.uint8] = np.rint(np.stack(channels, axis=-1)).astype(np.uint8)
    table.flags.writeable = False
    return table
