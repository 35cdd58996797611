"""Truth: the table of PS3.3 10.7 and digest written out again case by case, and generated hostile values."""

import math
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from viewer.base.byte_source import FileBytes
from viewer.dicom.instance_header import InstanceHeader
from viewer.dicom.pixel_spacing import PixelSpacing, SpacingAttributes, SpacingSource, pixel_spacing, spacing_of

A, B = (0.2, 0.1), (0.15, 0.05)

CASES = [
    (SpacingAttributes("CT", pixel_spacing=A), SpacingSource.PATIENT, A),
    (SpacingAttributes("CT"), SpacingSource.UNKNOWN, None),
    (SpacingAttributes("DX", pixel_spacing=B, imager_spacing=A), SpacingSource.CALIBRATED, B),
    (SpacingAttributes("DX", pixel_spacing=A, imager_spacing=A), SpacingSource.DETECTOR, A),
    (SpacingAttributes("DX", pixel_spacing=(0.20000001, 0.1), imager_spacing=A), SpacingSource.DETECTOR, A),
    (SpacingAttributes("DX", imager_spacing=A), SpacingSource.DETECTOR, A),
    (SpacingAttributes("CR", pixel_spacing=A, calibration_type="FIDUCIAL"), SpacingSource.FIDUCIAL, A),
    (SpacingAttributes("CR", pixel_spacing=A, imager_spacing=A, calibration_type="GEOMETRY"),
     SpacingSource.GEOMETRY, A),
    (SpacingAttributes("US", pixel_spacing=A), SpacingSource.UNCERTAIN, A),
    (SpacingAttributes("CR", pixel_spacing=A), SpacingSource.UNCERTAIN, A),
    (SpacingAttributes("MG", imager_spacing=A, magnification=1.25), SpacingSource.ESTIMATED, (0.16, 0.08)),
    (SpacingAttributes("MG", imager_spacing=A, source_detector_mm=660, source_patient_mm=600), SpacingSource.ESTIMATED,
     (0.2 * 600 / 660, 0.1 * 600 / 660)),
    (SpacingAttributes("MG", imager_spacing=A, magnification=0.0), SpacingSource.DETECTOR, A),
    (SpacingAttributes("MG", imager_spacing=A, magnification=0.5), SpacingSource.DETECTOR, A),
    (SpacingAttributes("XA", imager_spacing=A, source_detector_mm=0, source_patient_mm=700), SpacingSource.DETECTOR, A),
    (SpacingAttributes("XA", imager_spacing=A, object_spacing_at_center=B), SpacingSource.ISOCENTER, B),
    (SpacingAttributes("XA", pixel_spacing=A), SpacingSource.UNCERTAIN, A),
    (SpacingAttributes("OT", nominal_scanned_spacing=A), SpacingSource.FILM, A),
    (SpacingAttributes("RTIMAGE", image_plane_spacing=A, source_isocenter_mm=1000, rt_image_sid_mm=1600),
     SpacingSource.ISOCENTER, (0.125, 0.0625)),
    (SpacingAttributes("RTIMAGE", image_plane_spacing=A), SpacingSource.DETECTOR, A),
    (SpacingAttributes("RTIMAGE", pixel_spacing=A), SpacingSource.UNKNOWN, None),
    (SpacingAttributes("OP", pixel_spacing=A), SpacingSource.UNKNOWN, None),
]  # fmt: skip


@pytest.mark.parametrize(("stated", "source", "expected"), CASES)
def test_each_kind_of_data_has_its_spacing_and_its_words(
    stated: SpacingAttributes, source: SpacingSource, expected: tuple[float, float] | None
) -> None:
    spacing = pixel_spacing(stated)
    assert spacing.source is source
    if expected is None:
        assert not spacing.is_known
        assert spacing.distance_mm(3, 4) is None
    else:
        assert (spacing.row_mm, spacing.column_mm) == pytest.approx(expected, rel=1e-6)
        assert spacing.distance_mm(10, 0) == pytest.approx(10 * expected[1], rel=1e-6)
        assert spacing.distance_mm(0, 10) == pytest.approx(10 * expected[0], rel=1e-6)


hostile = st.sampled_from([0.0, -0.5, math.nan, math.inf, -math.inf, 1e-9, 1e9])
sound = st.floats(0.001, 20)
modalities = st.sampled_from(["CT", "MR", "PT", "DX", "CR", "MG", "XA", "RF", "US", "OT", "RTIMAGE", "OP", ""])
fields = st.sampled_from(["pixel_spacing", "imager_spacing", "nominal_scanned_spacing", "object_spacing_at_center",
                          "image_plane_spacing"])  # fmt: skip


@settings(max_examples=1500, deadline=None)
@given(modality=modalities, field=fields, good=sound, bad=hostile, is_first=st.booleans(), other=sound)
def test_an_unsound_value_is_refused_and_nothing_else_is_used_instead(
    modality: str, field: str, good: float, bad: float, is_first: bool, other: float
) -> None:
    values = (bad, good) if is_first else (good, bad)
    stated: dict[str, tuple[float, float]] = {"pixel_spacing": (other, other), field: values}
    spacing = pixel_spacing(SpacingAttributes(modality, **stated))  # type: ignore[arg-type] # keyword of the field
    assert not spacing.is_known
    assert spacing.source is SpacingSource.UNKNOWN
    assert spacing.problem


@settings(max_examples=1500, deadline=None)
@given(modality=modalities, rows=sound, columns=sound, magnification=st.one_of(st.none(), hostile, sound), field=fields)
def test_generated_spacings_are_exact_or_absent(
    modality: str, rows: float, columns: float, magnification: float | None, field: str
) -> None:
    stated = SpacingAttributes(modality, magnification=magnification, **{field: (rows, columns)})  # type: ignore[arg-type] # keyword of the field
    spacing = pixel_spacing(stated)
    if not spacing.is_known:
        return
    factor = 1.0
    if spacing.source is SpacingSource.ESTIMATED:
        assert magnification is not None
        assert 1 <= magnification <= 20
        factor = magnification
    assert spacing.row_mm == pytest.approx(rows / factor, rel=1e-9)
    assert spacing.column_mm == pytest.approx(columns / factor, rel=1e-9)


def header(**elements: str) -> InstanceHeader:
    tags = {"modality": 0x00080060, "pixel": 0x00280030, "imager": 0x00181164, "kind": 0x00280A02, "text": 0x00280A04}
    values = {tags[name]: value.encode() for name, value in elements.items()}
    return InstanceHeader(FileBytes(Path("none")), "1.2.840.10008.1.2.1", values)


def test_a_header_gives_its_spacing() -> None:
    spacing = spacing_of(header(modality="DX", pixel="0.14\\0.15", imager="0.2\\0.2", kind="FIDUCIAL", text="coin "))
    assert spacing == PixelSpacing(0.14, 0.15, SpacingSource.FIDUCIAL, "coin")
    assert spacing.label == "mm (cal. fiducial)"
    assert not spacing_of(header(modality="CT")).is_known


@pytest.mark.parametrize(
    "value", ["0.5", "0.5\\", "0.5\\abc", "nan\\0.5", "0.5\\0.5\\0.5", "0\\0", "-0.5\\0.5", "inf\\1"]
)
def test_a_header_with_an_unsound_spacing_gives_none_and_says_why(value: str) -> None:
    spacing = spacing_of(header(modality="CT", pixel=value))
    assert not spacing.is_known
    assert spacing.problem
