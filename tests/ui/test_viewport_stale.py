"""However answers come in, the pixels on screen are those of the patient whose name is on screen."""

import random
import time
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.builders.data_sets import describe_pixels, file_meta, item, made_uid
from tests.ui.viewport_scene import NoDecoder, Scene
from viewer.base.jobs import Progress
from viewer.dicom.instance_header import InstanceHeader
from viewer.imaging.frame_source import FrameSource
from viewer.imaging.stored_frame import StoredFrame

PATIENTS, IMAGES = 12, 4
BLOCK, SIDE = 16, 4
LONGEST_DELAY_S = 0.012


def _spelled(number: int) -> NDArray[np.uint16]:
    """Return an image whose black and white blocks are the bits of a number, in the rows that no text covers."""
    number <<= SIDE
    bits = np.array([(number >> bit) & 1 for bit in range(SIDE * SIDE)], np.uint16).reshape(SIDE, SIDE)
    return np.kron(bits, np.ones((BLOCK, BLOCK), np.uint16)) * np.uint16(4095)


def _read(pixels: NDArray[np.uint8], left: float, top: float, scale: float) -> int:
    number = 0
    for bit in range(SIDE * SIDE):
        row, column = divmod(bit, SIDE)
        y, x = (round(start + (place + 0.5) * BLOCK * scale) for start, place in ((top, row), (left, column)))
        number |= int(pixels[y, x] > 127) << bit
    # The last row is always black (there are fewer than 256 images) and lies under the texts at the bottom.
    return (number >> SIDE) & 0xFF


def _number(patient: int, image: int) -> int:
    return 1 + patient * IMAGES + image


def _write_patients(folder: Path) -> list[Path]:
    from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

    paths = []
    for patient in range(PATIENTS):
        for image in range(IMAGES):
            pixels = _spelled(_number(patient, image))
            data_set = item(
                SOPClassUID=CTImageStorage,
                SOPInstanceUID=made_uid(f"stale/{patient}/{image}"),
                StudyInstanceUID=made_uid(f"stale/{patient}"),
                SeriesInstanceUID=made_uid(f"stale/{patient}/series"),
                Modality="CT",
                PatientName=f"Spelled^{patient}",
                PatientID=f"P{patient}",
                InstanceNumber=image + 1,
                ImagePositionPatient=[0, 0, image],
                ImageOrientationPatient=[1, 0, 0, 0, 1, 0],
                PixelSpacing=[1, 1],
                WindowCenter=2048,
                WindowWidth=4096,
                RescaleSlope=1,
                RescaleIntercept=0,
            )
            describe_pixels(data_set, [pixels], 12)
            data_set.PixelData = pixels.tobytes()
            data_set.file_meta = file_meta(data_set, ExplicitVRLittleEndian)
            path = folder / f"P{patient}_{image}"
            data_set.save_as(path, enforce_file_format=True)
            paths.append(path)
    return paths


class _SlowFrames:
    """Frames that take a random time, so that answers overtake each other."""

    def __init__(self, header: InstanceHeader) -> None:
        self._source = FrameSource(header, NoDecoder())

    def stored_frame(self, index: int, *, priority: int = 0, progress: Progress | None = None) -> StoredFrame:
        time.sleep(random.random() * LONGEST_DELAY_S)
        return self._source.stored_frame(index, priority=priority, progress=progress)


def _grey(image: QImage) -> NDArray[np.uint8]:
    grey = image.convertToFormat(QImage.Format.Format_Grayscale8)
    rows = np.frombuffer(grey.constBits(), np.uint8).reshape(grey.height(), grey.bytesPerLine())
    return rows[:, : grey.width()].copy()


