"""Colour tables laid over grey images: the well-known palettes of PS3.6 Annex B.

The whole VOI range is scaled onto the palette; the image's polarity is ignored (PS3.4 N.2.4).
"""

import functools
import tomllib
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer.base.errors import ViewerError
from viewer.base.paths import resources_path
from viewer.base.translation import _
from viewer.imaging.palette_color_lut import expand_segments

PALETTE_SIZE = 256

PALETTE_IDS: tuple[str, ...] = (
    "hot-iron",
    "pet",
    "hot-metal-blue",
    "pet-20-step",
    "spring",
    "summer",
    "fall",
    "winter",
)


@functools.cache
def _definitions() -> MappingProxyType[str, dict[str, Any]]:
    text = resources_path("lookup_tables", "well_known_palettes.toml").read_text("utf-8")
    return MappingProxyType(tomllib.loads(text))


def palette_title(palette_id: str) -> str:
    """Return a palette's name as the Standard writes it."""
    return str(_definition(palette_id)["title"])


def palette_uid(palette_id: str) -> str:
    """Return a palette's SOP Instance UID."""
    return str(_definition(palette_id)["uid"])


@functools.cache
def palette(palette_id: str) -> NDArray[np.uint8]:
    """Return (256, 3) RGB of a well-known palette; read-only.

    Raises:
        ViewerError: If there is no such palette.
    """
    definition = _definition(palette_id)
    table = np.stack([_channel(definition, name) for name in ("red", "green", "blue")], axis=-1)
    table.flags.writeable = False
    return table


def _definition(palette_id: str) -> dict[str, Any]:
    if palette_id not in _definitions():
        raise ViewerError(_("There is no colour table {palette_id}").format(palette_id=palette_id))
    return _definitions()[palette_id]


def _channel(definition: dict[str, Any], name: str) -> NDArray[np.uint8]:
    if name in definition:
        return np.frombuffer(bytes.fromhex(definition[name]), np.uint8)
    return expand_segments(np.asarray(definition[f"{name}_segments"], np.int64), PALETTE_SIZE).astype(np.uint8)
