"""Truth: a second computation that moves four labelled points and reads the letters off, and pydicom-free examples."""

import itertools
import math
from pathlib import Path

import numpy as np
import pytest

from viewer.base.byte_source import FileBytes
from viewer.dicom.instance_header import InstanceHeader
from viewer.dicom.orientation import EdgeLabels, edge_labels, letters, orientation_from, orientation_of

# Where each face of the body lies, as points in the patient: the truth by placing things, not by signs of cosines.
FACES = {"L": (1, 0, 0), "R": (-1, 0, 0), "P": (0, 1, 0), "A": (0, -1, 0), "H": (0, 0, 1), "F": (0, 0, -1)}
ORIENTATIONS = [
    (*a, *b) for a, b in itertools.product(FACES.values(), repeat=2) if not np.dot(a, b)
]  # 24 right ways to lie, and their mirror images by flips: 48
FLIPS = [np.diag([sx, sy]) for sx in (1, -1) for sy in (1, -1)]
TURNS = [
    np.array([[math.cos(t), -math.sin(t)], [math.sin(t), math.cos(t)]]).round() for t in np.arange(4) * math.pi / 2
]


def faces_on_screen(orientation: tuple[int, ...], display: np.ndarray) -> EdgeLabels:
    """Project the six faces of a body onto the screen and see which one lies at which edge."""
    to_image = np.array([orientation[:3], orientation[3:]])
    found: dict[tuple[int, int], str] = {}
    for name, point in FACES.items():
        on_screen = display @ (to_image @ np.array(point))
        if np.any(on_screen):
            found[(round(on_screen[0]), round(on_screen[1]))] = name
    return EdgeLabels(left=found[(-1, 0)], right=found[(1, 0)], top=found[(0, -1)], bottom=found[(0, 1)])


def as_matrix(display: np.ndarray) -> tuple[tuple[float, float], tuple[float, float]]:
    return (float(display[0, 0]), float(display[0, 1])), (float(display[1, 0]), float(display[1, 1]))


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_48_orientations_flips_and_rotations_from_directions_and_from_letters(orientation: tuple[int, ...]) -> None:
    stored = faces_on_screen(orientation, np.eye(2))
    for flip, turn, zoom in itertools.product(FLIPS, TURNS, (1, 0.37)):
        display = zoom * turn @ flip
        expected = faces_on_screen(orientation, turn @ flip)
        assert edge_labels(orientation, (), as_matrix(display)) == expected
        assert edge_labels((), (stored.right, stored.bottom), as_matrix(display)) == expected


def test_all_48_were_seen() -> None:
    seen = set()
    for orientation, flip in itertools.product(ORIENTATIONS, FLIPS):
        labels = edge_labels(orientation, (), as_matrix(flip))
        seen.add((labels.right, labels.bottom))
    assert len(ORIENTATIONS) == 24
    assert len(seen) == 24  # row and column decide: a mirror image differs in the unseen third axis


def test_oblique_directions_name_the_main_axis_first() -> None:
    assert letters((0.9, 0.4, 0.1)) == "LPH"
    assert letters((-0.1, 0.4, -0.9)) == "FPR"
    assert letters((0.00005, -1, 0)) == "A"
    assert letters((0, 0, 0)) == ""
    assert letters((math.nan, 0, 0)) == ""


@pytest.mark.parametrize("angle", np.linspace(0.05, 6.2, 40))
def test_a_free_rotation_turns_the_letters(angle: float) -> None:
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    labels = edge_labels((1, 0, 0, 0, 1, 0), (), as_matrix(turn))
    # What lies to the right on the screen: undo the turn on the screen's right.
    right = turn.T @ np.array([1.0, 0.0])
    main = ("L" if right[0] > 0 else "R") if abs(right[0]) > abs(right[1]) else ("P" if right[1] > 0 else "A")
    assert labels.right[0] == main
    assert edge_labels((), ("L", "P"), as_matrix(turn)) == labels


