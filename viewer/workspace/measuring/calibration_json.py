"""Readers' calibrations as plain tables of a JSON line, and back."""

from collections.abc import Mapping
from typing import Any

from viewer.measurement.user_calibration import UserCalibration
from viewer.workspace.measuring.json_values import Table, count, number, plain, text

_TEXTS = ("study_instance_uid", "sop_instance_uid", "by", "at")


def calibration_table(calibration: UserCalibration) -> Table:
    """Return a calibration as a table of what JSON can hold."""
    table: Table = {name: getattr(calibration, name) for name in _TEXTS}
    return table | {
        "points": [[plain(x), plain(y)] for x, y in calibration.points],
        "known_mm": plain(calibration.known_mm),
        "aspect": plain(calibration.aspect),
        "frame_number": calibration.frame_number,
    }


def calibration_of(table: Mapping[str, Any]) -> UserCalibration:
    """Return the calibration of a table.

    Raises:
        ValueError: If it is none.
    """
    try:
        (x0, y0), (x1, y1) = table["points"]
        return UserCalibration(
            points=((number(x0), number(y0)), (number(x1), number(y1))),
            known_mm=number(table["known_mm"]),
            aspect=number(table["aspect"]),
            frame_number=count(table["frame_number"]),
            **{name: text(table[name]) for name in _TEXTS},
        )
    except (KeyError, TypeError, AttributeError, OverflowError) as error:
        raise ValueError(f"No calibration: {type(error).__name__}") from error
