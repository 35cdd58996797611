"""What is kept of renderings beside the settings: the reader's own presets, and how each series was last looked at.

A look is filed under a hash of its study's and series' UID and holds a camera, functions and cuts: nothing of the
patient, and no UID.
"""

import contextlib
import hashlib
import os
import re
import tempfile
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from viewer.base.errors import SettingsError, VolumeError, system_reason
from viewer.base.events import Event
from viewer.base.translation import _
from viewer.volume.rendering_presets import (
    FOLDER,
    RenderingPreset,
    functions_from_text,
    functions_table,
    read_preset,
)
from viewer.volume.rendering_request import MOST_CUTS, Cut
from viewer.volume.transfer_functions import TransferFunctions
from viewer.workspace.shown_surfaces import ShownSurfaces
from viewer.workspace.volume_view import RenderingView

LOOKS = "rendering_looks"
MOST_LOOKS = 500
"""The oldest make room."""

_MOST_BYTES = 1 << 20
_UNWANTED = re.compile(r"[^a-z0-9]+")


class RenderingKeep:
    """Of the program.

    Args:
        folder: Of the settings; None keeps nothing beyond this run.
        is_kept: Whether anything is written; False for a run that is not the reader's own.

    Attributes:
        presets: The reader's own.
        problems: Files that could not be read, as one line each.
        changed: The presets are others.
        surfaces: Shown with volumes in this run.
    """

    def __init__(self, folder: Path | None = None, *, is_kept: bool = True) -> None:
        self._folder = folder
        self._is_kept = is_kept and folder is not None
        self.presets: tuple[RenderingPreset, ...] = ()
        self.problems: tuple[str, ...] = ()
        self.changed: Event[None] = Event()
        self.surfaces = ShownSurfaces()
        self._looks: dict[str, RenderingView] = {}
        self._unwritten: set[str] = set()
        self._read_presets()

    # Presets

    def keep_preset(self, title: str, functions: TransferFunctions, modality: str) -> RenderingPreset:
        """Keep transfer functions under a title; what is kept under the same one is replaced.

        Raises:
            SettingsError: If the title is empty or the file cannot be written.
        """
        import tomli_w

        title = " ".join(title.split())
        if not title:
            raise SettingsError(_("A preset needs a name"))
        preset_id = self._id_of(title)
        modalities = (modality,) if modality else ()
        table = {"title": title, "modalities": list(modalities), **functions_table(functions)}
        if self._is_kept:
            self._write(self._path(FOLDER, preset_id), tomli_w.dumps(table))
        preset = RenderingPreset(preset_id, title, functions, modalities, is_own=True)
        self.presets = (*(each for each in self.presets if each.id != preset_id), preset)
        self.changed.emit(None)
        return preset

    def remove_preset(self, preset_id: str) -> None:
        """Forget one of the reader's presets.

        Raises:
            SettingsError: If its file cannot be removed.
        """
        if self._is_kept:
            try:
                self._path(FOLDER, preset_id).unlink(missing_ok=True)
            except OSError as error:
                raise SettingsError(system_reason(error), subject=preset_id) from error
        self.presets = tuple(each for each in self.presets if each.id != preset_id)
        self.changed.emit(None)

    # Looks

    def look(self, study_uid: str, series_uid: str) -> RenderingView | None:
        """Return how a series was last looked at; None where nobody did, or what is kept cannot be read."""
        name = _name_of(study_uid, series_uid)
        if name not in self._looks and self._folder is not None:
            with contextlib.suppress(OSError, ValueError, KeyError, TypeError, VolumeError, RecursionError):
                path = self._path(LOOKS, name)
                if path.stat().st_size <= _MOST_BYTES:
                    self._looks[name] = look_of(tomllib.loads(path.read_text("utf-8")))
        return self._looks.get(name)

    def note_look(self, study_uid: str, series_uid: str, look: RenderingView) -> None:
        """Remember how a series is looked at; written with the next write_looks."""
        name = _name_of(study_uid, series_uid)
        if self._looks.get(name, RenderingView()) != look:
            self._looks[name] = look
            self._unwritten.add(name)

    def write_looks(self) -> None:
        """Write what was noted; a disk that takes nothing is no reason to stop: the next run asks for less."""
        import tomli_w

        names, self._unwritten = self._unwritten, set()
        if not self._is_kept:
            return
        with contextlib.suppress(SettingsError, OSError):
            for name in names:
                self._write(self._path(LOOKS, name), tomli_w.dumps(look_table(self._looks[name])))
            self._make_room()

    # Parts

    def _path(self, folder: str, name: str) -> Path:
        assert self._folder is not None  # noqa: S101 - nothing is kept without one
        return self._folder / folder / f"{name}.toml"

    def _id_of(self, title: str) -> str:
        """Return a name for a file: of the title where it has Latin letters, else of its hash."""
        plain = _UNWANTED.sub("-", title.casefold()).strip("-")[:40]
        return f"own-{plain or 'preset'}-{hashlib.sha256(title.encode()).hexdigest()[:6]}"

    def _read_presets(self) -> None:
        if self._folder is None:
            return
        presets, problems = [], []
        for path in sorted((self._folder / FOLDER).glob("*.toml")):
            try:
                presets.append(read_preset(path, is_own=True))
            except SettingsError as error:
                problems.append(error.one_line())
        self.presets, self.problems = tuple(presets), tuple(problems)

    def _write(self, path: Path, text: str) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".part")  # for its owner alone
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                stream.write(text)
            Path(temporary).replace(path)
        except OSError as error:
            raise SettingsError(system_reason(error), subject=str(path)) from error

    def _make_room(self) -> None:
        assert self._folder is not None  # noqa: S101 - asked before
        files = sorted((self._folder / LOOKS).glob("*.toml"), key=lambda path: path.stat().st_mtime, reverse=True)
        for path in files[MOST_LOOKS:]:
            path.unlink(missing_ok=True)


