"""Presets of volume renderings: TOML files that hold transfer functions with a name.

What a file may say is checked when it is read, so that a slip of the hand is told with its place, not rendered.
"""

import functools
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from viewer.base.errors import SettingsError, VolumeError, system_reason
from viewer.base.paths import resources_path
from viewer.base.translation import N_, _
from viewer.volume.transfer_functions import (
    Blend,
    Color,
    ColorPoint,
    OpacityPoint,
    Shading,
    TransferFunctions,
    ValueScale,
)

FOLDER = "rendering_presets"

# The titles in resources/rendering_presets, so that they are translated.
_TITLES = (
    N_("Bone"),
    N_("Bone, translucent"),
    N_("Vessels"),
    N_("Vessels and bone"),
    N_("Lung"),
    N_("Airways"),
    N_("Skin"),
    N_("Muscles"),
    N_("Heart"),
    N_("Angio"),
    N_("Angio (MIP)"),
    N_("Head"),
    N_("PET"),
    N_("PET (MIP)"),
    N_("Grey"),
)

_KEYS = {"title", "order", "modalities", "scale", "blend", "opacity_distance_mm", "opacity", "color", "gradient"}
_SHADING_KEYS = {"is_on", "ambient", "diffuse", "specular", "power"}
_MOST_BYTES = 65536


@dataclass(frozen=True, slots=True)
class RenderingPreset:
    """Transfer functions with a name.

    Attributes:
        id: The name of its file.
        title: English for those that come with the program, which translate it; the reader's own words for theirs.
        modalities: For which it is meant; empty for all.
        order: Among those of a modality; the first is what a rendering begins with.
        is_own: Whether the reader kept it.
    """

    id: str
    title: str
    functions: TransferFunctions
    modalities: tuple[str, ...] = ()
    order: int = 100
    is_own: bool = False

    def fits(self, modality: str) -> bool:
        """Return whether it is meant for a modality."""
        return not self.modalities or modality in self.modalities


@functools.cache
def builtin_presets() -> tuple[RenderingPreset, ...]:
    """Return the presets that come with the program, in their order.

    Raises:
        SettingsError: If one of them is damaged.
    """
    presets = [read_preset(path) for path in sorted(resources_path(FOLDER).glob("*.toml"))]
    return tuple(sorted(presets, key=lambda preset: (preset.order, preset.id)))


def presets_for(modality: str, own: Sequence[RenderingPreset] = ()) -> tuple[RenderingPreset, ...]:
    """Return the presets for a modality, the reader's own last."""
    return tuple(preset for preset in (*builtin_presets(), *own) if preset.fits(modality))


def preset_named(name: str, own: Sequence[RenderingPreset] = ()) -> RenderingPreset:
    """Return a preset by its id; the reader's own go before those of the program.

    Raises:
        VolumeError: If there is none of that name; it tells the names there are.
    """
    known = {preset.id: preset for preset in (*builtin_presets(), *own)}
    if name in known:
        return known[name]
    raise VolumeError(
        _("There is no rendering preset '{0}'").format(name), advice=_("Choose from {0}").format(", ".join(known))
    )


def first_preset(modality: str) -> RenderingPreset:
    """Return the preset a rendering of a modality begins with."""
    meant = [preset for preset in builtin_presets() if modality in preset.modalities]
    return (meant or [preset for preset in builtin_presets() if not preset.modalities])[0]


def read_preset(path: Path, *, is_own: bool = False) -> RenderingPreset:
    """Read a preset.

    Raises:
        SettingsError: If the file cannot be read, or does not say what a preset must say; with file and reason.
    """
    try:
        with path.open("rb") as stream:
            content = stream.read(_MOST_BYTES + 1)
        if len(content) > _MOST_BYTES:
            raise VolumeError(_("A preset is smaller than {0} bytes").format(_MOST_BYTES))
        table = tomllib.loads(content.decode("utf-8"))
        title = table.get("title")
        if not isinstance(title, str) or not title.strip():
            raise VolumeError(_("'{0}' is missing").format("title"))
        modalities = _texts(table, "modalities")
        order = int(_number(table.get("order", 100), "order"))
        return RenderingPreset(path.stem, title.strip(), functions_of(table), modalities, order, is_own)
    except OSError as error:
        raise SettingsError(system_reason(error), subject=str(path)) from error
    except (ValueError, RecursionError) as error:  # includes TOML and UTF-8 that are none
        raise SettingsError(_("Not a rendering preset: {0}").format(error), subject=str(path)) from error
    except VolumeError as error:
        raise SettingsError(_("Not a rendering preset: {0}").format(error), subject=str(path)) from error


