import numpy as np
import pytest

from viewer.imaging.spatial_transform import Point
from viewer.measurement.ground import Ground, GroundValues
from viewer.workspace.measuring.snapping import edge_near


def ground(refusal: str = "") -> Ground:
    """Return a bright disc of radius 10 about (32, 32)."""
    rows, columns = np.indices((64, 64))
    values = np.where(np.hypot(columns + 0.5 - 32, rows + 0.5 - 32) < 10, 100.0, 0.0)
    return Ground(64, 64, refusal=refusal, read_values=lambda: GroundValues(values, None))


@pytest.mark.parametrize("at", [(40.0, 32.0), (44.5, 32.0), (32.0, 21.0), (26.0, 26.5)])
def test_a_point_is_drawn_to_the_edge_near_it(at: Point) -> None:
    found = edge_near(ground(), at, 4.0)
    assert found is not None
    assert np.hypot(found[0] - 32, found[1] - 32) == pytest.approx(10, abs=1.1)
    assert np.hypot(found[0] - at[0], found[1] - at[1]) <= 4.0


@pytest.mark.parametrize("at", [(32.0, 32.0), (5.0, 5.0), (-30.0, 10.0)])
def test_where_no_edge_is_near_there_is_none(at: Point) -> None:
    assert edge_near(ground(), at, 4.0) is None


def test_nothing_is_drawn_to_what_may_not_be_measured() -> None:
    assert edge_near(ground("Distorted"), (42.0, 32.0), 4.0) is None
    assert edge_near(Ground(64, 64), (42.0, 32.0), 4.0) is None


def test_noise_is_no_edge_and_an_edge_in_noise_is_one() -> None:
    noise = np.random.default_rng(1).normal(0.0, 5.0, (64, 64))
    flat = Ground(64, 64, read_values=lambda: GroundValues(noise, None))
    assert edge_near(flat, (32.0, 32.0), 4.0) is None
    stepped = noise + np.where(np.arange(64) < 32, 0.0, 200.0)
    found = edge_near(Ground(64, 64, read_values=lambda: GroundValues(stepped, None)), (34.0, 32.0), 4.0)
    assert found is not None
    assert found[0] == pytest.approx(32.0, abs=0.6)
