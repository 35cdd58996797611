"""Which fields stand in which corner, per modality: resources/corner_texts.toml, changed by the reader in the settings.

The patient banner and the chips are not here: they cannot be taken away.
"""

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from viewer.base.errors import SettingsError
from viewer.base.paths import resources_path
from viewer.base.settings import setting
from viewer.base.translation import N_, _

DEFAULT = "default"
CORNERS = ("top_right", "bottom_left")
OWN_PRIORITY = 50
"""Of a line that the reader made; the built-in ones have 5 to 80."""
_SAME_TEXTS = {"CR": "DX", "RG": "DX", "IO": "DX", "PX": "DX", "RF": "XA", "IVUS": "US", "NM": "PT"}

FIELD_TITLES: Mapping[str, str] = {
    "institution": N_("Institution"),
    "study_description": N_("Study description"),
    "study_date": N_("Study date"),
    "study_time": N_("Study time"),
    "acquisition_time": N_("Acquisition time"),
    "series_number": N_("Series number"),
    "series_description": N_("Series description"),
    "set_label": N_("What tells the display set from others"),
    "body_part": N_("Body part"),
    "laterality": N_("Side"),
    "view": N_("View"),
    "contrast": N_("Contrast agent"),
    "kernel": N_("Kernel"),
    "kvp": N_("Tube voltage"),
    "tube_current": N_("Tube current"),
    "exposure": N_("Exposure"),
    "compression": N_("Compression force"),
    "body_thickness": N_("Body part thickness"),
    "repetition_time": N_("Repetition time"),
    "echo_time": N_("Echo time"),
    "field_strength": N_("Field strength"),
    "heart_rate": N_("Heart rate"),
    "primary_angle": N_("Primary angle"),
    "secondary_angle": N_("Secondary angle"),
    "unit": N_("Unit of the values"),
    "image_number": N_("Image number"),
    "position": N_("Slice position"),
    "thickness": N_("Slice thickness"),
    "window": N_("Window"),
    "preset": N_("Window preset"),
    "zoom": N_("Zoom"),
    "cine": N_("Rate of the cine"),
}


@dataclass(frozen=True, slots=True)
class LineRule:
    """One line of a corner.

    Attributes:
        priority: Where there is little room, lines go from the highest number on.
        is_short: Whether it is shown in short texts too.
    """

    fields: tuple[str, ...]
    priority: int
    is_short: bool


Corners = Mapping[str, tuple[LineRule, ...]]


@dataclass(frozen=True, slots=True)
class CornerTextSettings:
    """Section "corners": lines "MODALITY|corner|field,field|priority|short" in place of a modality's built-in ones."""

    lines: tuple[str, ...] = setting(())


@dataclass(frozen=True, slots=True)
class CornerTextTable:
    """The lines of each corner, by modality; "default" for those that have none of their own."""

    by_modality: Mapping[str, Corners] = field(default_factory=dict)

    @classmethod
    def builtin(cls) -> "CornerTextTable":
        """Return the texts the program comes with."""
        return _builtin()

    def of(self, modality: str) -> Corners:
        """Return the lines of each corner for a modality."""
        tables = self.by_modality
        return tables.get(modality) or tables.get(_SAME_TEXTS.get(modality, "")) or tables[DEFAULT]

    def with_corners(self, modality: str, corners: Corners) -> "CornerTextTable":
        """Return this with other lines for a modality."""
        return replace(self, by_modality={**self.by_modality, modality: dict(corners)})

    def restored(self, modality: str) -> "CornerTextTable":
        """Return this with the built-in lines of a modality; one that has none follows its like again."""
        others = {key: value for key, value in self.by_modality.items() if key != modality}
        own = _builtin().by_modality.get(modality)
        return replace(self, by_modality=others if own is None else {**others, modality: own})

    def changed_by(self, settings: CornerTextSettings) -> "CornerTextTable":
        """Return this with the reader's lines in place of those of the same modality.

        Raises:
            SettingsError: If a line cannot be read.
        """
        own: dict[str, dict[str, tuple[LineRule, ...]]] = {}
        for line in settings.lines:
            modality, corner, rule = _from_line(line)
            corners = own.setdefault(modality, dict.fromkeys(CORNERS, ()))
            if rule is not None:
                corners[corner] = (*corners[corner], rule)
        return replace(self, by_modality={**self.by_modality, **own})

    def settings(self) -> CornerTextSettings:
        """Return what to store: every modality whose lines differ from the built-in ones."""
        builtin, lines = _builtin().by_modality, []
        for modality, corners in self.by_modality.items():
            if builtin.get(modality) == corners:
                continue
            own = [_to_line(modality, corner, rule) for corner, rules in corners.items() for rule in rules]
            lines += own or [f"{modality}|{CORNERS[0]}||0|"]
        return CornerTextSettings(tuple(lines))


@functools.cache
def _builtin() -> CornerTextTable:
    tables = tomllib.loads(resources_path("corner_texts.toml").read_text("utf-8"))
    return CornerTextTable(
        {
            modality: {corner: tuple(map(_from_table, table.get(corner, ()))) for corner in CORNERS}
            for modality, table in tables.items()
        }
    )


def _from_table(table: Mapping[str, Any]) -> LineRule:
    return LineRule(_known(tuple(table["fields"])), int(table["priority"]), bool(table.get("short", False)))


def _from_line(line: str) -> tuple[str, str, LineRule | None]:
    try:
        modality, corner, fields, priority, short = line.split("|")
        if corner not in CORNERS:
            raise ValueError(corner)
        rule = LineRule(_known(tuple(fields.split(","))), int(priority), bool(short)) if fields else None
    except ValueError as error:
        raise SettingsError(_("A corner text in the settings cannot be read"), subject=line) from error
    return modality, corner, rule


def _to_line(modality: str, corner: str, rule: LineRule) -> str:
    return f"{modality}|{corner}|{','.join(rule.fields)}|{rule.priority}|{'short' if rule.is_short else ''}"


def _known(fields: tuple[str, ...]) -> tuple[str, ...]:
    if unknown := [each for each in fields if each not in FIELD_TITLES]:
        raise SettingsError(_("The corner texts name a field that does not exist: {name}").format(name=unknown[0]))
    return fields
