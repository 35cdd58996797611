import json
import math
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from viewer.dicom.codes import Code
from viewer.dicom.image_plane import ImagePlane
from viewer.measurement.annotation import Annotation, ImageAnchor, PlaneAnchor, Provenance
from viewer.measurement.reading import Reading, Unit
from viewer.measurement.user_calibration import UserCalibration
from viewer.workspace.measuring.annotation_json import annotation_of, annotation_table
from viewer.workspace.measuring.calibration_json import calibration_of, calibration_table
from viewer.workspace.measuring.journal_lines import ANNOTATION, CALIBRATION, DamagedLine, JournalLine, decoded, encoded

TEXT = st.text(max_size=8)
NUMBER = st.floats(allow_nan=False)
POINT = st.tuples(NUMBER, NUMBER)
CODE = st.builds(Code, TEXT, TEXT, TEXT)
ANGLE = st.floats(0, 6.3)
SPACING = st.floats(1e-3, 10)
PLANE = st.builds(
    lambda position, a, b, row, column: ImagePlane(
        position,
        (math.cos(a), math.sin(a), 0.0),
        (-math.sin(a) * math.cos(b), math.cos(a) * math.cos(b), math.sin(b)),
        row,
        column,
    ),
    st.tuples(SPACING, SPACING, SPACING),
    ANGLE,
    ANGLE,
    SPACING,
    SPACING,
)
IMAGE_ANCHOR = st.builds(
    ImageAnchor, TEXT, TEXT, TEXT, TEXT, frame_number=st.integers(), tile=st.integers(), frame_of_reference_uid=TEXT
)
PLANE_ANCHOR = st.builds(
    PlaneAnchor,
    TEXT,
    TEXT,
    TEXT,
    PLANE,
    st.integers(),
    st.integers(),
    thickness_mm=NUMBER,
    projection=TEXT,
    is_deep=st.booleans(),
    phase=st.integers(),
)
READING = st.builds(
    Reading,
    CODE,
    TEXT,
    st.none() | NUMBER,
    st.builds(Unit, TEXT, TEXT),
    source=TEXT,
    derivation=st.none() | CODE,
    refusal=TEXT,
    caution=TEXT,
)
ANNOTATIONS = st.builds(
    Annotation,
    TEXT,
    TEXT,
    IMAGE_ANCHOR | PLANE_ANCHOR,
    st.lists(POINT, max_size=4).map(tuple),
    text=TEXT,
    parameters=st.lists(st.tuples(TEXT, TEXT | NUMBER), max_size=3).map(tuple),
    colour=TEXT,
    group=TEXT,
    is_locked=st.booleans(),
    is_hidden=st.booleans(),
    finding=st.none() | CODE,
    site=st.none() | CODE,
    tracking_id=TEXT,
    tracking_uid=TEXT,
    readings=st.lists(READING, max_size=2).map(tuple),
    provenance=st.builds(Provenance, *[TEXT] * 6),
)
CALIBRATIONS = st.builds(
    UserCalibration,
    TEXT,
    TEXT,
    st.tuples(POINT, POINT),
    NUMBER,
    aspect=NUMBER,
    frame_number=st.integers(0),
    by=TEXT,
    at=TEXT,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ANNOTATIONS)
def test_an_annotation_comes_back_as_it_was_to_the_last_bit(annotation: Annotation) -> None:
    text = json.dumps(annotation_table(annotation), allow_nan=False)
    assert annotation_of(json.loads(text)) == annotation
    line = JournalLine((ANNOTATION, annotation.uid), "1.2", annotation)
    written = encoded(line)
    assert written.endswith(b"\n")
    assert written.count(b"\n") == 1
    assert decoded(written[:-1]) == line


@settings(max_examples=50, deadline=None)
@given(CALIBRATIONS)
def test_a_calibration_comes_back_as_it_was(calibration: UserCalibration) -> None:
    assert calibration_of(json.loads(json.dumps(calibration_table(calibration)))) == calibration
    line = JournalLine((CALIBRATION, "1.5"), "1.2", calibration)
    assert decoded(encoded(line)[:-1]) == line


def test_every_field_there_is_is_written() -> None:
    strategies: tuple[tuple[Any, Any], ...] = (
        (ANNOTATIONS, Annotation),
        (READING, Reading),
        (CALIBRATIONS, UserCalibration),
    )
    for strategy, kind in strategies:
        built = strategy.wrapped_strategy
        named = [each.name for each in fields(kind)]
        more = set(named[len(built.args) :])
        assert more == set(built.kwargs), f"{kind.__name__}: write the new field into the journal"


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, -0.0, 5e-324, 0.1 + 0.2])
def test_numbers_that_json_has_no_word_for_come_back(value: float) -> None:
    anchor = ImageAnchor("1", "2", "3", "4")
    annotation = Annotation("u", "length", anchor, ((value, value),), parameters=(("n", value), ("t", "nan")))
    found = annotation_of(json.loads(json.dumps(annotation_table(annotation), allow_nan=False)))
    assert repr(found) == repr(annotation)


@pytest.mark.parametrize(
    "change",
    [
        {"uid": 5},
        {"points": [[1]]},
        {"points": [["1", 2]]},
        {"points": [[True, 2]]},
        {"anchor": {}},
        {"anchor": None},
        {"is_locked": 1},
        {"readings": [{}]},
        {"provenance": []},
        {"finding": ["a", "b"]},
        {"parameters": [["a", 1.0, "word"]]},
    ],
)
def test_what_is_no_annotation_is_refused(change: dict[str, object]) -> None:
    table = annotation_table(Annotation("u", "length", ImageAnchor("1", "2", "3", "4"), ((1.0, 2.0),)))
    with pytest.raises(ValueError, match=r"\w"):
        annotation_of({**table, **change})


def test_a_line_with_any_byte_changed_is_refused() -> None:
    line = JournalLine(
        (ANNOTATION, "u"), "1.2", Annotation("u", "text", ImageAnchor("1", "2", "3", "4"), ((1.0, 2.0),))
    )
    written = encoded(line)[:-1]
    for place in range(len(written)):
        broken = bytearray(written)
        broken[place] ^= 1
        with pytest.raises(ValueError, match=r"\w"):
            decoded(bytes(broken))
    for place in range(len(written)):
        with pytest.raises(ValueError, match=r"\w"):
            decoded(written[:place])
    assert issubclass(DamagedLine, ValueError)


def test_what_a_newer_version_wrote_is_known_as_such() -> None:
    for body in (
        '{"v":2,"type":"annotation","study":"1","uid":"u","is":7}',
        '{"v":1,"type":"hologram","study":"1","uid":"u"}',
    ):
        import zlib

        line = decoded(f'{body[:-1]},"crc":"{zlib.crc32(body.encode()):08x}"}}'.encode())
        assert line.is_newer
        assert line.key[1] == "u"
        assert line.value is None
