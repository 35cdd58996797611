"""Scrolling with everything linked: nine viewports over a thousand images each, before any pixel is drawn.

What linking adds to a step is measured against sorting nothing at all: a step is below a millisecond wherever the same
machine looks a thousand numbers up in well under that; the strict limit is a campaign for a quiet machine.
"""

import struct
import time
from collections.abc import Callable

import numpy as np
import pytest

from viewer.base.byte_source import FileBytes
from viewer.dicom.instance_header import InstanceHeader, PixelDataLocation
from viewer.workspace.display_set_catalogue import DisplaySetCatalogue
from viewer.workspace.study_tree import StudyTree
from viewer.workspace.synchronization import Synchronizer
from viewer.workspace.workspace import SharedState, Workspace

VIEWPORTS, IMAGES, STEPS = 9, 1000, 300
STEP_MS = 5.0
"""A frame of a 120 Hz screen is 8 ms; the pixels of nine viewports take the rest and more."""
TIMES_A_SORT = 25.0


def _header(series: int, index: int, z: float) -> InstanceHeader:
    texts = {
        0x00080016: "1.2.840.10008.5.1.4.1.1.2",
        0x00080018: f"1.2.{series}.{index}",
        0x00080060: "CT",
        0x00100020: "1",
        0x0020000D: "1.3",
        0x0020000E: f"1.3.{series}",
        0x00200011: str(series),
        0x00200013: str(index),
        0x00200032: f"0\\0\\{z:.6f}",
        0x00200037: "1\\0\\0\\0\\1\\0",
        0x00200052: "1.4",
        0x00280030: "1\\1",
    }
    elements = {tag: text.encode() for tag, text in texts.items()}
    elements |= {0x00280010: struct.pack("<H", 512), 0x00280011: struct.pack("<H", 512)}
    elements |= {0x00280100: struct.pack("<H", 16), 0x00280002: struct.pack("<H", 1)}
    pixels = PixelDataLocation(0x7FE00010, 2000, 512 * 512 * 2)
    return InstanceHeader(FileBytes(f"/nowhere/{series}/{index}"), "1.2.840.10008.1.2.1", elements, pixels)  # type: ignore[arg-type]  # never read


@pytest.fixture(scope="module")
def workspace() -> Workspace:
    tree = StudyTree()
    shared = SharedState(tree, DisplaySetCatalogue(tree), lambda _paths: None)
    rng = np.random.default_rng(7)
    for series in range(VIEWPORTS):
        positions = np.cumsum(rng.uniform(0.4, 0.8, IMAGES))
        tree.add([_header(series, index, z) for index, z in enumerate(positions)])
    made = Workspace(shared)
    Synchronizer(shared)
    made.set_layout(3, 3)
    for cell, each in enumerate(tree.all_series()):
        made.show_series(each.key, cell)
    return made


def _step_s(workspace: Workspace) -> float:
    """The median of many steps there and back."""
    times = []
    for step in range(STEPS):
        index = 1 + step * 3 % (IMAGES - 2)
        start = time.perf_counter()
        workspace.set_index(index, 0)
        times.append(time.perf_counter() - start)
    return float(np.median(times))


def _sort_s() -> float:
    """A piece of work of the same run: sorting a thousand texts by the numbers in them."""
    texts = [f"{value:.6f}" for value in np.random.default_rng(1).uniform(0, 600, IMAGES)]
    times = []
    for _each in range(50):
        start = time.perf_counter()
        sorted(texts, key=float)
        times.append(time.perf_counter() - start)
    return float(np.median(times))


def test_a_linked_step_is_short_beside_other_work(
    workspace: Workspace, record_property: Callable[[str, object], None]
) -> None:
    workspace.shared.linking.change(links_scroll=True)
    linked, sorting = _step_s(workspace), _sort_s()
    record_property("linked step (ms)", round(linked * 1000, 3))
    record_property("sorting 1000 (ms)", round(sorting * 1000, 3))
    shown = {workspace.viewport(cell).index for cell in range(VIEWPORTS)}
    assert len(shown) > 1  # by place, not by number
    assert linked < sorting * TIMES_A_SORT


@pytest.mark.campaign
def test_a_linked_step_leaves_the_frame_to_the_pixels(workspace: Workspace) -> None:
    workspace.shared.linking.change(links_scroll=True)
    assert _step_s(workspace) * 1000 < STEP_MS
