"""Settings: one frozen dataclass section a feature, kept together in one versioned TOML file.

Fields carry their title, range and restart flag as metadata (see setting()); preference pages and the help table are
generated from them. Functions take values, not settings: application reads them and passes them down.
"""

import contextlib
import dataclasses
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, cast

from viewer.base.errors import SettingsError, system_reason
from viewer.base.translation import _

FILE_NAME = "settings.toml"
VERSION = 1
S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class SettingInfo:
    """What a preference page needs to know of a field."""

    title: str
    help: str = ""
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[tuple[str, str], ...] = ()
    needs_restart: bool = False
    is_hidden: bool = False


def setting(default: Any, title: str = "", **info: Any) -> Any:  # noqa: ANN401 - a dataclass field of any type
    """Declare a field of a section, with its default and what the preference page says of it."""
    metadata = {"info": SettingInfo(title, is_hidden=info.pop("is_hidden", not title), **info)}
    if isinstance(default, dict):
        return dataclasses.field(default_factory=lambda: dict(default), metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


def info_of(field: "dataclasses.Field[Any]") -> SettingInfo:
    """Return what a section's field says of itself."""
    return cast("SettingInfo", field.metadata["info"])


class Settings:
    """The settings file: sections are read as typed values and written back whole, atomically.

    Args:
        folder: Where the file is; made when it is first written, for its owner alone: paths may hold names.
        is_kept: Whether changes are written; False for a run that is not the reader's own (a screenshot).
    """

    def __init__(self, folder: Path, *, is_kept: bool = True) -> None:
        self.folder = folder
        self._is_kept = is_kept
        self.problem: SettingsError | None = None
        self._tables: dict[str, dict[str, Any]] = {}
        self._load()

    @property
    def path(self) -> Path:
        """The file."""
        return self.folder / FILE_NAME

    def section(self, name: str, kind: type[S]) -> S:
        """Return a section; values that are missing, of a wrong type or out of range take their default."""
        table = self._tables.get(name, {})
        values = {}
        for field in dataclasses.fields(cast("Any", kind)):
            if field.name in table and _fits(table[field.name], field):
                value = table[field.name]
                values[field.name] = tuple(value) if isinstance(value, list) else value
        return kind(**values)

    def store(self, name: str, section: object) -> None:
        """Write a section; the other sections of the file are kept as they are, also those changed meanwhile.

        Raises:
            SettingsError: If the file cannot be written.
        """
        self._tables[name] = _plain(dataclasses.asdict(cast("Any", section)))
        if self._is_kept:
            self._write({**self._tables, **self._on_disk(), name: self._tables[name]})

    def _load(self) -> None:
        if not self.path.exists():
            return
        try:
            self._tables = self._read()
        except (OSError, ValueError) as error:
            self._set_aside()
            self.problem = SettingsError(
                _("The settings could not be read ({kind}); defaults are in force").format(kind=type(error).__name__),
                subject=str(self.path),
                advice=_("The old file was kept beside it with the ending .bad"),
            )

    def _read(self) -> dict[str, dict[str, Any]]:
        tables = tomllib.loads(self.path.read_text("utf-8"))
        return {name: table for name, table in tables.items() if isinstance(table, dict)}

    def _on_disk(self) -> dict[str, dict[str, Any]]:
        """Return what another window of another process may have written since; nothing where it cannot be read."""
        try:
            return self._read()
        except (OSError, ValueError):
            return {}

    def _set_aside(self) -> None:
        with contextlib.suppress(OSError):
            os.replace(self.path, self.path.with_suffix(".toml.bad"))  # noqa: PTH105 - atomic on every platform

    def _write(self, tables: Mapping[str, Mapping[str, Any]]) -> None:
        import tomli_w

        content = tomli_w.dumps({"version": VERSION, **tables})
        temporary = self.path.with_suffix(f".{os.getpid()}.part")
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            temporary.touch(mode=0o600)
            temporary.write_text(content, "utf-8")
            temporary.replace(self.path)
        except OSError as error:
            raise SettingsError(
                _("The settings could not be written: {reason}").format(reason=system_reason(error)),
                subject=str(self.path),
            ) from error


def _fits(value: object, field: "dataclasses.Field[Any]") -> bool:
    default = field.default if field.default is not dataclasses.MISSING else {}
    if isinstance(default, tuple):
        return isinstance(value, list)
    if isinstance(default, bool) or isinstance(value, bool):
        return isinstance(default, bool) and isinstance(value, bool)
    if isinstance(default, (int, float)):
        return isinstance(value, (int, float)) and _in_range(float(value), info_of(field))
    return isinstance(value, type(default))


def _in_range(value: float, info: SettingInfo) -> bool:
    above = info.minimum is None or value >= info.minimum
    below = info.maximum is None or value <= info.maximum
    return above and below


def _plain(table: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: list(value) if isinstance(value, tuple) else value for key, value in table.items() if value is not None
    }
