"""Every file of the real collections is opened and shown, or refused with a reason: the whole way, door to display.

tests/unit/dicom/header_outcomes.py holds the table of headers, this module what becomes of the images.
"""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pydicom
import pytest

from tests.unit.dicom.header_outcomes import REFUSED_PYDICOM, REFUSED_SHARED
from viewer.base.errors import ViewerError
from viewer.base.jobs import Progress
from viewer.dicom.instance_header import InstanceHeader
from viewer.imaging.decoder_pool import DecoderPool
from viewer.imaging.frame_source import FrameSource
from viewer.imaging.frame_state import read_frame_states
from viewer.imaging.grayscale_pipeline import Stage, View
from viewer.imaging.stored_frame import FrameWarning
from viewer.imaging.whole_frame import whole_stage
from viewer.media.disc_contents import open_places
from viewer.media.problems import Problem, ProblemKind

PYDICOM_DATA = Path(pydicom.__file__).parent / "data"

# Headers open, pixels are refused: a part of the reason.
PIXELS_REFUSED = {
    "hostile/cat04_pixel_data/TC0291_buf_zero.dcm": "Frame 1 of 1 is missing",
    "hostile/cat04_pixel_data/TC0295_rows_zero.dcm": "0 rows",
    "hostile/cat04_pixel_data/TC0297_cols_zero.dcm": "0 columns",
    "hostile/cat04_pixel_data/TC0299_bits_bsstored_gt_ba.dcm": "Bits Stored 17 does not fit Bits Allocated 16",
    # Its codestream was overwritten in the middle of its size marker.
    "test_files/JPEG2000-embedded-sequence-delimiter.dcm": "its header says 1024 and 256",
}
# Shown with a mark on the image.
PIXELS_MARKED = {
    "hostile/cat02_vr_mismatch/TC0243_pixeldata_OB_as_OW.dcm": FrameWarning.TRUNCATED,
    "hostile/cat04_pixel_data/TC0285_buf_half.dcm": FrameWarning.TRUNCATED,
    "hostile/cat04_pixel_data/TC0293_buf_one_byte.dcm": FrameWarning.TRUNCATED,
    "hostile/cat04_pixel_data/TC0287_buf_2x.dcm": FrameWarning.OVERLONG,
    "hostile/cat04_pixel_data/TC0289_buf_10x.dcm": FrameWarning.OVERLONG,
    "presentation-states/jpeg2000-multiframe-multifragments.dcm": FrameWarning.BITS_DISAGREE,
    "test_files/badVR.dcm": FrameWarning.OVERLONG,
    "test_files/MR_small_padded.dcm": FrameWarning.OVERLONG,
    "test_files/MR_truncated.dcm": FrameWarning.TRUNCATED,
}
DIRECTORIES = {
    "ct-philips-28/DIRFILE",
    *(
        f"test_files/dicomdirtests/{name}"
        for name in (
            "DICOMDIR",
            "TINY_ALPHA/DICOMDIR",
            "DICOMDIR-bigEnd",
            "DICOMDIR-empty.dcm",
            "DICOMDIR-implicit",
            "DICOMDIR-nooffset",
            "DICOMDIR-nopatient",
            "DICOMDIR-reordered",
        )
    ),
}


@dataclass
class Outcome:
    """What became of a folder's files, by their names in it."""

    root: Path
    headers: dict[str, InstanceHeader] = field(default_factory=dict)
    problems: dict[str, Problem] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    marked: dict[str, frozenset[FrameWarning]] = field(default_factory=dict)
    shown: set[str] = field(default_factory=set)

    def name(self, path: str) -> str:
        return Path(path).relative_to(self.root).as_posix()


def outcome_of(root: Path) -> Outcome:
    outcome = Outcome(root)
    for batch in open_places([root], Progress(), processes=0):
        outcome.headers |= {outcome.name(header.source.name): header for header in batch.headers}
        outcome.problems |= {outcome.name(problem.path): problem for problem in batch.problems}
    with DecoderPool(2) as pool:
        for name, header in outcome.headers.items():
            if header.pixel_data is not None:
                show(outcome, name, header, pool)
    return outcome


def show(outcome: Outcome, name: str, header: InstanceHeader, pool: DecoderPool) -> None:
    """Take the first and the last frame to the display; anything but a ViewerError ends the test."""
    try:
        frames = FrameSource(header, pool)
        for index in sorted({0, frames.frame_count - 1}):
            stored = frames.stored_frame(index)
            if stored.warnings:
                outcome.marked[name] = outcome.marked.get(name, frozenset()) | stored.warnings
            display = whole_stage(stored, read_frame_states(header).state(index), View(), Stage.DISPLAY)
            assert display.dtype == np.uint8, name
            assert display.shape[:2] == (frames.description.rows, frames.description.columns), name
    except ViewerError as error:
        outcome.refused[name] = str(error)
    else:
        outcome.shown.add(name)


def files_of(root: Path) -> set[str]:
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}


def check(outcome: Outcome, refused_headers: dict[str, str]) -> None:
    files = files_of(outcome.root)
    assert outcome.headers.keys() | outcome.problems.keys() == files
    assert not outcome.headers.keys() & outcome.problems.keys()
    directories = {name for name, each in outcome.problems.items() if each.kind is ProblemKind.DIRECTORY}
    assert directories == DIRECTORIES & files
    damaged = {name for name, each in outcome.problems.items() if each.is_damage}
    assert damaged <= refused_headers.keys()
    assert all(refused_headers[name] in outcome.problems[name].error for name in damaged)
    assert outcome.refused.keys() == PIXELS_REFUSED.keys() & files
    assert all(PIXELS_REFUSED[name] in reason for name, reason in outcome.refused.items())
    assert outcome.marked == {name: {mark} for name, mark in PIXELS_MARKED.items() if name in files}


def has_pixels(path: Path) -> bool:
    """Whether pydicom finds pixels in a file."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = pydicom.dcmread(path, force=True, defer_size=1 << 16)
    return any(name in found for name in ("PixelData", "FloatPixelData", "DoubleFloatPixelData"))


def without_image(outcome: Outcome) -> Iterator[str]:
    yield from outcome.headers.keys() - outcome.shown - outcome.refused.keys()


@pytest.mark.real_data
def test_every_real_file_is_shown_or_refused_with_a_reason(shared_data: Path) -> None:
    outcome = outcome_of(shared_data)
    check(outcome, REFUSED_SHARED)
    assert not any(has_pixels(shared_data / name) for name in without_image(outcome))
    assert len(outcome.shown) > 900


def test_every_file_of_pydicom_is_shown_or_refused_with_a_reason() -> None:
    outcome = outcome_of(PYDICOM_DATA)
    check(outcome, REFUSED_PYDICOM)
    assert not any(has_pixels(PYDICOM_DATA / name) for name in without_image(outcome))
    assert len(outcome.shown) > 100
