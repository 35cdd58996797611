"""Presentation states saved from the window: the dialog by keyboard, the list at once, and the same pixels back."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from tests.builders.ct_series import write_ct_series
from tests.ui.flow_steps import viewport, wait_for
from tests.ui.program_window import open_window
from tests.ui.viewport_scene import Scene
from tests.unit.dicom.presentation_state.test_writing import complaints
from viewer.application.programme import Programme
from viewer.application.qt_texts import set_qt_language
from viewer.base.jobs import Progress
from viewer.base.translation import set_language
from viewer.dicom.presentation_state.values import StateKind
from viewer.imaging.grayscale_pipeline import View
from viewer.imaging.spatial_transform import SpatialTransform
from viewer.imaging.voi_lut import VoiFunction, Window
from viewer.measurement.annotation import Annotation, ImageAnchor
from viewer.ui.main_window import MainWindow
from viewer.ui.presenting.save_state_dialog import SaveStateDialog
from viewer.ui.presenting.state_doubles import StateDoubles
from viewer.volume.reslice import warm_up
from viewer.volume.reslice_plane import Projection
from viewer.workspace.commands.presenting import put
from viewer.workspace.commands.table import BY_ID
from viewer.workspace.image_places import frame_of
from viewer.workspace.measuring.annotation_deeds import change
from viewer.workspace.measuring.marks_shown import with_place
from viewer.workspace.multiplanar import show_view
from viewer.workspace.presenting.applying import choices_at
from viewer.workspace.presenting.state_book import StateBook
from viewer.workspace.presenting.state_writing import ShownImage, StateWording
from viewer.workspace.presenting.state_writing_job import MakeStates
from viewer.workspace.presenting.state_writing_screen import (
    Reach,
    StateChoice,
    cautions_of,
    counts_of,
    make_states,
    refusal_of,
)
from viewer.workspace.volume_view import FusionState, Orientation, VolumeKind

COUNT = 4


@pytest.fixture
def window(qapp: QApplication, tmp_path: Path) -> Iterator[MainWindow]:
    set_language("en")
    made = Programme(qapp, tmp_path / "config", library=tmp_path / "library", is_attended=False)
    write_ct_series(tmp_path / "disc", COUNT, 64, elements={"PatientName": "KIM^GILDONG"})
    yield open_window(made, tmp_path / "disc")
    for each in tuple(made.windows):
        each.close()
    made.close()
    QApplication.processEvents()
    set_qt_language(qapp, "en")


def settle(window: MainWindow) -> None:
    QApplication.processEvents()
    wait_for(lambda: not window.is_loading())


def pixels(window: MainWindow) -> np.ndarray:
    settle(window)
    displayed = window.workspace.displayed(0)
    assert displayed is not None
    return np.array(displayed.rendered.pixels)


def mark(window: MainWindow) -> Annotation:
    displayed = window.workspace.displayed(0)
    assert displayed is not None
    header = displayed.image.header
    anchor = ImageAnchor(
        header.study_instance_uid, header.series_instance_uid, header.sop_class_uid, header.sop_instance_uid
    )
    made = Annotation("1.2.9", "length", anchor, ((10.5, 20.25), (40.0, 50.0)), text="lesion")
    change(window.workspace, {made.uid: made}, "Length")
    return made


def the_dialog(window: MainWindow) -> SaveStateDialog:
    BY_ID["presentation.save"].run(window.workspace)
    return window.findChildren(SaveStateDialog)[-1]


def saved(window: MainWindow) -> str:
    """Save by keyboard alone, and return the UID of the state."""
    before = {choice.state.sop_instance_uid for choice in choices_at(window.workspace, 0)}
    dialog = the_dialog(window)
    assert not dialog.start.isEnabled()
    QTest.keyClicks(dialog.label, "lesion 1")
    assert dialog.label.text() == "LESION 1"
    QTest.keyClick(dialog.label, Qt.Key.Key_Return)

    def new() -> set[str]:
        return {choice.state.sop_instance_uid for choice in choices_at(window.workspace, 0)} - before

    wait_for(new, "the state came into the list")
    return new().pop()


TRANSFORMS = (
    SpatialTransform(),
    SpatialTransform(90.0, is_flipped=True),
    SpatialTransform().at_scale(1.0),
    SpatialTransform(180.0).at_scale(3.0),
)


def test_a_saved_screen_comes_back_pixel_by_pixel(window: MainWindow) -> None:
    workspace = window.workspace
    view = replace(workspace.viewport(0).view, voi=Window(60.0, 333.0), inverted=True)
    away = replace(workspace.viewport(0), transform=SpatialTransform(), view=replace(view, inverted=False))
    for transform in TRANSFORMS:
        workspace.change(replace(away, transform=transform, view=view), "Look")
        before = pixels(window)
        uid = saved(window)
        workspace.change(away, "Look away")
        assert not np.array_equal(pixels(window), before)
        put(workspace, uid)
        assert np.abs(pixels(window).astype(int) - before).max() <= 1
        assert any("LESION 1" in chip.text for chip in viewport(window).shown.texts.chips)


def test_marks_go_into_the_state_with_their_words(window: MainWindow) -> None:
    made = mark(window)
    wait_for(lambda: viewport(window).marks.item.view.labels)
    label = viewport(window).marks.item.view.labels[0]
    uid = saved(window)
    state = next(each.state for each in choices_at(window.workspace, 0) if each.state.sop_instance_uid == uid)
    (layer,) = state.layers_of(made.anchor.sop_instance_uid, 1)  # type: ignore[union-attr] # it lies on an image
    assert layer.graphics[0].points == made.points
    (text,) = layer.texts
    assert text.text.startswith("lesion")
    assert text.box is not None
    displayed = window.workspace.displayed(0)
    assert displayed is not None
    x, y = displayed.rendered.placement.to_viewport(text.box[0])
    ratio = viewport(window).devicePixelRatioF()
    assert np.hypot(x / ratio - label.box.left(), y / ratio - label.box.top()) < 0.1
    # Under the state the mark itself is drawn, and not the same once more; without the mark the state's own graphic.
    put(window.workspace, uid)
    settle(window)
    doubles, displayed = StateDoubles(viewport(window).marks), window.workspace.displayed(0)
    assert displayed is not None
    drawn = displayed.rendered.state.graphics
    assert [len(layer.graphics) + len(layer.texts) for layer in drawn] == [2]
    assert [len(layer.graphics) + len(layer.texts) for layer in doubles.without(drawn)] == [0]
    assert doubles.without(drawn) is doubles.without(drawn)
    again = saved(window)
    second = next(each.state for each in choices_at(window.workspace, 0) if each.state.sop_instance_uid == again)
    assert sum(len(each.graphics) + len(each.texts) for each in second.annotations) == 2
    change(window.workspace, {made.uid: None}, "Delete")
    settle(window)
    assert doubles.without(drawn) is drawn


def test_a_state_reaches_as_far_as_it_is_chosen(window: MainWindow) -> None:
    mark(window)
    workspace = window.workspace
    assert counts_of(workspace, 0) == {Reach.IMAGE: 1, Reach.MARKED: 1, Reach.ALL: COUNT}
    dialog = the_dialog(window)
    dialog.label.setText("ALL")
    dialog.images.setCurrentIndex(dialog.images.findData(Reach.ALL))
    dialog.marks.setChecked(False)
    dialog._follow()
    assert dialog.choice.reach is Reach.ALL
    dialog.accept()
    wait_for(lambda: choices_at(workspace, 0))
    (choice,) = choices_at(workspace, 0)
    assert len(choice.state.images) == COUNT
    assert choice.state.annotations == ()
    workspace.set_index(COUNT - 1)
    settle(window)
    assert choices_at(workspace, 0)[0].reason == ""


def test_what_a_state_cannot_say_is_told_before(window: MainWindow) -> None:
    workspace = window.workspace
    assert cautions_of(workspace, 0) == ()
    workspace.adjust("Turn", lambda state: replace(state, transform=SpatialTransform(33.0)))
    settle(window)
    assert "33" in cautions_of(workspace, 0)[0]
    assert refusal_of(workspace, 0) == ""
    dialog = the_dialog(window)
    dialog.reject()
    workspace.clear(0)
    settle(window)
    assert refusal_of(workspace, 0) != ""


def test_what_is_laid_over_an_image_is_blended_again(tmp_path: Path) -> None:
    warm_up()
    same = {"FrameOfReferenceUID": "1.9.9", "StudyInstanceUID": "1.9.1", "PatientID": "T1", "PatientName": "TEST^IMAGE"}
    under = write_ct_series(tmp_path / "under", 3, 64, label="under", elements=same)
    over = write_ct_series(tmp_path / "over", 3, 64, label="over", elements=same)
    scene = Scene([], (400, 300))
    scene.workspace.shared.states = StateBook(scene.tree)
    with scene:
        scene.add([*under, *over])
        below, above = scene.sets
        scene.show(0, index=1)
        window = Window(100.0, 1000.0, VoiFunction.LINEAR_EXACT)
        fusion = FusionState(above.key, "hot-iron", 0.375, window, is_clear_below=False)
        look = replace(scene.workspace.viewport(0), fusion=fusion, view=View(Window(0.0, 2000.0)))
        scene.workspace.change(replace(look, transform=SpatialTransform().at_scale(1.0)), "Lay over")
        scene.settle()
        assert cautions_of(scene.workspace, 0) == ()
        before = np.array(scene.viewport().shown.rendered.pixels)  # type: ignore[union-attr] # it was waited for
        assert before.ndim == 3
        make = make_states(scene.workspace, 0, StateChoice(), StateWording("FUSED"), scene.rendering.store)
        (path,) = make(tmp_path, Progress())
        assert make.made[0].kind is StateKind.BLENDING
        assert not shutil.which("dcmpschk") or complaints(path) == []
        scene.add([path])
        scene.show(scene.sets.index(below), index=1)
        put(scene.workspace, make.made[0].sop_instance_uid)
        scene.settle()
        after = np.array(scene.viewport().shown.rendered.pixels)  # type: ignore[union-attr] # it was waited for
        assert np.abs(after.astype(int) - before).max() <= 2
        scene.workspace.adjust("Invert", lambda state: replace(state, view=replace(state.view, inverted=True)))
        scene.settle()
        assert "inverted" in cautions_of(scene.workspace, 0)[0]


def test_a_plane_through_a_volume_becomes_a_volumetric_state(tmp_path: Path) -> None:
    warm_up()
    paths = write_ct_series(tmp_path / "ct", 12, 64, elements={"FrameOfReferenceUID": "1.9.9", "PatientID": "T1"})
    with Scene([], (400, 300)) as scene:
        scene.add(paths)
        scene.show(0)
        workspace = scene.workspace
        show_view(workspace, VolumeKind.PLANE, Orientation.CORONAL)
        wait_for(lambda: (shown := workspace.displayed(0)) is not None and shown.look is not None)
        scene.settle()
        volume = workspace.viewport(0).volume
        assert volume is not None
        slab = replace(volume, thickness_mm=6.0, projection=Projection.MAXIMUM)
        turned = SpatialTransform(33.0)
        workspace.change(replace(workspace.viewport(0), volume=slab, transform=turned), "Slab")
        scene.settle()
        displayed = workspace.displayed(0)
        assert displayed is not None
        assert refusal_of(workspace, 0) == ""
        make = make_states(workspace, 0, StateChoice(), StateWording("PLANE"), scene.rendering.store)
        (path,) = make(tmp_path, Progress())
        made = dcmread(path)
        assert (made.SOPClassUID, made.MPRThicknessType) == (StateKind.PLANAR_MPR.sop_class_uid, "SLAB")
        (item,) = made.VolumetricPresentationStateInputSequence
        assert (item.RenderingMethod, made.MPRSlabThickness) == ("MAXIMUM_IP", 6.0)
        assert len(made.VolumetricPresentationInputSetSequence[0].ReferencedImageSequence) == 12
        # The middle of the view is where the middle of the viewport is in the patient.
        across, down = (np.array(made[f"MPRView{side}Direction"].value) for side in ("Width", "Height"))
        assert across @ down == pytest.approx(0.0, abs=1e-9)
        middle = np.array(made.MPRTopLeftHandCorner) + across * made.MPRViewWidth / 2 + down * made.MPRViewHeight / 2
        plane, placement = displayed.rendered.state.plane, displayed.rendered.placement
        assert plane is not None
        column, row, distance = plane.point_image(tuple(middle))
        x, y = placement.to_viewport((column + 0.5, row + 0.5))
        assert (x, y) == pytest.approx((placement.size[0] / 2, placement.size[1] / 2), abs=1e-6)
        assert distance == pytest.approx(0.0, abs=1e-6)
        assert made.MPRViewWidth / made.MPRViewHeight == pytest.approx(placement.size[0] / placement.size[1])


def test_hidden_marks_come_on_layers_of_their_own_and_labels_on_every_near_image(window: MainWindow) -> None:
    workspace, made = window.workspace, mark(window)
    displayed = workspace.displayed(0)
    assert displayed is not None
    plane = displayed.rendered.state.plane
    assert plane is not None
    anchor = replace(made.anchor, frame_of_reference_uid=frame_of(displayed.image))
    label = Annotation("1.2.8", "spine_label", anchor, ((20.5, 30.5),), text="L4")
    changes = {made.uid: replace(made, is_hidden=True, group="Old"), label.uid: with_place(label, plane)}
    change(workspace, changes, "Hide")
    settle(window)
    choice = StateChoice(Reach.ALL)
    store = window._parts.viewports._rendering.store

    def shown_with(chosen: StateChoice) -> list[ShownImage]:
        make = make_states(workspace, 0, chosen, StateWording("A"), store)
        assert isinstance(make, MakeStates)
        return make.shown(Progress())

    shown = shown_with(choice)
    assert [text.text for layer in shown[0].layers for text in layer.texts] == ["L4"]
    far = [abs(store.state(each.image).plane.point_image(plane.position)[2]) for each in shown]  # type: ignore[union-attr] # made so
    has_label = [any(layer.texts for layer in each.layers) for each in shown]
    assert has_label == [distance <= 2.5 for distance in far]
    hidden = shown_with(replace(choice, has_hidden=True))
    (layer,) = [layer for layer in hidden[0].layers if layer.description == "Hidden: Old"]
    assert layer.graphics[0].points == made.points
    assert layer.name == "OLD"
    marks_off = replace(workspace.options, shows_marks=False)
    workspace.set_options(marks_off)
    assert shown_with(choice)[0].layers == ()
