"""States among the open files: found by their images, put on and taken off, named, and the reader's own by itself."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom.dataset import Dataset

from tests.builders.gray_images import data_set, write
from tests.builders.presentation_states import displayed_area, presentation_state, window
from viewer.base.byte_source import FileBytes
from viewer.dicom.header_scan import scan_header
from viewer.imaging.spatial_transform import FitMode
from viewer.imaging.voi_lut import Window
from viewer.workspace.commands.table import BY_ID
from viewer.workspace.display_set_catalogue import DisplaySetCatalogue
from viewer.workspace.presenting.applying import (
    NATIVE,
    apply,
    choices_at,
    is_changed,
    next_choice,
    presentation_of,
)
from viewer.workspace.presenting.own_states import OwnStates
from viewer.workspace.presenting.state_book import StateBook
from viewer.workspace.presenting.state_words import state_detail, state_title
from viewer.workspace.study_tree import StudyTree
from viewer.workspace.workspace import SharedState, Workspace


class Opened:
    """A workspace with a book of states over made files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.tree = StudyTree()
        shared = SharedState(self.tree, DisplaySetCatalogue(self.tree), lambda _paths: None)
        self.book = shared.states = StateBook(self.tree)
        self.workspace = Workspace(shared)
        self._count = 0

    def add(self, *made: Dataset) -> None:
        headers = []
        for each in made:
            self._count += 1
            headers.append(scan_header(FileBytes(write(self.folder / f"{self._count}.dcm", each))))
        self.tree.add(headers)

    def show(self) -> None:
        for series in self.tree.all_series():
            found = [each for each in self.workspace.catalogue.of_series(series.key) if each.is_image]
            if found:
                self.workspace.show(found[0].key)


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    return Opened(tmp_path)


def image(number: int = 1, **elements: Any) -> Dataset:
    return data_set(
        np.zeros((20, 30), np.uint16), SOPInstanceUID=f"1.2.3.4.{number}", InstanceNumber=number, **elements
    )


def state(*images: Dataset, uid: str = "1.2.3.99", **elements: Any) -> Dataset:
    return presentation_state(*images, SOPInstanceUID=uid, **elements)


@pytest.mark.parametrize("states_first", [False, True])
def test_states_are_found_whichever_came_first(opened: Opened, states_first: bool) -> None:
    one = image()
    both = [[one], [state(one)]]
    for group in reversed(both) if states_first else both:
        opened.add(*group)
    opened.show()
    (choice,) = choices_at(opened.workspace, 0)
    assert (choice.state.label, choice.reason) == ("MADE", "")
    assert not opened.book.is_reading


def test_the_newest_comes_first_and_what_does_not_fit_last_with_its_reason(opened: Opened) -> None:
    one, two = image(1), image(2)
    opened.add(one, two)
    opened.add(
        state(one, uid="9.1", PresentationCreationDate="20240101", ContentLabel="OLD"),
        state(one, uid="9.2", PresentationCreationDate="20250101", ContentLabel="NEW"),
        state(two, uid="9.3", PresentationCreationDate="20260101", ContentLabel="OTHER"),
    )
    opened.show()
    choices = choices_at(opened.workspace, 0)
    assert [choice.state.label for choice in choices] == ["NEW", "OLD", "OTHER"]
    assert [bool(choice.reason) for choice in choices] == [False, False, True]


def test_a_state_that_cannot_be_read_is_told(opened: Opened) -> None:
    one = image()
    opened.add(one, state(one, ImageRotation=45))
    (unread,) = opened.book.unread("1.2.3")
    assert (unread.label, "45" in unread.reason) == ("MADE", True)


def test_putting_on_and_taking_off_is_undone(opened: Opened) -> None:
    one = image()
    area = displayed_area((5, 5), (20, 15))
    opened.add(one, state(one, ImageRotation=90, ImageHorizontalFlip="Y", DisplayedAreaSelectionSequence=[area]))
    opened.show()
    workspace = opened.workspace
    before = workspace.viewport(0)
    assert apply(workspace, 0, "1.2.3.99") == ""
    shown = workspace.viewport(0)
    assert shown.presentation == "1.2.3.99"
    assert (shown.transform.rotation_deg, shown.transform.is_flipped) == (90.0, True)
    assert shown.transform.area == (4.0, 4.0, 20.0, 15.0)
    workspace.undo()
    assert workspace.viewport(0) == before
    workspace.redo()
    assert workspace.viewport(0) == shown
    apply(workspace, 0, "")
    assert workspace.viewport(0) == before


def test_keys_go_through_the_states_that_fit_and_back_to_the_image(opened: Opened) -> None:
    one, two = image(1), image(2)
    opened.add(one, two, state(one, uid="9.1"), state(one, uid="9.2", ContentLabel="SECOND"), state(two, uid="9.3"))
    opened.show()
    seen = []
    for _step in range(3):
        uid = next_choice(opened.workspace, 0)
        assert uid is not None
        apply(opened.workspace, 0, uid)
        seen.append(uid)
    assert seen == ["9.1", "9.2", ""]


