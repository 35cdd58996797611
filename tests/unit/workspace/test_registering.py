"""Registrations in force: found objects, our own, undone and redone, and what is offered."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian

from tests.builders.ct_series import write_ct_series
from tests.builders.data_sets import file_meta, item, made_uid
from viewer.base.byte_source import FileBytes
from viewer.dicom.frame_transform import FrameTransform
from viewer.dicom.header_scan import scan_header
from viewer.workspace.display_set_catalogue import DisplaySetCatalogue
from viewer.workspace.image_places import frame_of
from viewer.workspace.link_words import link_notes, link_words
from viewer.workspace.registering import apply, companions, own_joints, partners, take_back
from viewer.workspace.registration_objects import RegistrationObjects
from viewer.workspace.study_tree import StudyTree
from viewer.workspace.synchronization import Synchronizer
from viewer.workspace.workspace import SharedState, Workspace

NOW, THEN, OTHER = (f"1.2.826.0.1.3680043.8.498.{number}" for number in (1, 2, 3))
RIGID, DEFORMABLE = "1.2.840.10008.5.1.4.1.1.66.1", "1.2.840.10008.5.1.4.1.1.66.3"
SHIFT = np.array([[1.0, 0, 0, 5], [0, 1, 0, -6], [0, 0, 1, 7], [0, 0, 0, 1]])


def _series(folder: Path, label: str, frame: str, number: int, **elements: Any) -> list[Path]:
    told = {"FrameOfReferenceUID": frame, "SeriesNumber": number, "StudyDate": f"202{number}0105", **elements}
    return write_ct_series(folder / label, 5, 16, label=label, elements=told)


def _object(folder: Path, label: str, items: list[Dataset], sop_class: str = RIGID) -> Path:
    data_set = item(
        SOPClassUID=sop_class,
        SOPInstanceUID=made_uid(f"registration/{label}"),
        StudyInstanceUID=made_uid("registration/study"),
        SeriesInstanceUID=made_uid("registration/series"),
        Modality="REG",
        PatientID="TEST-CT",
        PatientName="Series^Test",
        ContentLabel=label,
        FrameOfReferenceUID=NOW,
        RegistrationSequence=items,
    )
    data_set.file_meta = file_meta(data_set, ExplicitVRLittleEndian)
    path = folder / f"{label}.dcm"
    data_set.save_as(path, enforce_file_format=True)
    return path


def _item(frame: str = "", images: tuple[str, ...] = ()) -> Dataset:
    matrix = item(
        FrameOfReferenceTransformationMatrix=[f"{value:g}" for value in SHIFT.ravel()],
        FrameOfReferenceTransformationMatrixType="RIGID",
    )
    made = item(MatrixRegistrationSequence=[item(MatrixSequence=[matrix])])
    if frame:
        made.FrameOfReferenceUID = frame
    if images:
        made.ReferencedImageSequence = [item(ReferencedSOPInstanceUID=uid) for uid in images]
    return made


@pytest.fixture
def shared() -> SharedState:
    tree = StudyTree()
    made = SharedState(tree, DisplaySetCatalogue(tree), lambda _paths: None)
    Synchronizer(made)
    return made


Open = Callable[..., None]


@pytest.fixture
def open_files(shared: SharedState) -> Open:
    def add(*paths: Path) -> None:
        shared.tree.add([scan_header(FileBytes(path)) for path in paths])

    return add


def test_an_object_among_the_open_files_joins_frames_and_leaves_with_them(
    shared: SharedState, open_files: Open, tmp_path: Path
) -> None:
    objects = RegistrationObjects(shared.tree, shared.linking)
    open_files(_object(tmp_path, "PRIOR", [_item(THEN)]))
    way = shared.linking.frames.way(THEN, NOW)
    assert way is not None
    assert way.transform.point((1.0, 2.0, 3.0)) == (6.0, -4.0, 10.0)
    assert way.text == "registered (rigid, PRIOR)"
    back = shared.linking.frames.way(NOW, THEN)
    assert back is not None
    assert back.transform.point((6.0, -4.0, 10.0)) == pytest.approx((1.0, 2.0, 3.0))
    shared.tree.clear()
    assert shared.linking.frames.way(THEN, NOW) is None
    objects.close()


def test_images_that_come_later_tell_which_frame_is_meant(
    shared: SharedState, open_files: Open, tmp_path: Path
) -> None:
    RegistrationObjects(shared.tree, shared.linking)
    images = _series(tmp_path, "then", THEN, 3)
    uid = scan_header(FileBytes(images[0])).sop_instance_uid
    open_files(_object(tmp_path, "IMAGES", [_item(images=(uid,))]))
    assert shared.linking.frames.joints == ()
    open_files(*images)
    assert shared.linking.frames.way(THEN, NOW) is not None


def test_a_deformable_object_is_told_and_joins_nothing(shared: SharedState, open_files: Open, tmp_path: Path) -> None:
    told: list[str] = []
    RegistrationObjects(shared.tree, shared.linking, tell=told.append)
    open_files(_object(tmp_path, "BENT", [_item(THEN)], DEFORMABLE))
    assert shared.linking.frames.joints == ()
    assert told == ["The deformable registration BENT is not applied"]
    open_files(*_series(tmp_path, "now", NOW, 2))
    assert len(told) == 1


@pytest.fixture
def workspace(shared: SharedState, open_files: Open, tmp_path: Path) -> Workspace:
    open_files(
        *_series(tmp_path, "now", NOW, 2),
        *_series(tmp_path, "then", THEN, 3),
        *_series(tmp_path, "same frame", NOW, 4),
        *_series(tmp_path, "somebody", OTHER, 5, PatientID="SOMEBODY", PatientName="Else^Some"),
        *_series(tmp_path, "unframed", "", 6),
    )
    made = Workspace(shared)
    made.set_layout(1, 2)
    for cell, number in enumerate((2, 3)):
        made.show_series(next(each.key for each in shared.tree.all_series() if each.number == number), cell)
    made.activate(0)
    return made


def test_what_can_be_laid_over_is_of_the_patient_and_of_another_frame(workspace: Workspace) -> None:
    (partner,) = partners(workspace)
    assert frame_of(partner.display_set.images[0]) == THEN
    assert partner.is_shown
    assert "Made series" in partner.title


def test_what_was_found_is_put_into_force_undone_and_taken_back(workspace: Workspace) -> None:
    fixed, (partner,) = workspace.display_set_at(0), partners(workspace)
    assert fixed is not None
    linking = workspace.shared.linking
    linking.change(links_scroll=True)
    joint = apply(workspace, fixed, partner.display_set, FrameTransform.of(SHIFT))
    assert joint.text == "registered (rigid, 2023-01-05 series 3)"
    assert linking.frames.way(THEN, NOW) is not None
    assert workspace.undo_titles[0] == "Registration"
    workspace.undo()
    assert linking.frames.way(THEN, NOW) is None
    workspace.redo()
    assert linking.frames.way(THEN, NOW) is not None
    assert list(own_joints(workspace)) == [joint]
    workspace.activate(1)
    assert take_back(workspace) == 1
    assert linking.frames.way(THEN, NOW) is None
    workspace.undo()
    assert linking.frames.way(THEN, NOW) is not None


def test_a_doubtful_one_says_so_wherever_it_counts(workspace: Workspace) -> None:
    fixed, (partner,) = workspace.display_set_at(0), partners(workspace)
    assert fixed is not None
    workspace.shared.linking.change(links_scroll=True)
    joint = apply(workspace, fixed, partner.display_set, FrameTransform(), "the two ways differ by 9 mm")
    words = "doubtful registration: the two ways differ by 9 mm (rigid, 2023-01-05 series 3)"
    assert joint.text == words
    for cell in (0, 1):
        assert link_notes(workspace, cell) == (words,)
        assert link_words(workspace, cell)[0] == ("DOUBTFUL REGISTRATION", True)
    way = workspace.shared.linking.frames.way(NOW, THEN)
    assert way is not None
    assert way.is_doubtful


def test_a_doubtful_object_is_doubtful_when_it_is_opened(shared: SharedState, open_files: Open, tmp_path: Path) -> None:
    RegistrationObjects(shared.tree, shared.linking)
    doubted, trusted = _item(THEN), _item(OTHER)
    doubted.MatrixRegistrationSequence[0].FrameOfReferenceTransformationComment = "DOUBTFUL: the two ways differ"
    trusted.MatrixRegistrationSequence[0].FrameOfReferenceTransformationComment = "checked by the physicist"
    open_files(_object(tmp_path, "FOUND", [doubted, trusted]))
    ways = [shared.linking.frames.way(frame, NOW) for frame in (THEN, OTHER)]
    assert [way.text for way in ways if way is not None] == [
        "doubtful registration: the two ways differ (rigid, FOUND)",
        "registered (rigid, FOUND)",
    ]


def test_what_lies_in_the_same_space_is_told_and_not_offered(workspace: Workspace) -> None:
    (title,) = companions(workspace)
    assert title.startswith("2024-01-05  CT  4")
    workspace.activate(1)
    assert companions(workspace) == ()


def test_our_own_stays_when_objects_come_and_counts_before_them(
    workspace: Workspace, open_files: Open, tmp_path: Path
) -> None:
    RegistrationObjects(workspace.tree, workspace.shared.linking)
    fixed, (partner,) = workspace.display_set_at(0), partners(workspace)
    assert fixed is not None
    apply(workspace, fixed, partner.display_set, FrameTransform())
    open_files(_object(tmp_path, "FOUND", [_item(THEN)]))
    way = workspace.shared.linking.frames.way(THEN, NOW)
    assert way is not None
    assert way.transform.is_identity
    workspace.undo()
    way = workspace.shared.linking.frames.way(THEN, NOW)
    assert way is not None
    assert way.text == "registered (rigid, FOUND)"
