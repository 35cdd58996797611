from dataclasses import replace

import pytest

from viewer.dicom.codes import Code
from viewer.dicom.pixel_spacing import SpacingSource
from viewer.measurement.annotation import Annotation, ImageAnchor
from viewer.measurement.reading import (
    DEGREE,
    HOUNSFIELD,
    MILLIMETER,
    PIXEL,
    SECOND,
    SQUARE_MILLIMETER,
    Reading,
    Unit,
)
from viewer.workspace.measuring.reading_texts import MOST_LINES, label_lines, reading_text

CODE = Code("1", "99TEST", "Something")
MARK = Annotation("u", "length", ImageAnchor("1", "2", "3", "4"), ((0.0, 0.0), (1.0, 1.0)))


def reading(title: str, value: float | None, unit: Unit, source: SpacingSource | None = None) -> Reading:
    return Reading(CODE, title, value, unit, source.value if source is not None else "")


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        (reading("Length", 12.3456, MILLIMETER, SpacingSource.PATIENT), "12.3 mm"),
        (reading("Length", 12.3456, MILLIMETER, SpacingSource.FIDUCIAL), "12.3 mm (cal. fiducial)"),
        (reading("Length", 12.3456, MILLIMETER, SpacingSource.DETECTOR), "12.3 mm at detector"),
        (reading("Area", 12.35, SQUARE_MILLIMETER, SpacingSource.US_REGION), "12.3 mm² · US region"),
        (reading("Length", 12.3456, PIXEL, SpacingSource.UNKNOWN), "12.3 px"),
        (reading("Angle", 90.04, DEGREE, SpacingSource.PATIENT), "90.0°"),
        (reading("Mean", -1000.06, HOUNSFIELD), "−1000.1 HU"),
        (reading("Time", 0.83333, SECOND), "0.833 s"),
        (reading("Mean", 0.0012345, Unit("g/ml{SUVbw}", "g/ml")), "0.001234 g/ml"),
        (reading("Mean", 12345.6, Unit("1", "")), "12346"),
    ],
)
def test_a_number_is_written_with_its_unit_and_where_its_scale_comes_from(given: Reading, wanted: str) -> None:
    assert reading_text(given) == wanted


def test_a_number_alone_needs_no_name_and_several_have_one() -> None:
    length = reading("Length", 12.34, MILLIMETER, SpacingSource.PATIENT)
    assert label_lines(replace(MARK, readings=(length,))) == ("12.3 mm",)
    axes = (replace(length, title="Long axis"), replace(length, title="Short axis", value=15.0))
    assert label_lines(replace(MARK, readings=axes)) == ("Long axis 12.3 mm", "Short axis 15.0 mm")


def test_mean_and_spread_stand_in_one_line() -> None:
    values = {"Area": 100.0, "Perimeter": 40.0, "Mean": 5.0, "SD": 2.5, "Min": -3.0, "Max": 12.0, "Median": 5.0}
    readings = tuple(reading(title, value, HOUNSFIELD) for title, value in values.items())
    lines = label_lines(replace(MARK, readings=readings))
    assert lines == ("Area 100.0 HU", "Mean 5.0 ± 2.5 HU", "Min −3.0  Max 12.0 HU")


def test_a_refusal_is_told_once_and_a_caution_beside_the_number() -> None:
    refused = replace(reading("Area", None, MILLIMETER), refusal="No scale here")
    lines = label_lines(replace(MARK, text="Lesion", readings=(refused, replace(refused, title="Perimeter"))))
    assert lines == ("Lesion", "Not measured: No scale here")
    doubtful = replace(reading("Length", 21.0, MILLIMETER), caution="Lossy")
    assert label_lines(replace(MARK, readings=(doubtful,))) == ("21.0 mm", "⚠ Lossy")


def test_there_are_never_more_lines_than_leave_the_image_in_sight() -> None:
    many = tuple(reading(f"Number {n}", float(n), MILLIMETER) for n in range(20))
    assert len(label_lines(replace(MARK, readings=many))) == MOST_LINES
