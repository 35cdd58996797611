"""Numbers of measurements as they are written: value, unit, and where the scale comes from. Nothing is rounded in them.

Beside a mark stand the few that are looked for first; the measurements page tells all.
"""

from collections.abc import Iterable

from viewer.base.translation import _
from viewer.measurement.annotation import Annotation
from viewer.measurement.reading import Reading

_DECIMALS = {
    "mm": 1,
    "mm2": 1,
    "mm3": 0,
    "um": 1,
    "deg": 1,
    "{pixels}": 1,
    "{pixels}2": 0,
    "s": 3,
    "ms": 0,
    "cm/s": 1,
    "cm/s2": 0,
    "/min": 0,
    "%": 1,
    "[hnsf'U]": 1,
}
_SHORT_MM = 10.0
"""Lengths below have one decimal more."""
_DIGITS = 4
"""Of values in any other unit."""
_BESIDE = frozenset({"Median", "Pixels", "Perimeter"})
"""Titles that the page tells, and the image does not."""
MOST_LINES = 5


def value_text(reading: Reading) -> str:
    """Return the value alone, rounded for reading, its minus as wide as a plus; empty where it is refused."""
    if reading.value is None:
        return ""
    decimals = _DECIMALS.get(reading.unit.ucum)
    if decimals is not None:
        decimals += reading.unit.ucum == "mm" and abs(reading.value) < _SHORT_MM
        text = f"{reading.value:.{decimals}f}"
    else:
        text = f"{reading.value:.0f}" if abs(reading.value) >= 10 ** (_DIGITS - 1) else f"{reading.value:.{_DIGITS}g}"
    return text.replace("-", "−")


def unit_text(reading: Reading) -> str:
    """Return the unit with the source of its scale: "mm (cal. fiducial)", "mm² at detector", "HU"."""
    source, symbol = reading.source_text, reading.unit.symbol
    if not source or reading.unit.ucum.startswith("{pixels}"):
        return symbol
    if reading.source.startswith("mm"):
        said = source.removeprefix("mm").strip()
        return f"{symbol} {said}".rstrip() if symbol else said
    return f"{symbol} · {source}" if symbol else source


def reading_text(reading: Reading) -> str:
    """Return value and unit, or why there is none."""
    if reading.value is None:
        return reading.refusal
    unit = unit_text(reading)
    return f"{value_text(reading)}{'' if unit.startswith('°') else ' '}{unit}".rstrip()


def label_lines(annotation: Annotation) -> tuple[str, ...]:
    """Return what stands beside a mark: its words, its numbers, and what must be said of them."""
    words = annotation.text or annotation.tracking_id
    lines = [line for line in words.splitlines() if line.strip()]
    readings = annotation.readings
    lines += _of_readings([each for each in readings if each.value is not None])
    lines += [_("Not measured: {0}").format(text) for text in _once(each.refusal for each in readings)]
    lines += [f"⚠ {text}" for text in _once(each.caution for each in readings)]
    return tuple(lines[:MOST_LINES])


def _of_readings(readings: list[Reading]) -> list[str]:
    shown = [each for each in readings if each.title not in _BESIDE]
    if len(shown) == 1:
        return [reading_text(shown[0])]
    by_title = {each.title: each for each in shown}
    lines = []
    for each in shown:
        if each.title == "SD" and "Mean" in by_title:
            continue
        if each.title == "Max" and "Min" in by_title:
            continue
        if each.title == "Mean" and "SD" in by_title:
            lines.append(f"{each.name} {value_text(each)} ± {reading_text(by_title['SD'])}")
        elif each.title == "Min" and "Max" in by_title:
            lines.append(f"{each.name} {value_text(each)}  {by_title['Max'].name} {reading_text(by_title['Max'])}")
        else:
            lines.append(f"{each.name} {reading_text(each)}")
    return lines


def _once(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part for text in texts for part in text.split("; ") if part))
