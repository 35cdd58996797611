"""Whether a registration is to be trusted: what was measured on real series whose truth is known, and made ones."""

import math
from typing import Any

import numpy as np
import pytest

from viewer.base.jobs import Progress
from viewer.dicom.frame_transform import IDENTITY, FrameTransform
from viewer.dicom.image_plane import Vector
from viewer.imaging.frame_state import FrameState, PatientIdentity
from viewer.imaging.modality_lut import Rescale
from viewer.imaging.stored_frame import PixelDescription
from viewer.volume.registration import RegisterVolumes, RegistrationResult
from viewer.volume.registration_judgement import NOTHING_FOUND, SAME, Difference, Measures, difference, doubt_of
from viewer.volume.registration_search import Search
from viewer.volume.series_volume import SeriesVolume
from viewer.volume.volume_geometry import VolumeGeometry

_TURNED = FrameTransform((0, -1, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1))


@pytest.mark.parametrize(
    ("before", "after", "overlap", "moved", "turned", "ways"),
    [  # two patients of ../shared/data/pet-ct-mr-rt, cropped to a tumour: nothing should have moved
        pytest.param(0.580, 0.588, 0.81, 4.6, 1.5, Difference(1.1, 0.3), id="PET onto CT, 8 mm off at a corner"),
        pytest.param(0.386, 0.407, 0.86, 8.3, 4.4, Difference(2.1, 0.6), id="PET onto CT, 18 mm off at a corner"),
        pytest.param(0.642, 0.681, 1.00, 1.8, 2.9, Difference(31.0, 7.9), id="MR onto CT, 6 mm off at a corner"),
        pytest.param(0.309, 0.405, 0.87, 15.9, 10.9, Difference(26.0, 7.7), id="MR onto CT, 37 mm off at a corner"),
        pytest.param(0.245, 0.289, 0.84, 23.5, 17.9, Difference(107.9, 23.5), id="MR onto PET"),
        pytest.param(0.250, 0.219, 0.68, 55.1, 33.7, Difference(4.6, 1.5), id="PET onto MR"),
    ],
)
def test_what_is_known_to_have_gone_wrong_is_doubtful(
    before: float, after: float, overlap: float, moved: float, turned: float, ways: Difference
) -> None:
    assert doubt_of(Measures(before, after, overlap, moved, turned, ways))


@pytest.mark.parametrize(
    ("measures", "words"),
    [
        (Measures(0.4, 1.1, 0.9, 12.0, 9.0, Difference(0.6, 0.2)), ""),
        (Measures(None, 1.1, 0.9, 250.0, 9.0, SAME), ""),
        (Measures(1.1, 1.1, 1.0, 0.0, 0.0, SAME), ""),
        (Measures(1.1, 1.12, 1.0, 1.0, 0.5, SAME), ""),
        (Measures(0.4, 1.1, 0.9, 12.0, 9.0, Difference(12.4, 3.0)), "the two ways differ by 12 mm"),
        (Measures(0.4, 1.1, 0.9, 12.0, 9.0, Difference(1.0, 3.0)), "the two ways differ by 3°"),
        (Measures(0.4, 1.1, 0.9, 12.0, 9.0, NOTHING_FOUND), "laid the other way round, nothing was found"),
        (Measures(0.4, 0.3, 0.9, 1.0, 0.0, SAME), "it agrees no better than before"),
        (Measures(0.4, 0.42, 0.9, 5.0, 0.0, SAME), "it agrees hardly better than before"),
        (Measures(None, 1.1, 0.2, 5.0, 40.0, SAME), "only 20 % overlaps; it is turned by 40°"),
    ],
)
def test_reasons_are_said(measures: Measures, words: str) -> None:
    assert doubt_of(measures) == words


def test_ways_are_compared_where_both_show_something() -> None:
    points = np.array([[0.0, 0.0, 0.0], [30.0, 40.0, 5.0]])
    found = difference(points, _TURNED, IDENTITY)
    assert found.mm == pytest.approx(50 * math.sqrt(2))
    assert found.deg == pytest.approx(90)
    assert difference(points, _TURNED, _TURNED) == SAME
    assert difference(points, _TURNED, None) == difference(points[:0], _TURNED, _TURNED) == NOTHING_FOUND


def _cloud(frame: str, seed: int, origin_mm: Vector = (0.0, 0.0, 0.0)) -> SeriesVolume:
    """Soft clouds that have nothing to do with those of another seed."""
    values = np.random.default_rng(seed).normal(0, 1, (40, 40, 40))
    for axis in range(3):
        values = np.sum([np.roll(values, step, axis) for step in range(-3, 4)], axis=0)
    stored = np.round(values * 40 + 1000).astype(np.int16)
    axes = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
    geometry = VolumeGeometry((40, 40, 40), (2.0, 2.0, 2.0), origin_mm, axes, frame)
    state = FrameState(PatientIdentity(), "1.2", "1.2.840.10008.5.1.4.1.1.4", "MR", 1, PixelDescription(40, 40))
    return SeriesVolume(frame, 1, geometry, (stored,), Rescale(), state)


def test_volumes_that_have_nothing_to_do_with_each_other_are_doubtful() -> None:
    pytest.importorskip("SimpleITK")
    result: RegistrationResult = RegisterVolumes(_cloud("1.1", 1), _cloud("1.2", 2)).run(Progress())
    assert result.is_doubtful
    assert result.ways.mm > 2


def test_a_way_that_lost_itself_says_nothing_against_the_one_that_found(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("SimpleITK")
    laid, ways = Search._laid, []

    def lost(self: Search, *asked: Any) -> FrameTransform | None:
        ways.append(asked)
        return _TURNED if len(ways) == 2 else laid(self, *asked)

    monkeypatch.setattr(Search, "_laid", lost)
    shift = (6.0, -4.0, 3.0)
    result = RegisterVolumes(_cloud("1.1", 1), _cloud("1.2", 1, shift)).run(Progress())
    assert np.allclose(result.transform.point(shift), (0.0, 0.0, 0.0), atol=0.3)
    assert len(ways) == 4
    assert result.doubt == ""
    ways.clear()
    again = RegisterVolumes(_cloud("1.1", 1), _cloud("1.2", 1, shift)).run(Progress())
    assert np.allclose(again.transform.array, result.transform.array, atol=0.05)