def look_table(look: RenderingView) -> dict[str, Any]:
    """Return a look as a TOML table: what look_of turns back."""
    table = {key: value for key, value in asdict(look).items() if value is not None}
    table["clip_planes"] = [[list(point), list(normal)] for point, normal in look.clip_planes]
    table["cuts"] = [
        {"outline": [list(point) for point in outline], "matrix": list(matrix), "keeps_inside": keeps}
        for outline, matrix, keeps in look.cuts
    ]
    table["pan_mm"] = list(look.pan_mm)
    if look.clip_box is not None:
        table["clip_box"] = list(look.clip_box)
    return table


def look_of(table: Mapping[str, Any]) -> RenderingView:
    """Return the look of a TOML table.

    Raises:
        ValueError: If it holds what is no look; or KeyError, TypeError, VolumeError.
    """
    x, y, z = map(float, table["pan_mm"])
    cuts = tuple(
        (
            tuple((float(a), float(b)) for a, b in cut["outline"]),
            tuple(float(value) for value in cut["matrix"]),
            bool(cut["keeps_inside"]),
        )
        for cut in table["cuts"][:MOST_CUTS]
    )
    for outline, matrix, keeps in cuts:
        Cut(outline, matrix, keeps)  # refuses what is none
    functions = str(table["functions"])
    if functions:
        functions_from_text(functions)
    look = RenderingView(
        str(table["preset"]),
        functions,
        azimuth_deg=float(table["azimuth_deg"]),
        elevation_deg=float(table["elevation_deg"]),
        roll_deg=float(table["roll_deg"]),
        zoom=min(max(float(table["zoom"]), 0.05), 100.0),
        pan_mm=(x, y, z),
        is_perspective=bool(table["is_perspective"]),
        is_shaded=bool(table["is_shaded"]) if "is_shaded" in table else None,
        clip_planes=tuple((_vector(point), _vector(normal)) for point, normal in table["clip_planes"]),
        cuts=cuts,
    )
    if "clip_box" not in table:
        return look
    i0, i1, j0, j1, k0, k1 = map(int, table["clip_box"])
    return replace(look, clip_box=(i0, i1, j0, j1, k0, k1))


def _vector(values: Any) -> tuple[float, float, float]:  # noqa: ANN401 - as TOML has it
    x, y, z = map(float, values)
    return x, y, z


def _name_of(study_uid: str, series_uid: str) -> str:
    return hashlib.sha256(f"{study_uid}\n{series_uid}".encode()).hexdigest()[:40]
