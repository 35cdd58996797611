"""`negatoscope render --presentation-state`: the pixels of dcmp2pgm on real and made states; mismatches in one line."""

import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from pydicom.data import get_testdata_file

from tests.builders.data_sets import item
from tests.builders.gray_images import data_set, read, write
from tests.builders.presentation_states import (
    DCMP2PGM,
    annotation,
    graphic,
    layer,
    presentation_state,
    rendered_by_dcmtk,
    window,
)
from tests.flows.command_line import run as run_process
from tests.unit.cli.no_faces import run as run_here

needs_dcmtk = pytest.mark.skipif(not DCMP2PGM.exists(), reason="DCMTK is not installed")
Y, X = np.mgrid[:40, :60]
PIXELS = ((X * 53 + Y * 31) % 4096).astype(np.uint16)


def picture(path: Path) -> NDArray[np.float64]:
    return np.asarray(Image.open(path), np.float64)


def test_the_command_is_a_contract(tmp_path: Path) -> None:
    one = data_set(PIXELS, BitsStored=12, HighBit=11)
    ours = write(tmp_path / "i.dcm", one)
    state = write(tmp_path / "p.dcm", presentation_state(one, SoftcopyVOILUTSequence=[window(2000, 4000)]))
    done = run_process(tmp_path, "render", ours, "--presentation-state", state, "-o", tmp_path / "out.png")
    assert (done.code, done.output, done.errors) == (0, "", "")
    assert picture(tmp_path / "out.png").shape == (40, 60)


@needs_dcmtk
@pytest.mark.parametrize(("image", "state"), [("imageForPrLUTs.dcm", "prLUTs.dcm"), ("overlay.dcm", "prOverlay.dcm")])
def test_real_states_are_shown_as_dcmtk_shows_them(shared_data: Path, tmp_path: Path, image: str, state: str) -> None:
    folder = shared_data / "presentation-states"
    out, theirs = tmp_path / "out.png", tmp_path / "out.pgm"
    more = ["--stage", "p-value", "--no-overlays", "-o", out]
    assert run_here(tmp_path, ["render", folder / image, "--presentation-state", folder / state, *more]) == 0
    line = [str(DCMP2PGM), "-q", "-p", str(folder / state), str(folder / image), str(theirs)]
    subprocess.run(line, check=True, capture_output=True)
    assert np.abs(np.rint(picture(out) / 257) - picture(theirs)).max() <= 1.0


@pytest.mark.parametrize(
    ("image", "state", "expected"),
    [
        ("imageForPrLUTs.dcm", "prLUTs.dcm", "expected_imgForPrLUT.png"),
        ("overlay.dcm", "prOverlay.dcm", "expected_overlay.png"),
    ],
)
def test_real_states_are_shown_as_another_viewer_shows_them(
    shared_data: Path, tmp_path: Path, image: str, state: str, expected: str
) -> None:
    folder = shared_data / "presentation-states"
    out = tmp_path / "out.png"
    arguments = [folder / image, "--presentation-state", folder / state, "--stage", "p-value", "-o", out]
    assert run_here(tmp_path, ["render", *arguments]) == 0
    theirs = np.asarray(Image.open(folder / expected).convert("RGB"), np.float64)
    is_green = theirs[..., 1] - theirs[..., 0] == 255  # it draws overlays in green, the state asks for white
    wanted = np.where(is_green, 255.0, theirs[..., 0])
    assert np.abs(np.rint(picture(out) / 257) - wanted).max() <= 1.0


@needs_dcmtk
def test_graphics_lie_over_dcmtks_pixels_and_can_be_left_out(tmp_path: Path) -> None:
    one = data_set(PIXELS, BitsStored=12, HighBit=11)
    made = presentation_state(
        one,
        ImageRotation=90,
        ImageHorizontalFlip="Y",
        GraphicLayerSequence=[layer("A", GraphicLayerRecommendedDisplayGrayscaleValue=0xFFFF)],
        GraphicAnnotationSequence=[
            annotation("A", [graphic("POLYLINE", [10, 5, 30, 5, 30, 15, 10, 15, 10, 5], GraphicFilled="Y")])
        ],
    )
    plain = rendered_by_dcmtk(tmp_path, one, made)
    ours, state = tmp_path / "image.dcm", tmp_path / "state.dcm"
    more = ["--stage", "p-value", "-o", tmp_path / "out.png"]
    assert run_here(tmp_path, ["render", ours, "--presentation-state", state, "--no-graphics", *more]) == 0
    assert np.abs(np.rint(picture(tmp_path / "out.png") / 257) - plain).max() <= 1.0
    assert run_here(tmp_path, ["render", ours, "--presentation-state", state, *more]) == 0
    drawn = np.rint(picture(tmp_path / "out.png") / 257)
    inside = np.fliplr(np.rot90((X >= 11) & (X < 29) & (Y >= 6) & (Y < 14), -1))
    outside = np.fliplr(np.rot90((X < 8) | (X >= 32) | (Y < 3) | (Y >= 17), -1))
    assert (drawn[inside] == 255).all()
    assert np.abs(drawn - plain)[outside].max() <= 1.0


@pytest.mark.parametrize(
    ("elements", "words"),
    [
        ({"StudyInstanceUID": "9.9"}, "another study"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.11.2"}, "colour images"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.11.5"}, "angiograms"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.11.6"}, "not applied"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7"}, "no presentation state"),
        ({"ImageRotation": 45}, "45"),
        ({"SoftcopyVOILUTSequence": [item(WindowCenter=1)]}, "neither a window nor a table"),
    ],
)
def test_what_cannot_be_applied_is_refused_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], elements: dict[str, Any], words: str
) -> None:
    one = data_set(PIXELS, BitsStored=12, HighBit=11)
    ours = write(tmp_path / "i.dcm", one)
    state = write(tmp_path / "p.dcm", presentation_state(one, **elements))
    code = run_here(tmp_path, ["render", ours, "--presentation-state", state, "-o", tmp_path / "out.png"])
    errors = capsys.readouterr().err
    assert code == 1
    assert words in errors
    assert len(errors.splitlines()) == 1
    assert not (tmp_path / "out.png").exists()


@needs_dcmtk
@pytest.mark.parametrize(
    "name",
    [
        "CT_small.dcm",
        "MR_small_bigendian.dcm",
        "MR_small_implicit.dcm",
        "image_dfl.dcm",
        "dicomdirtests/77654033/CR1/6154",
        "dicomdirtests/98892001/CT5N/2062",
        "dicomdirtests/98892003/MR700/4467",
    ],
)
@pytest.mark.parametrize("option", ["+Vl", "-V"])
def test_states_that_dcmtk_makes_are_shown_as_dcmtk_shows_them(tmp_path: Path, name: str, option: str) -> None:
    path = Path(str(get_testdata_file(name)))
    state, theirs, out = tmp_path / "p.dcm", tmp_path / "out.pgm", tmp_path / "out.png"
    subprocess.run(["/usr/bin/dcmpsmk", "-q", option, str(path), str(state)], check=True, capture_output=True)
    line = [str(DCMP2PGM), "-q", "-p", str(state), str(path), str(theirs)]
    subprocess.run(line, check=True, capture_output=True)
    more = ["--stage", "p-value", "--no-overlays", "--no-graphics", "-o", out]
    assert run_here(tmp_path, ["render", path, "--presentation-state", state, *more]) == 0
    stored, own = read(path)
    off = np.abs(np.rint(picture(out) / 257) - picture(theirs))
    padding = own.padding.mask(stored.values) if own.padding is not None else None
    assert (off if padding is None else off[~padding]).max() <= 1.0