def functions_of(table: Mapping[str, Any]) -> TransferFunctions:
    """Return the transfer functions of a TOML table.

    Raises:
        VolumeError: If it does not say what it must, or says what nobody knows.
    """
    unknown = set(table) - _KEYS - {"shading"}
    if unknown:
        raise VolumeError(_("'{0}' is not known").format(min(unknown)))
    shading = table.get("shading", {})
    if not isinstance(shading, dict) or set(shading) - _SHADING_KEYS:
        raise VolumeError(_("'{0}' is not known").format("shading"))
    return TransferFunctions(
        tuple(_opacity_point(row, "opacity") for row in _rows(table, "opacity")),
        tuple(_color_point(row) for row in _rows(table, "color")),
        tuple(_opacity_point(row, "gradient") for row in _rows(table, "gradient")),
        ValueScale(table.get("scale", ValueScale.MODALITY)),
        Blend(table.get("blend", Blend.COMPOSITE)),
        _number(table.get("opacity_distance_mm", 1.0), "opacity_distance_mm"),
        _shading(shading),
    )


def functions_table(functions: TransferFunctions) -> dict[str, Any]:
    """Return transfer functions as a TOML table: what functions_of turns back."""
    shading = functions.shading
    return {
        "scale": functions.scale.value,
        "blend": functions.blend.value,
        "opacity_distance_mm": functions.opacity_distance_mm,
        "opacity": [[point.value, point.opacity] for point in functions.opacity],
        "color": [[point.value, hexadecimal(point.color)] for point in functions.color],
        "gradient": [[point.value, point.opacity] for point in functions.gradient],
        "shading": {
            "is_on": shading.is_on,
            "ambient": shading.ambient,
            "diffuse": shading.diffuse,
            "specular": shading.specular,
            "power": shading.power,
        },
    }


def functions_text(functions: TransferFunctions) -> str:
    """Return transfer functions as text, for what keeps or carries them."""
    import tomli_w

    return tomli_w.dumps(functions_table(functions))


def functions_from_text(text: str) -> TransferFunctions:
    """Return the transfer functions of functions_text.

    Raises:
        VolumeError: If the text holds none.
    """
    try:
        return functions_of(tomllib.loads(text))
    except (ValueError, RecursionError) as error:
        raise VolumeError(_("Not transfer functions: {0}").format(error)) from error


def hexadecimal(color: Color) -> str:
    """Return a colour as #rrggbb."""
    return "#" + "".join(f"{round(part * 255):02x}" for part in color)


def color_of(text: str) -> Color:
    """Return the colour of #rrggbb.

    Raises:
        VolumeError: If the text is not like that.
    """
    if len(text) != 7 or text[0] != "#":
        raise VolumeError(_("'{0}' is not a colour like #ffcc00").format(text))
    try:
        red, green, blue = (int(text[at : at + 2], 16) / 255 for at in (1, 3, 5))
    except ValueError as error:
        raise VolumeError(_("'{0}' is not a colour like #ffcc00").format(text)) from error
    return red, green, blue


def _texts(table: Mapping[str, Any], key: str) -> tuple[str, ...]:
    texts = table.get(key, [])
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise VolumeError(_("'{0}' must be a list of texts").format(key))
    return tuple(texts)


def _rows(table: Mapping[str, Any], key: str) -> list[list[Any]]:
    rows = table.get(key, [])
    if not isinstance(rows, list) or not all(isinstance(row, list) and len(row) == 2 for row in rows):
        raise VolumeError(_("'{0}' must be a list of pairs").format(key))
    return rows


def _number(value: object, key: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise VolumeError(_("'{0}' must be a number").format(key))
    return float(value)


def _opacity_point(row: list[Any], key: str) -> OpacityPoint:
    return OpacityPoint(_number(row[0], key), _number(row[1], key))


def _color_point(row: list[Any]) -> ColorPoint:
    return ColorPoint(_number(row[0], "color"), color_of(str(row[1])))


def _shading(table: Mapping[str, Any]) -> Shading:
    standard = Shading()
    is_on = table.get("is_on", True)
    if not isinstance(is_on, bool):
        raise VolumeError(_("'{0}' must be true or false").format("is_on"))
    shares = {
        key: _number(table.get(key, getattr(standard, key)), key) for key in ("ambient", "diffuse", "specular", "power")
    }
    return Shading(is_on, **shares)
