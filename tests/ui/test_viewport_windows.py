"""One automatic window for a whole stack: grey means the same from slice to slice."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.builders.ct_series import RESCALE_INTERCEPT, ct_slice, write_ct_series
from tests.ui.viewport_scene import Scene
from viewer.imaging.voi_lut import Window
from viewer.ui.viewports.viewport import Viewport
from viewer.workspace.commands.table import BY_ID

pytestmark = pytest.mark.usefixtures("qtbot")

NO_WINDOW = {"WindowCenter": None, "WindowWidth": None}
SIZE = 48


def _window(viewport: Viewport) -> Window:
    rendered = viewport.shown.rendered
    assert rendered is not None
    assert isinstance(rendered.voi, Window)
    return rendered.voi


def _range_of(*indices: int) -> tuple[float, float]:
    """Return black and white over some slices by numpy: LINEAR is black at its lowest, white at its highest value."""
    values = np.stack([ct_slice(index, SIZE) for index in indices]).astype(int) + RESCALE_INTERCEPT
    return float(values.min()), float(values.max())


def test_scrolling_a_stack_without_windows_keeps_one_window(tmp_path: Path) -> None:
    with Scene(write_ct_series(tmp_path, 61, SIZE, elements=NO_WINDOW)) as scene:
        viewport = scene.show(0, index=30)
        windows = set()
        for index in (30, 0, 12, 60, 31):
            scene.workspace.set_index(index)
            scene.settle()
            windows.add(_window(viewport))
        assert len(windows) == 1
        window = windows.pop()
        # Both ends and the middle are in the sample, and the values rise from slice to slice.
        assert (window.low, window.high) == _range_of(0, 30, 60)
        assert viewport.shown.rendered is not None
        assert "automatic window" in viewport.shown.rendered.notes


def test_two_viewports_of_a_set_have_the_same_window(tmp_path: Path) -> None:
    with Scene(write_ct_series(tmp_path, 40, SIZE, elements=NO_WINDOW)) as scene:
        scene.workspace.set_layout(1, 2)
        scene.show(0, cell=0, index=0)
        scene.show(0, cell=1, index=39)
        assert _window(scene.viewport(0)) == _window(scene.viewport(1))


def test_padding_and_slices_of_nothing_but_padding_do_not_move_the_window(tmp_path: Path) -> None:
    padding = int(ct_slice(0, SIZE)[0, 0])  # the mark in the corner, the brightest value of the first slice
    elements = {**NO_WINDOW, "PixelPaddingValue": padding}
    with Scene(write_ct_series(tmp_path, 2, SIZE, elements=elements)) as scene:
        window = _window(scene.show(0))
        values = np.stack([ct_slice(index, SIZE) for index in (0, 1)]).astype(int)
        kept = values[values != padding] + RESCALE_INTERCEPT
        assert (window.low, window.high) == (kept.min(), kept.max())


def test_the_reader_fits_the_window_to_one_image_and_goes_back(tmp_path: Path) -> None:
    with Scene(write_ct_series(tmp_path, 30, SIZE, elements=NO_WINDOW)) as scene:
        viewport = scene.show(0, index=20)
        held = _window(viewport)
        BY_ID["window.auto"].run(scene.workspace)
        scene.settle()
        assert (_window(viewport).low, _window(viewport).high) == _range_of(20)
        scene.workspace.set_index(0)
        scene.settle()
        assert (_window(viewport).low, _window(viewport).high) == _range_of(20)
        BY_ID["window.own"].run(scene.workspace)
        scene.settle()
        assert _window(viewport) == held


def test_images_with_windows_of_their_own_keep_them(tmp_path: Path) -> None:
    elements = {"WindowCenter": "40", "WindowWidth": "400"}
    with Scene(write_ct_series(tmp_path, 9, SIZE, elements=elements)) as scene:
        assert _window(scene.show(0, index=4)) == Window(40, 400)


def test_a_set_that_grows_gets_a_window_of_all_its_images(tmp_path: Path) -> None:
    paths = write_ct_series(tmp_path, 50, SIZE, elements=NO_WINDOW)
    with Scene(paths[:20]) as scene:
        viewport = scene.show(0)
        assert (_window(viewport).low, _window(viewport).high) == _range_of(0, 19)
        scene.add(paths[20:])
        scene.settle()
        assert (_window(viewport).low, _window(viewport).high) == _range_of(0, 49)


def test_views_that_only_lie_beside_each_other_are_fitted_one_by_one(tmp_path: Path) -> None:
    elements = {**NO_WINDOW, "Modality": "OT", "ImagePositionPatient": None, "ImageOrientationPatient": None}
    with Scene(write_ct_series(tmp_path, 3, SIZE, elements=elements)) as scene:
        assert scene.sets[0].kind.value == "images"
        viewport = scene.show(0)
        first = _window(viewport)
        scene.workspace.set_index(2)
        scene.settle()
        assert _window(viewport) != first
        assert replace(_window(viewport), center=first.center) == first