def test_a_window_of_the_readers_own_is_a_change_of_the_state(opened: Opened) -> None:
    one = image()
    opened.add(one, state(one, SoftcopyVOILUTSequence=[window(40, 400)]))
    opened.show()
    workspace = opened.workspace
    apply(workspace, 0, "1.2.3.99")
    shown, at = workspace.viewport(0), workspace.image_at(0)
    presentation = opened.book.get("1.2.3.99")
    assert presentation is not None
    assert at is not None
    assert not is_changed(shown, presentation, at, None)
    assert is_changed(replace(shown, view=replace(shown.view, voi=Window(1, 2))), presentation, at, None)
    assert is_changed(replace(shown, transform=shown.transform.rotated(90)), presentation, at, None)


def test_over_other_images_the_state_is_not_applied_and_says_why(opened: Opened) -> None:
    one, two = image(1), image(2)
    opened.add(one, two, state(one))
    opened.show()
    apply(opened.workspace, 0, "1.2.3.99")
    opened.workspace.set_index(1)
    shown = opened.workspace.viewport(0)
    presentation, reason = presentation_of(opened.book, shown, opened.workspace.image_at(0))
    assert presentation is None
    assert "other images of this series" in reason
    opened.workspace.set_index(0)
    assert presentation_of(opened.book, shown, opened.workspace.image_at(0))[0] is not None


def test_a_state_of_another_study_is_refused(opened: Opened) -> None:
    one = image()
    opened.add(one, state(one, StudyInstanceUID="7.7.7"))
    opened.show()
    assert "another study" in apply(opened.workspace, 0, "1.2.3.99")
    assert opened.workspace.viewport(0).presentation == ""


def test_true_size_needs_the_monitors_pitch(opened: Opened) -> None:
    one = image()
    area = displayed_area((1, 1), (30, 20), "TRUE SIZE", PresentationPixelSpacing=[0.5, 0.5])
    opened.add(one, state(one, DisplayedAreaSelectionSequence=[area]))
    opened.show()
    assert "true size" in apply(opened.workspace, 0, "1.2.3.99")
    opened.workspace.window = item_with(screen_pixels_per_mm=lambda _cell=None: 4.0)
    apply(opened.workspace, 0, "")
    assert apply(opened.workspace, 0, "1.2.3.99") == ""
    transform = opened.workspace.viewport(0).transform
    assert (transform.fit, transform.zoom) == (FitMode.FIXED, 2.0)


def item_with(**members: object) -> Any:
    return type("Window", (), {name: staticmethod(member) for name, member in members.items()})()  # type: ignore[arg-type]


def test_lines_of_the_list_say_who_and_when(opened: Opened) -> None:
    one = image()
    opened.add(one, state(one))
    made = opened.book.get("1.2.3.99")
    assert made is not None
    assert (state_title(made), state_detail(made)) == ("MADE · made for a test", "READER One · 2026-01-02 10:15")


@pytest.mark.parametrize(
    ("reader", "is_wanted", "expected"),
    [
        ("Reader One", True, "9.2"),
        ("reader^one", True, "9.2"),
        ("Other", True, ""),
        ("", True, ""),
        ("Reader One", False, ""),
    ],
)
def test_only_the_readers_own_newest_is_put_on_by_itself(
    opened: Opened, reader: str, is_wanted: bool, expected: str
) -> None:
    one = image()
    own = OwnStates(opened.workspace, lambda: is_wanted, lambda: reader)
    opened.add(one)
    opened.show()
    opened.add(
        state(one, uid="9.1", PresentationCreationDate="20240101"),
        state(one, uid="9.2", PresentationCreationDate="20250101"),
        state(one, uid="9.3", ContentCreatorName="Somebody^Else"),
    )
    assert opened.workspace.viewport(0).presentation == expected
    own.close()


def test_what_the_reader_took_off_does_not_come_back(opened: Opened) -> None:
    one = image()
    own = OwnStates(opened.workspace, lambda: True, lambda: "Reader One")
    opened.add(one, state(one))
    opened.show()
    assert opened.workspace.viewport(0).presentation == "1.2.3.99"
    apply(opened.workspace, 0, "")
    opened.add(state(one, uid="9.9", PresentationCreationDate="20270101"))
    assert opened.workspace.viewport(0).presentation == ""
    own.close()


def test_closed_states_are_forgotten(opened: Opened) -> None:
    one = image()
    opened.add(one, state(one))
    assert opened.book.get("1.2.3.99") is not None
    opened.tree.clear()
    assert opened.book.get("1.2.3.99") is None
    assert not opened.book.is_reading


def test_native_is_no_state(opened: Opened) -> None:
    one = image()
    opened.add(one)
    opened.show()
    apply(opened.workspace, 0, NATIVE)
    assert presentation_of(opened.book, opened.workspace.viewport(0), opened.workspace.image_at(0)) == (None, "")


def test_reset_goes_back_to_how_the_state_begins(opened: Opened) -> None:
    one = image()
    opened.add(one, state(one, ImageRotation=180, ImageHorizontalFlip="N"))
    opened.show()
    workspace = opened.workspace
    apply(workspace, 0, "1.2.3.99")
    begun = workspace.viewport(0)
    workspace.change(
        replace(begun, transform=begun.transform.rotated(90), view=replace(begun.view, inverted=True)), "Turn"
    )
    BY_ID["view.reset"].run(workspace)
    assert workspace.viewport(0) == begun
