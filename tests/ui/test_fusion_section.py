"""The sections "Fusion" and "PET values" of the volume page: what they offer, refuse, list and change."""

import time
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QComboBox, QDoubleSpinBox, QSlider, QTreeWidget

from tests.builders.pet_ct import write_ct, write_pet
from tests.ui.viewport_scene import Scene
from viewer.dicom.frame_transform import FrameTransform, TransformKind
from viewer.ui.panels.panel_lines import ROOM_PX
from viewer.ui.volumes.fusion_section import FusionSection
from viewer.ui.volumes.suv_section import SuvSection
from viewer.ui.volumes.volume_section import ShownView, VolumeSection
from viewer.volume.reslice import warm_up
from viewer.workspace.frame_links import FrameJoint
from viewer.workspace.fusion import candidates, fuse

pytestmark = pytest.mark.usefixtures("qtbot")


@pytest.fixture(scope="module", autouse=True)
def _kernels() -> None:
    warm_up()


def shown(scene: Scene) -> ShownView:
    workspace = scene.workspace
    return ShownView(0, workspace.viewport(0), workspace.display_set_at(0), None, "")


def fill(section: VolumeSection, scene: Scene) -> None:
    scene.settle()
    assert section.concerns(shown(scene))
    section.fill(shown(scene))


def start(scene: Scene, modality: str) -> None:
    place = next(at for at, each in enumerate(scene.sets) if each.images[0].header.modality == modality)
    scene.show(place, index=5)
    book = scene.workspace.shared.suv
    pet = next(each for each in scene.sets if each.images[0].header.modality == "PT")
    assert book is not None
    end = time.monotonic() + 10
    while book.of(pet) is None:
        assert time.monotonic() < end
        QApplication.processEvents()


def box(section: VolumeSection, name: str) -> QComboBox:
    return next(each for each in section.findChildren(QComboBox) if each.accessibleName() == name)


def choose(combo: QComboBox, value: object) -> None:
    row = combo.findData(value)
    assert row >= 0
    combo.setCurrentIndex(row)
    combo.activated.emit(row)


def test_an_overlay_is_chosen_and_looked_after(tmp_path: Path) -> None:
    with Scene([*write_ct(tmp_path), *write_pet(tmp_path)], (300, 300)) as scene:
        start(scene, "CT")
        section = FusionSection(scene.workspace)
        fill(section, scene)
        overlays = box(section, "Laid over it")
        assert [overlays.itemText(row) for row in range(overlays.count())] == ["nothing", "PT  3"]
        assert not box(section, "Colours").isVisibleTo(section)
        choose(overlays, candidates(scene.workspace)[0].display_set.key)
        fill(section, scene)
        fusion = scene.workspace.viewport(0).fusion
        assert fusion is not None
        ends = {each.accessibleName(): each for each in section.findChildren(QDoubleSpinBox)}
        assert (ends["From"].value(), ends["To"].value()) == (0.0, 10.0)
        assert ends["To"].suffix() == " g/ml"
        assert section.minimumSizeHint().width() <= ROOM_PX
        ends["To"].setValue(4.0)
        choose(box(section, "Colours"), "pet")
        section.findChildren(QSlider)[0].setValue(80)
        fill(section, scene)
        found = scene.workspace.displayed(0)
        assert found is not None
        overlay = found.rendered.request.overlay
        assert overlay is not None
        assert (overlay.high, overlay.palette, overlay.opacity) == (4.0, "pet", 0.8)
        choose(box(section, "Values"), "")
        fill(section, scene)
        assert ends["To"].suffix() == " Bq/ml"
        assert ends["To"].value() > 1000
        choose(overlays, "")
        assert scene.workspace.viewport(0).fusion is None


def test_a_drag_of_the_slider_is_one_step(tmp_path: Path) -> None:
    with Scene([*write_ct(tmp_path), *write_pet(tmp_path)], (300, 300)) as scene:
        start(scene, "CT")
        fuse(scene.workspace, candidates(scene.workspace)[0].display_set.key)
        section = FusionSection(scene.workspace)
        fill(section, scene)
        slider = section.findChildren(QSlider)[0]
        slider.sliderPressed.emit()
        for percent in (60, 70, 90):
            slider.setValue(percent)
        slider.sliderReleased.emit()
        fusion = scene.workspace.viewport(0).fusion
        assert fusion is not None
        assert fusion.opacity == 0.9
        scene.workspace.undo()
        before = scene.workspace.viewport(0).fusion
        assert before is not None
        assert before.opacity == 0.5


def test_what_cannot_be_laid_over_says_why_until_a_registration_joins_the_two(tmp_path: Path) -> None:
    with Scene([*write_ct(tmp_path), *write_pet(tmp_path, frame="2.25.78")], (300, 300)) as scene:
        start(scene, "CT")
        section = FusionSection(scene.workspace)
        fill(section, scene)
        overlays = box(section, "Laid over it")
        assert not overlays.model().flags(overlays.model().index(1, 0)) & Qt.ItemFlag.ItemIsEnabled
        words = " ".join(label.text() for label in section.findChildren(type(section.note())))
        assert "Frame of Reference" in words.replace("\u200b", "")
        shift = FrameTransform((1, 0, 0, 10, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1))
        scene.workspace.shared.linking.join(
            FrameJoint("2.25.77", "2.25.78", shift, TransformKind.RIGID, "bench", "1.2.3")
        )
        fill(section, scene)
        fuse(scene.workspace, candidates(scene.workspace)[0].display_set.key)
        scene.settle()
        found = scene.workspace.displayed(0)
        assert found is not None
        overlay = found.rendered.request.overlay
        assert overlay is not None
        assert "REGISTERED (RIGID, BENCH)" in [chip.text for chip in scene.viewport().shown.texts.chips]
        plane = found.rendered.state.plane
        assert plane is not None
        value, moved = (overlay.value_at((x, -7.0, 20.0), plane.normal) for x in (12.0, 2.0))
        assert value is not None
        assert moved is not None
        assert moved > 1.5 * value  # what lies at 12 mm in the PET's frame is seen at 2 mm


def test_pet_lists_what_its_suv_rests_on(tmp_path: Path) -> None:
    with Scene(write_pet(tmp_path), (300, 300)) as scene:
        start(scene, "PT")
        section = SuvSection(scene.workspace)
        fill(section, scene)
        tree = section.findChildren(QTreeWidget)[0]
        rows = [tree.topLevelItem(row) for row in range(tree.topLevelItemCount())]
        listed = {row.text(0): row.text(1) for row in rows if row is not None}
        assert listed["Patient's Weight"] == "70 kg"
        assert listed["Radionuclide Total Dose"] == "370000000 Bq"
        assert any("(0010,1030)" in row.toolTip(0) for row in rows if row is not None)
        choose(box(section, "Shown in"), "lbm-janma")
        fill(section, scene)
        found = scene.workspace.displayed(0)
        assert found is not None
        assert found.rendered.state.unit == "SUVlbm(Janma) g/ml"


def test_kinds_of_suv_that_lack_something_cannot_be_chosen(tmp_path: Path) -> None:
    with Scene(write_pet(tmp_path, PatientSize=None), (300, 300)) as scene:
        start(scene, "PT")
        section = SuvSection(scene.workspace)
        fill(section, scene)
        combo = box(section, "Shown in")
        able = {
            combo.itemData(row)
            for row in range(combo.count())
            if combo.model().flags(combo.model().index(row, 0)) & Qt.ItemFlag.ItemIsEnabled
        }
        assert able == {"", "bw"}