def test_letters_stand_at_the_right_edges_of_common_views() -> None:
    assert edge_labels((1, 0, 0, 0, 1, 0), ()) == EdgeLabels("R", "L", "A", "P")  # axial
    assert edge_labels((1, 0, 0, 0, 0, -1), ()) == EdgeLabels("R", "L", "H", "F")  # coronal
    assert edge_labels((0, 1, 0, 0, 0, -1), ()) == EdgeLabels("A", "P", "H", "F")  # sagittal
    assert edge_labels((), ("A", "FR")) == EdgeLabels("P", "A", "HL", "FR")  # left MLO


@pytest.mark.parametrize("stated", [(), ("L",), ("L", ""), ("X", "F"), ("LR", "F"), ("LL", "F"), ("LPHF", "F")])
def test_what_is_not_known_stays_blank(stated: tuple[str, ...]) -> None:
    assert edge_labels((), stated) == EdgeLabels()
    assert not edge_labels((1, 0, 0, 1, 0, 0), stated).is_known
    assert not edge_labels((1, 0, 0), stated).is_known


def test_a_display_without_area_has_no_letters() -> None:
    assert not edge_labels((1, 0, 0, 0, 1, 0), (), ((1.0, 1.0), (1.0, 1.0))).is_known


def test_directions_win_over_letters_and_disagreement_is_said() -> None:
    agreeing = orientation_from((1, 0, 0, 0, 1, 0), ("L", "P"))
    assert not agreeing.is_contradictory
    contradictory = orientation_from((1, 0, 0, 0, 1, 0), ("R", "P"))
    assert contradictory.is_contradictory
    assert contradictory.edge_labels() == EdgeLabels("R", "L", "A", "P")
    assert not orientation_from((0.8, 0.6, 0, 0, 0, -1), ("LP", "F")).is_contradictory
    assert not orientation_from((0.8, 0.6, 0, 0, 0, -1), ("L", "F")).is_contradictory


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        (("LE", "CD"), EdgeLabels("RT", "LE", "CR", "CD")),
        (("RTD", "CD"), EdgeLabels("LEV", "RTD", "CR", "CD")),
        (("R", "V"), EdgeLabels("CD", "R", "D", "V")),
        (("L", "DI"), EdgeLabels("M", "L", "PR", "DI")),
        (("PA", "DI"), EdgeLabels("D", "PA", "PR", "DI")),
        (("D", "DI"), EdgeLabels("", "D", "PR", "DI")),
        (("CRV", "LECD"), EdgeLabels("CDD", "CRV", "RTCR", "LECD")),
        (("LER", "X"), EdgeLabels()),
    ],
)
def test_quadrupeds_have_words_of_one_and_two_letters(stated: tuple[str, str], expected: EdgeLabels) -> None:
    assert edge_labels((), stated, is_quadruped=True) == expected


def test_quadruped_directions() -> None:
    assert edge_labels((1, 0, 0, 0, -1, 0), (), is_quadruped=True) == EdgeLabels("RT", "LE", "D", "V")
    assert letters((0, 0, 1), is_quadruped=True) == "CR"
    assert letters((0, 0, 1), is_quadruped=True, body_part="HEAD") == "R"
    assert letters((0, 0, -1), is_quadruped=True, body_part="CARPUS") == "DI"
    assert letters((0, -1, 0), is_quadruped=True, body_part="CARPUS") == ""
    assert orientation_from((1, 0, 0, 0, 1, 0), ("LE", "V"), is_quadruped=True).is_contradictory


def test_a_header_tells_its_orientation() -> None:
    elements = {0x00200020: b"LE\\CD ", 0x00102210: b"QUADRUPED ", 0x00180015: b"CHEST "}
    header = InstanceHeader(FileBytes(Path("none")), "1.2.840.10008.1.2.1", elements)
    assert orientation_of(header).edge_labels() == EdgeLabels("RT", "LE", "CR", "CD")
