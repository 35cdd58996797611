"""Window presets per modality: data in resources/presets.toml, changed by the reader in the settings."""

import tomllib
from dataclasses import dataclass, field, replace
from typing import Any

from viewer.base.errors import SettingsError
from viewer.base.paths import resources_path
from viewer.base.settings import setting
from viewer.base.translation import N_, _
from viewer.imaging.voi_lut import VoiFunction, Window

KEYS = tuple("123456789")

# The names in resources/presets.toml, so that they are translated.
_NAMES = (
    N_("Brain"),
    N_("Subdural"),
    N_("Stroke"),
    N_("Lung"),
    N_("Mediastinum"),
    N_("Abdomen"),
    N_("Liver"),
    N_("Bone"),
    N_("Angio"),
)


@dataclass(frozen=True, slots=True)
class Preset:
    """A window with a name; the names of the built-in ones are English, marked for translation."""

    name: str
    window: Window


@dataclass(frozen=True, slots=True)
class PresetSettings:
    """Section "presets": lines "MODALITY|name|center|width|function" that replace the built-in ones of a modality."""

    lines: tuple[str, ...] = setting(())


@dataclass(frozen=True, slots=True)
class PresetTable:
    """Presets of each modality, in the order of keys 1–9 (key 0 is the image's own window)."""

    by_modality: dict[str, tuple[Preset, ...]] = field(default_factory=dict)

    @classmethod
    def builtin(cls) -> "PresetTable":
        """Return the presets the program comes with."""
        tables = tomllib.loads(resources_path("presets.toml").read_text("utf-8"))
        return cls({modality: tuple(map(_from_table, presets)) for modality, presets in tables.items()})

    def changed_by(self, settings: PresetSettings) -> "PresetTable":
        """Return this with the reader's presets in place of those of the same modality.

        Raises:
            SettingsError: If a line is not a preset.
        """
        own: dict[str, tuple[Preset, ...]] = {}
        for line in settings.lines:
            modality, preset = _from_line(line)
            own[modality] = (*own.get(modality, ()), *((preset,) if preset is not None else ()))
        return replace(self, by_modality={**self.by_modality, **own})

    def settings_against(self, builtin: "PresetTable") -> PresetSettings:
        """Return what to store: every modality whose presets differ from the built-in ones."""
        changed = {key: value for key, value in self.by_modality.items() if builtin.by_modality.get(key) != value}
        lines = []
        for modality, presets in changed.items():
            lines += [_to_line(modality, preset) for preset in presets] or [f"{modality}||||"]
        return PresetSettings(tuple(lines))

    def with_presets(self, modality: str, presets: tuple[Preset, ...]) -> "PresetTable":
        """Return this with other presets for a modality."""
        return replace(self, by_modality={**self.by_modality, modality: presets})

    def of(self, modality: str) -> tuple[Preset, ...]:
        """Return the presets of a modality; none for one that has none."""
        return self.by_modality.get(modality, ())


def _from_table(table: dict[str, Any]) -> Preset:
    function = VoiFunction(table.get("function", "LINEAR"))
    return Preset(str(table["name"]), Window(float(table["center"]), float(table["width"]), function))


def _from_line(line: str) -> tuple[str, Preset | None]:
    parts = line.split("|")
    try:
        modality, name, center, width, function = parts
        if not name:
            return modality, None
        return modality, Preset(name, Window(float(center), float(width), VoiFunction(function)))
    except ValueError as error:
        raise SettingsError(_("A window preset in the settings cannot be read"), subject=line) from error


def _to_line(modality: str, preset: Preset) -> str:
    window = preset.window
    name = preset.name.replace("|", "/")
    return f"{modality}|{name}|{window.center!r}|{window.width!r}|{window.function.value}"
