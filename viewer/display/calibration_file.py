"""calibration.json: a calibration as it is kept, written by `negatoscope calibrate` and by the window alike."""

import base64
import binascii
import itertools
import json
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from viewer.base.errors import DisplayError, ViewerError, system_reason
from viewer.base.translation import _
from viewer.display.calibration_record import AmbientSource, CalibrationRecord, DisplayClass, Method, Reading
from viewer.display.luminance_readings import HIGHEST_CD_M2
from viewer.display.whole_file import write_whole
from viewer.imaging.display_calibration import (
    ASSUMED_AMBIENT_CD_M2,
    DEFAULT_MAX_CHROMA,
    CalibrationMode,
    DisplayCalibration,
    DisplayColor,
    MoreGreys,
    RenderingIntent,
)

FORMAT = "negatoscope-calibration"
VERSION = 1
LARGEST_FILE = 64 * 2**20  # a profile of a display has some megabytes at most
MAX_CHROMA = 100.0

T = TypeVar("T")


def to_json(record: CalibrationRecord) -> dict[str, Any]:
    """Return a calibration as JSON's own types; from_json() makes the same of it again."""
    calibration = record.calibration
    profile = base64.b64encode(calibration.color.profile).decode("ascii")
    return {
        "format": FORMAT,
        "version": VERSION,
        "mode": calibration.mode.value,
        "method": record.method.value,
        "display_class": record.display_class.value,
        "measured_on": None if record.measured_on is None else record.measured_on.isoformat(),
        "meter": record.meter,
        "ambient_cd_m2": calibration.ambient_cd_m2,
        "ambient_source": record.ambient_source.value,
        "more_greys": calibration.more_greys.value,
        "is_dithered": calibration.is_dithered,
        "max_chroma": calibration.max_chroma,
        "color": {"profile": profile, "intent": calibration.color.intent.value},
        "notes": list(record.notes),
        "luminances_cd_m2": list(calibration.luminances_cd_m2),
        "readings": [_reading_to_json(reading) for reading in record.readings],
    }


def from_json(values: Mapping[str, Any]) -> CalibrationRecord:
    """Return the calibration that to_json() wrote.

    Raises:
        DisplayError: If it is none, is of a newer program, or holds what no display can be.
    """
    if not isinstance(values, Mapping) or values.get("format") != FORMAT:
        raise DisplayError(_("This is not a calibration of this program"))
    if values.get("version") != VERSION:
        raise DisplayError(
            _("The calibration is of version {version}, which is not known here").format(version=values.get("version")),
            advice=_("Use the program that wrote it, or calibrate again"),
        )
    calibration = DisplayCalibration(
        mode=_choice(values, "mode", CalibrationMode),
        luminances_cd_m2=_luminances(values),
        ambient_cd_m2=_number(values, "ambient_cd_m2", HIGHEST_CD_M2, ASSUMED_AMBIENT_CD_M2),
        more_greys=_choice(values, "more_greys", MoreGreys, MoreGreys.NONE),
        is_dithered=_typed(values, "is_dithered", bool, default=False),
        max_chroma=_number(values, "max_chroma", MAX_CHROMA, DEFAULT_MAX_CHROMA),
        color=_color(_typed(values, "color", dict, default={})),
    )
    return CalibrationRecord(
        calibration=calibration,
        display_class=_choice(values, "display_class", DisplayClass, DisplayClass.DIAGNOSTIC),
        method=_choice(values, "method", Method, Method.NONE),
        measured_on=_day(values),
        meter=_typed(values, "meter", str, default=""),
        readings=tuple(_reading(each) for each in _typed(values, "readings", list, default=[])),
        notes=tuple(str(note) for note in _typed(values, "notes", list, default=[])),
        ambient_source=_ambient_source(values),
    )


def read_calibration(path: Path) -> CalibrationRecord:
    """Return the calibration in a file.

    Raises:
        DisplayError: If it cannot be read, or is none.
    """
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise DisplayError(_("The file is too large for a calibration"))
        return from_json(json.loads(path.read_text("utf-8-sig"), parse_constant=_refuse_constant))
    except OSError as error:
        raise DisplayError(system_reason(error), subject=str(path), advice=_("Check the path and the drive")) from error
    except ViewerError as error:
        raise error.about(str(path)) from error
    except (ValueError, RecursionError) as error:
        raise DisplayError(_("This is not a calibration of this program"), subject=str(path)) from error


