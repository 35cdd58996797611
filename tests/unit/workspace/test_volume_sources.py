"""Which display sets may be volumes, cheaply; and which are phases of one."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.builders.phantoms import ramp, upright_stack, write_phantom
from viewer.base.byte_source import FileBytes
from viewer.dicom.header_scan import scan_header
from viewer.workspace.display_set import DisplaySet, DisplaySetKind
from viewer.workspace.display_sets import display_sets_of
from viewer.workspace.volume_sources import phases_of, volume_refusal

STACK = upright_stack((6, 5, 4))


class Sets:
    """A catalogue of one series."""

    def __init__(self, sets: tuple[DisplaySet, ...]) -> None:
        self._sets = sets

    def of_series(self, series_key: str) -> tuple[DisplaySet, ...]:
        assert series_key == "series"
        return self._sets


def sets_of(folder: Path) -> tuple[DisplaySet, ...]:
    return display_sets_of("series", [scan_header(FileBytes(path)) for path in sorted(folder.iterdir())])


def write(folder: Path, number: int, **elements: object) -> None:
    write_phantom(folder, STACK, ramp((1, 1, 1)), first_number=100 * number, elements=elements)


@pytest.mark.parametrize(
    ("elements", "part"),
    [
        ({}, ""),
        ({"ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"]}, "Localizers"),
        ({"VolumetricProperties": "DISTORTED"}, "distorted"),
        ({"VolumetricProperties": "VOLUME"}, ""),
    ],
)
def test_refusals_are_told_in_words(tmp_path: Path, elements: dict[str, object], part: str) -> None:
    write(tmp_path, 1, **elements)
    (display_set,) = sets_of(tmp_path)
    assert part in volume_refusal(display_set)
    assert bool(volume_refusal(display_set)) is bool(part)


def test_one_image_and_unplaced_images_are_refused(tmp_path: Path) -> None:
    write(tmp_path, 1)
    (display_set,) = sets_of(tmp_path)
    assert "One image" in volume_refusal(replace(display_set, images=display_set.images[:1]))
    assert "where they lie" in volume_refusal(replace(display_set, geometry=None))
    assert "still being read" in volume_refusal(replace(display_set, is_final=False))
    assert "video" in volume_refusal(replace(display_set, kind=DisplaySetKind.VIDEO))


def test_times_are_phases_and_flavours_are_not(tmp_path: Path) -> None:
    write(tmp_path, 1, TemporalPositionIdentifier=1, ConvolutionKernel="SOFT")
    write(tmp_path, 2, TemporalPositionIdentifier=2, ConvolutionKernel="SOFT")
    write(tmp_path, 3, TemporalPositionIdentifier=1, ConvolutionKernel="BONE")
    write(tmp_path, 4, TemporalPositionIdentifier=2, ConvolutionKernel="BONE")
    sets = sets_of(tmp_path)
    assert len(sets) == 4
    for each in sets:
        phases = phases_of(each, Sets(sets))
        assert len(phases) == 2
        assert each in phases
        kernels = {phase.images[0].header.ascii(0x00181210) for phase in phases}
        assert len(kernels) == 1


def test_stacks_at_other_positions_are_no_phases(tmp_path: Path) -> None:
    write(tmp_path, 1)
    write_phantom(
        tmp_path, upright_stack((6, 5, 4), orientation=(0, 1, 0, 0, 0, -1)), ramp((1, 1, 1)), first_number=500
    )
    sets = sets_of(tmp_path)
    assert len(sets) == 2
    assert all(phases_of(each, Sets(sets)) == (each,) for each in sets)


def test_a_set_that_is_gone_stands_alone(tmp_path: Path) -> None:
    write(tmp_path, 1)
    (display_set,) = sets_of(tmp_path)
    assert phases_of(display_set, Sets(())) == (display_set,)
