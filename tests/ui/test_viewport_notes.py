"""What the digest says a reader must know of an image reaches them: as a chip, and as a sentence behind it."""

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, QPointF, QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QWidget

from tests.builders.ct_series import write_ct_series
from tests.ui.viewport_scene import Scene
from viewer.ui.dialogs.notes_popup import NotesPopup
from viewer.ui.panels.information import InformationPanel
from viewer.ui.viewports.viewport import Viewport
from viewer.workspace.image_notes import ImageNote
from viewer.workspace.viewport_notes import notes_at, patients_shown

pytestmark = pytest.mark.usefixtures("qtbot")


def _told(scene: Scene, cell: int = 0) -> tuple[list[str], str, str]:
    """Return the chips, the cautions and the other notes of a cell."""
    chips = [chip.text for chip in scene.viewport(cell).shown.texts.chips]
    notes = notes_at(scene.workspace, cell)
    cautions, others = ([note.text for note in notes if note.is_caution is wanted] for wanted in (True, False))
    return chips, "\n".join(cautions), "\n".join(others)


@pytest.mark.parametrize(
    ("elements", "chip", "caution"),
    [
        ({"PresentationIntentType": "FOR PROCESSING"}, "FOR PROCESSING", "For processing, not for diagnosis"),
        (
            {
                "LossyImageCompression": "01",
                "LossyImageCompressionRatio": "12",
                "LossyImageCompressionMethod": "ISO_10918_1",
            },
            "LOSSY 12:1",
            "12:1 JPEG",
        ),
        ({"PatientOrientation": ["R", "P"]}, "SEE NOTES", "R\\P contradicts"),
        ({"PixelSpacing": [0.0, 0.0]}, "SEE NOTES", "The pixel spacing is not used"),
        ({"WindowCenter": [40, 50], "WindowWidth": "400"}, "SEE NOTES", "do not match"),
        ({"WindowCenter": "40", "WindowWidth": "0"}, "SEE NOTES", "A Window Width of 0 is ignored"),
        ({"RescaleSlope": "0"}, "SEE NOTES", "Rescale Slope"),
        ({"ImageOrientationPatient": [1, 0, 0, 1, 0, 0]}, "SEE NOTES", "not two directions at a right angle"),
        ({"VOILUTFunction": "CURVE"}, "SEE NOTES", "CURVE is not known"),
    ],
)
def test_a_caution_has_a_chip_and_a_sentence(tmp_path: Path, elements: dict[str, Any], chip: str, caution: str) -> None:
    with Scene(write_ct_series(tmp_path, 2, 32, elements=elements)) as scene:
        scene.show(0)
        chips, cautions, _others = _told(scene)
        assert chip in chips
        assert caution in cautions


@pytest.mark.parametrize(
    ("elements", "note"),
    [
        ({"BurnedInAnnotation": "YES"}, "may be written into the pixels"),
        ({"PixelSpacing": [0.5, 2.0]}, "0.25 times as high as wide"),
        ({"PixelSpacing": None}, "states no spacing"),
        ({"Modality": "DX", "PixelSpacing": None, "ImagerPixelSpacing": [0.2, 0.2]}, "mm at detector"),
        ({"Modality": "DX", "PixelSpacing": [0.2, 0.2]}, "unknown calibration"),
        ({"WindowCenter": None, "WindowWidth": None}, "asks for no window"),
        ({}, "not calibrated"),
    ],
)
def test_what_misleads_nobody_is_a_note_without_a_chip(tmp_path: Path, elements: dict[str, Any], note: str) -> None:
    with Scene(write_ct_series(tmp_path, 1, 32, elements=elements)) as scene:
        scene.show(0)
        chips, cautions, others = _told(scene)
        assert note in others
        assert note not in cautions
        assert "SEE NOTES" not in chips


def test_an_ordinary_image_needs_no_notes(tmp_path: Path) -> None:
    with Scene(write_ct_series(tmp_path, 5, 32)) as scene:
        scene.show(0)
        chips, cautions, _others = _told(scene)
        assert cautions == ""
        assert set(chips) <= {"NOT CALIBRATED", "INTERPOLATED", "REDUCED"}


def test_warnings_of_the_set_are_notes(tmp_path: Path) -> None:
    paths = write_ct_series(tmp_path, 12, 32)
    with Scene([path for number, path in enumerate(paths) if number != 6]) as scene:
        scene.show(0)
        chips, cautions, _others = _told(scene)
        assert "GAPS" in chips
        assert "SEE NOTES" not in chips
        assert "about 1 images are missing" in cautions


def test_truncated_pixels_are_told_with_their_rows(tmp_path: Path) -> None:
    (path,) = write_ct_series(tmp_path, 1, 32)
    path.write_bytes(path.read_bytes()[: -32 * 2 * 10])
    with Scene([path]) as scene:
        scene.show(0)
        chips, cautions, _others = _told(scene)
        assert chips[0] == "TRUNCATED"
        assert "10 of 32 rows" in cautions