def write_calibration(record: CalibrationRecord, path: Path) -> None:
    """Write a calibration to a file: whole or not at all.

    Raises:
        DisplayError: If it cannot be written.
    """
    # Bytes of a command line that are no text are kept as JSON's own escapes.
    write_whole(f"{calibration_text(record)}\n".encode("utf-8", "backslashreplace"), path)


def calibration_text(record: CalibrationRecord) -> str:
    """Return the text of a calibration's file."""
    return json.dumps(to_json(record), ensure_ascii=False, indent=1, allow_nan=False)


def _reading_to_json(reading: Reading) -> dict[str, Any]:
    plain: dict[str, Any] = {"driving_level": reading.driving_level, "luminance_cd_m2": reading.luminance_cd_m2}
    if reading.chromaticity is not None:
        plain["chromaticity"] = list(reading.chromaticity)
    return plain


def _reading(values: object) -> Reading:
    if not isinstance(values, Mapping):
        raise _unfit("readings")
    level = _typed(values, "driving_level", int)
    if isinstance(level, bool) or level < 0:
        raise _unfit("driving_level")
    chromaticity = _typed(values, "chromaticity", list, default=[])
    if chromaticity and (len(chromaticity) != 2 or not all(_is_number(part, 1.0) for part in chromaticity)):
        raise _unfit("chromaticity")
    pair = (float(chromaticity[0]), float(chromaticity[1])) if chromaticity else None
    return Reading(level, _number(values, "luminance_cd_m2", HIGHEST_CD_M2), pair)


def _luminances(values: Mapping[str, Any]) -> tuple[float, ...]:
    found = _typed(values, "luminances_cd_m2", list, default=[])
    if not all(_is_number(each, HIGHEST_CD_M2) for each in found):
        raise _unfit("luminances_cd_m2")
    luminances = tuple(float(each) for each in found)
    is_rising = all(later >= earlier for earlier, later in itertools.pairwise(luminances))
    if luminances and (not is_rising or luminances[0] >= luminances[-1]):
        raise DisplayError(_("The luminances of the calibration do not rise from black to white"))
    return luminances


def _color(values: Mapping[str, Any]) -> DisplayColor:
    try:
        profile = base64.b64decode(_typed(values, "profile", str, default=""), validate=True)
    except (binascii.Error, ValueError) as error:
        raise _unfit("profile") from error
    return DisplayColor(profile, _choice(values, "intent", RenderingIntent, RenderingIntent.PERCEPTUAL))


def _ambient_source(values: Mapping[str, Any]) -> AmbientSource:
    """Return where the ambient light comes from: what stands in for a missing one is a guess, whatever is said."""
    source = _choice(values, "ambient_source", AmbientSource, AmbientSource.ASSUMED)
    return source if "ambient_cd_m2" in values else AmbientSource.ASSUMED


def _day(values: Mapping[str, Any]) -> date | None:
    text = values.get("measured_on")
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except (TypeError, ValueError) as error:
        raise _unfit("measured_on") from error


def _choice(values: Mapping[str, Any], name: str, kind: Callable[[Any], T], default: T | None = None) -> T:
    if name not in values and default is not None:
        return default
    try:
        return kind(values.get(name))
    except ValueError as error:
        raise _unfit(name) from error


def _typed(values: Mapping[str, Any], name: str, kind: type[T], *, default: T | None = None) -> T:
    value = values.get(name, default)
    if not isinstance(value, kind):
        raise _unfit(name)
    return value


def _number(values: Mapping[str, Any], name: str, most: float, default: float | None = None) -> float:
    value = values.get(name, default)
    if not _is_number(value, most):
        raise _unfit(name)
    return float(value)


def _is_number(value: object, most: float) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= most


def _refuse_constant(name: str) -> float:
    raise ValueError(name)


def _unfit(name: str) -> DisplayError:
    return DisplayError(_('The calibration\'s "{name}" cannot be right').format(name=name))
