"""What phases are a course of."""

from pathlib import Path

import pytest

from tests.builders.phantoms import loaded_volume, ramp, upright_stack, write_phantom
from viewer.volume.phase_axis import phase_axis


def axis_of(folder: Path, values: list[dict[str, object]]) -> tuple[str, str, tuple[float, ...], bool]:
    for number, elements in enumerate(values):
        stack = upright_stack((5, 4, 3))
        write_phantom(folder, stack, ramp((1, 1, 1)), first_number=1 + 10 * number, elements=elements)
    volume = loaded_volume(folder)
    assert len(volume.phases) == len(values)
    found = phase_axis(volume.images)
    return found.title, found.unit, found.values, found.is_stated


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        ([{"AcquisitionTime": "101730.5"}, {"AcquisitionTime": "101741"}], ("Time", "s", (0.0, 10.5), True)),
        (
            [
                {"AcquisitionDate": "20240305", "AcquisitionTime": "235950"},
                {"AcquisitionDate": "20240306", "AcquisitionTime": "000010"},
            ],
            ("Time", "s", (0.0, 20.0), True),
        ),
        (
            [{"TemporalPositionIdentifier": number, "TemporalResolution": 2500} for number in (1, 2, 4)],
            ("Time", "s", (0.0, 2.5, 7.5), True),
        ),
        (
            [{"EchoTime": 5, "EchoNumbers": 1}, {"EchoTime": 15, "EchoNumbers": 2}],
            ("Echo time", "ms", (5.0, 15.0), True),
        ),
        ([{"FrameReferenceTime": 30000}, {"FrameReferenceTime": 90000}], ("Time", "s", (0.0, 60.0), True)),
        ([{"TriggerTime": 0}, {"TriggerTime": 80}, {"TriggerTime": 160}], ("Trigger time", "s", (0, 0.08, 0.16), True)),
        ([{"DiffusionBValue": 0.0}, {"DiffusionBValue": 1000.0}], ("b-value", "s/mm²", (0.0, 1000.0), True)),
        ([{"AcquisitionNumber": 1}, {"AcquisitionNumber": 2}], ("Phase", "", (1.0, 2.0), False)),
    ],
)
def test_axes(
    tmp_path: Path, values: list[dict[str, object]], wanted: tuple[str, str, tuple[float, ...], bool]
) -> None:
    found = axis_of(tmp_path, values)
    assert (found[0], found[1], found[3]) == (wanted[0], wanted[1], wanted[3])
    assert found[2] == pytest.approx(wanted[2])


def test_one_phase_is_no_course(tmp_path: Path) -> None:
    assert axis_of(tmp_path, [{}]) == ("Phase", "", (1.0,), False)