def _two_patients(folder: Path, **second: str) -> list[Path]:
    one = {"PatientName": "KIM^A", "PatientID": "1", "StudyInstanceUID": "1.2.1"}
    paths = write_ct_series(folder / "a", 1, 32, label="a", elements=one)
    return paths + write_ct_series(
        folder / "b", 1, 32, label="b", elements={**one, "StudyInstanceUID": "1.2.2", **second}
    )


def test_two_patients_on_screen_are_marked_until_one_is_gone(tmp_path: Path) -> None:
    with Scene(_two_patients(tmp_path, PatientName="LEE^B", PatientID="2")) as scene:
        scene.workspace.set_layout(1, 2)
        scene.show(0, cell=0)
        assert "2 PATIENTS" not in _told(scene)[0]
        scene.show(1, cell=1)
        for cell in (0, 1):
            chips, cautions, _others = _told(scene, cell)
            assert chips[0] == "2 PATIENTS"
            assert "2 patients are on screen" in cautions
            assert scene.viewport(cell).shown.texts.is_identity_marked
        scene.workspace.toggle_maximized(0)
        scene.settle()
        assert "2 PATIENTS" not in _told(scene)[0]
        scene.workspace.toggle_maximized()
        scene.workspace.clear(1)
        scene.settle()
        assert len(patients_shown(scene.workspace)) == 1
        assert not scene.viewport(0).shown.texts.is_identity_marked


def test_two_studies_of_one_patient_are_not_marked(tmp_path: Path) -> None:
    with Scene(_two_patients(tmp_path)) as scene:
        scene.workspace.set_layout(1, 2)
        scene.show(0, cell=0)
        scene.show(1, cell=1)
        assert "2 PATIENTS" not in _told(scene)[0]


@pytest.mark.parametrize("other", [{"PatientName": "LEE^B"}, {"PatientBirthDate": "19010101"}])
def test_one_id_with_another_name_or_birth_date_is_said_on_the_image(tmp_path: Path, other: dict[str, str]) -> None:
    with Scene(_two_patients(tmp_path, **other)) as scene:
        scene.show(0)
        chips, cautions, _others = _told(scene)
        assert chips[0] == "CHECK IDENTITY"
        assert cautions


def _places_of_chips(viewport: Viewport) -> dict[str, QPoint]:
    viewport.grab()  # paints: only then it is known where the chips are
    found: dict[str, QPoint] = {}
    for y in range(viewport.height() - 30, viewport.height()):
        for x in range(viewport.width()):
            chip = viewport.chip_at(QPointF(x, y))
            if chip is not None:
                found.setdefault(chip.text, QPoint(x + 2, y + 2))
    return found


def test_a_click_on_a_chip_asks_for_the_notes_or_for_the_page_of_the_monitor(tmp_path: Path) -> None:
    with Scene(write_ct_series(tmp_path, 1, 32)) as scene:
        viewport = scene.show(0)
        places = _places_of_chips(viewport)
        wanted: list[str] = []
        for signal in (scene.grid.command_wanted, scene.grid.panel_wanted):
            signal.connect(wanted.append)

        def click(at: QPoint) -> None:
            QTest.mouseClick(viewport, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)

        assert set(places) == {"NOT CALIBRATED", "INTERPOLATED"}
        click(places["INTERPOLATED"])
        assert wanted == ["view.notes"]
        click(places["NOT CALIBRATED"])
        assert wanted == ["view.notes", "display"]
        click(QPoint(100, 100))
        assert wanted == ["view.notes", "display"]


def test_the_popup_lists_notes_as_plain_text_and_closes_with_esc() -> None:
    parent = QWidget()
    parent.resize(800, 600)
    parent.show()
    popup = NotesPopup(parent)
    popup.show_notes([ImageNote("<b>bold</b>"), ImageNote("quiet", is_caution=False)], QRect(0, 0, 600, 500))
    labels = [label for label in popup.findChildren(QLabel) if label.text()]
    assert list(popup.texts) == ["<b>bold</b>", "quiet"]
    assert all(label.textFormat() is Qt.TextFormat.PlainText for label in labels)
    visible = [popup.isVisible()]
    QTest.keyClick(popup, Qt.Key.Key_Escape)
    assert [*visible, popup.isVisible()] == [True, False]
    popup.show_notes([], QRect(0, 0, 600, 500))
    assert len(popup.texts) == 1
    parent.close()


def test_the_information_panel_begins_with_the_cautions(tmp_path: Path) -> None:
    with Scene(write_ct_series(tmp_path, 1, 32, elements={"PatientOrientation": ["R", "P"]})) as scene:
        panel = InformationPanel(scene.workspace)
        scene.show(0)
        panel.refresh()
        texts = [label.text() for label in panel.findChildren(QLabel)]
        assert any("contradicts" in text for text in texts)
        panel.deleteLater()