class _Watch:
    """Compares, at every moment it is asked, what a viewport's pixels spell with what is written over them."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.looks = 0
        self.mismatches: list[str] = []

    def look(self, cell: int, *, on_screen: bool = False) -> None:
        viewport = self.scene.viewport(cell)
        shown = viewport.shown
        if shown.rendered is None:
            # While pixels are on their way the banner is there already: of the image that is asked for, of no other.
            wanted = self.scene.workspace.image_at(cell)
            patient_id = wanted.header.text(0x00100020) if wanted is not None else ""
            if shown.texts.identity and f"ID {patient_id}" not in shown.texts.identity:
                self.mismatches.append(f"another's name without pixels: {shown.texts.identity}")
            return
        self.looks += 1
        placement = shown.rendered.placement
        pixels = _grey(viewport.grab().toImage()) if on_screen else shown.rendered.pixels
        left, top = placement.to_viewport((0.0, 0.0))
        number = _read(pixels, left, top, placement.scale_x)
        patient, _image = divmod(number - 1, IMAGES)
        if f"ID P{patient}" not in shown.texts.identity or shown.rendered.state.identity.patient_id != f"P{patient}":
            self.mismatches.append(f"pixels of P{patient} under {shown.texts.identity}")

    def picture_came(self, cell: int) -> None:
        viewport = self.scene.viewport(cell)
        picture = viewport.picture
        wanted = self.scene.workspace.viewport(cell).display_set_key
        if picture is not None and picture.ask.display_set.key != wanted:
            self.mismatches.append("a stale answer was shown")
        self.look(cell)


def _switch_about(scene: Scene, switches: int, seed: int) -> _Watch:
    chance = random.Random(seed)
    watch = _Watch(scene)
    scene.workspace.set_layout(1, 2)
    for cell in range(2):
        scene.viewport(cell).picture_shown.connect(lambda cell=cell: watch.picture_came(cell))
    sets = scene.sets
    for number in range(switches):
        cell = chance.randrange(2)
        deed = chance.random()
        if deed < 0.6:
            scene.workspace.show(chance.choice(sets).key, cell, chance.randrange(IMAGES))
        elif deed < 0.9:
            scene.workspace.scroll(chance.choice((-1, 1)), cell)
        elif deed < 0.95:
            scene.workspace.clear(cell)
        else:
            scene.workspace.swap(0, 1)
        if chance.random() < 0.5:
            QApplication.processEvents()
        if chance.random() < 0.05:
            time.sleep(chance.random() * LONGEST_DELAY_S)
        if chance.random() < 0.02:
            scene.cache.clear()
        watch.look(cell, on_screen=number % 50 == 0)
    scene.settle()
    for cell in range(2):
        image = scene.workspace.image_at(cell)
        picture = scene.viewport(cell).picture
        assert (picture.ask.image if picture is not None else None) is image
        watch.look(cell, on_screen=True)
    return watch


@pytest.mark.usefixtures("qtbot")
def test_random_switches_never_show_one_patient_under_anothers_name(tmp_path: Path) -> None:
    with Scene(_write_patients(tmp_path), (400, 200), _SlowFrames) as scene:
        assert len(scene.sets) == PATIENTS
        watch = _switch_about(scene, 3000, seed=4711)
    assert watch.mismatches == []
    assert watch.looks > 1000


@pytest.mark.campaign
@pytest.mark.timeout(3600)
@pytest.mark.usefixtures("qtbot")
def test_a_hundred_thousand_random_switches(tmp_path: Path) -> None:
    with Scene(_write_patients(tmp_path), (400, 200), _SlowFrames) as scene:
        watch = _switch_about(scene, 100_000, seed=815)
    assert watch.mismatches == []
    assert watch.looks > 30_000


def test_the_watch_would_see_a_mismatch(tmp_path: Path, qtbot: QtBot) -> None:
    """Put another patient's texts over the pixels by force: the check of the tests above must notice."""
    from dataclasses import replace

    with Scene(_write_patients(tmp_path), (400, 200)) as scene:
        viewport = scene.show(3)
        other = replace(viewport.shown.texts, identity=("SPELLED 0", "ID P0"))
        viewport._surface.pixels.show_picture(replace(viewport.shown, texts=other))
        watch = _Watch(scene)
        watch.look(0)
        qtbot.wait(1)
    assert len(watch.mismatches) == 1
