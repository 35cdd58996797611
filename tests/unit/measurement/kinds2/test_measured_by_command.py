"""Brush and threshold region through `negatoscope measure`, on a real CT slice, against pydicom and numpy."""

from pathlib import Path

import numpy as np
import pydicom
import pytest
from scipy import ndimage

from viewer.cli.measuring import Asked, measure
from viewer.measurement.kinds.kind import Kind
from viewer.measurement.kinds.table import kind_of

DATA = Path(__file__).resolve().parents[5] / "shared" / "data" / "ct-philips-28"
pytestmark = [pytest.mark.real_data, pytest.mark.skipif(not DATA.is_dir(), reason="the real files are not there")]


def asked(kind: Kind, points: tuple[tuple[float, float], ...], **parameters: float | str) -> Asked:
    return Asked(kind, points, tuple(sorted(parameters.items())), 1, None)


def test_a_threshold_region_of_a_real_slice_equals_scipys() -> None:
    path = sorted(DATA.iterdir())[13]
    stated = pydicom.dcmread(path)
    values = stated.pixel_array * float(stated.RescaleSlope) + float(stated.RescaleIntercept)
    labels, _count = ndimage.label(values < -900)
    inside = labels == labels[256, 256]
    found = measure(path, asked(kind_of("threshold_region"), ((256.5, 256.5),), low=-5000.0, high=-901.0))
    area, mean = (next(each for each in found.readings if each.title == title) for title in ("Area", "Mean"))
    row, column = (float(part) for part in stated.PixelSpacing)
    assert area.value == pytest.approx(inside.sum() * row * column)
    assert mean.value == pytest.approx(values[inside].mean())
    assert not isinstance(found.statistics, str)
    assert found.statistics is not None
    assert found.statistics.count == np.count_nonzero(inside)


def test_a_stroke_of_the_brush_is_measured_too() -> None:
    found = measure(sorted(DATA.iterdir())[13], asked(kind_of("brush"), ((200.0, 200.0), (220.0, 220.0)), radius=3.0))
    assert found.readings[0].title == "Area"
    assert found.readings[0].value is not None
    assert found.readings[0].value > 3.0**2 * 3.14
