"""Random images of every cell layout, byte order, modality transform and VOI, against the Standard's formulas.

The truth is worked out from the numbers an image was made of, never from what was read back. Each seed is one image.
"""

import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from tests.builders.gray_images import data_set
from viewer.base.byte_source import FileBytes
from viewer.dicom.header_scan import scan_header
from viewer.imaging.display_calibration import UNCALIBRATED
from viewer.imaging.frame_decoding import InlineDecoder
from viewer.imaging.frame_source import FrameSource
from viewer.imaging.frame_state import FrameState, read_frame_states
from viewer.imaging.grayscale_pipeline import Stage, View, chain_table, gray_chain, render_stage, resolve_voi
from viewer.imaging.stored_frame import StoredFrame

SEEDS = range(250)
SYNTAXES = (ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian)
P_MAX = 65535


@dataclass
class Case:
    """One image, with what each stage must give."""

    choice: random.Random
    rng: np.random.Generator
    syntax: UID
    image: Dataset
    stored: NDArray[np.int64]
    low: int
    high: int
    is_signed: bool
    modality: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    modality_range: tuple[float, float] = (0.0, 1.0)
    is_table: bool = False
    interest: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    padding: tuple[int, int] | None = None

    @property
    def order(self) -> str:
        return ">" if self.syntax == ExplicitVRBigEndian else "<"


def made_image(seed: int) -> Case:
    choice = random.Random(seed)
    case = _cells(choice, np.random.default_rng(seed))
    _add_modality(case)
    _add_voi(case)
    if choice.random() < 0.4 and case.image.BitsAllocated <= 16:
        first = choice.choice(case.stored.ravel().tolist())
        other = choice.choice([first, choice.randint(case.low, case.high)])
        vr = "SS" if case.is_signed else "US"
        case.image.add_new(0x00280120, vr, first)
        case.image.add_new(0x00280121, vr, other)
        case.padding = min(first, other), max(first, other)
    return case


def _cells(choice: random.Random, rng: np.random.Generator) -> Case:
    """Make an image with its field anywhere in the word, and rubbish beside it (PS3.5 8.1.1)."""
    allocated = choice.choice([8, 16, 16, 32])
    syntax = choice.choice(SYNTAXES if allocated < 32 else [one for one in SYNTAXES if one != ExplicitVRBigEndian])
    bits = choice.choice([allocated, choice.randint(2, allocated)])
    high_bit = choice.choice([bits - 1, choice.randint(bits - 1, allocated - 1)])
    is_signed = choice.random() < 0.5
    shape = choice.randint(1, 6), choice.randint(1, 6)
    fields = rng.integers(0, 1 << bits, shape)
    mask = ((1 << bits) - 1) << (high_bit + 1 - bits)
    rubbish = rng.integers(0, 1 << allocated, shape) & ~mask if choice.random() < 0.5 else 0
    words = (fields << (high_bit + 1 - bits)) | rubbish
    stored = np.where(fields >> (bits - 1) & is_signed, fields - (1 << bits), fields)
    image = data_set(words.astype(f"<u{allocated // 8}"), Modality=choice.choice(["OT", "DX", "CT", "NM"]))
    image.BitsStored, image.HighBit, image.PixelRepresentation = bits, high_bit, int(is_signed)
    image.PhotometricInterpretation = choice.choice(["MONOCHROME1", "MONOCHROME2"])
    vr = "OB" if allocated == 8 and syntax != ImplicitVRLittleEndian and choice.random() < 0.5 else "OW"
    image["PixelData"].VR = vr
    if syntax == ExplicitVRBigEndian and vr == "OW":
        image.PixelData = np.frombuffer(image.PixelData, "<u2").astype(">u2").tobytes()
    low, high = (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if is_signed else (0, (1 << bits) - 1)
    return Case(choice, rng, syntax, image, stored, low, high, is_signed)


def _lut_item(case: Case, first: int, bits: int, *, is_signed: bool) -> tuple[Dataset, NDArray[np.int64]]:
    """Return a LUT item with packed or padded entries, and the entries."""
    entries = case.rng.integers(0, 1 << bits, case.choice.choice([1, 2, 50, 256, 4096]))
    if bits == 8 and case.choice.random() < 0.5:  # two octets a word, the first in its lower half
        octets = entries.astype(np.uint8).tobytes() + b"\0" * (entries.size % 2)
        data = np.frombuffer(octets, "<u2").astype(f"{case.order}u2").tobytes()
    else:
        data = entries.astype(f"{case.order}u2").tobytes()
    item = Dataset()
    item.add_new(0x00283002, "SS" if is_signed else "US", [entries.size, first, bits])
    item.add_new(0x00283006, "OW", data)
    return item, entries


def _looked_up(values: NDArray[Any], first: int, entries: NDArray[np.int64]) -> NDArray[np.int64]:
    found: NDArray[np.int64] = entries[np.clip(np.rint(values).astype(np.int64) - first, 0, entries.size - 1)]
    return found


def _add_modality(case: Case) -> None:
    kind = case.choice.choice(["none", "rescale", "table"])
    case.modality, case.modality_range = case.stored.astype(float), (case.low, case.high)
    if kind == "rescale":
        slope, intercept = case.choice.choice([1.0, 2.0, 0.5, -1.0, -0.3]), case.choice.choice([0.0, -1024.0, 10.5])
        case.image.RescaleSlope, case.image.RescaleIntercept = slope, intercept
        case.modality = np.asarray(case.stored * slope + intercept, np.float64)
        ends = sorted(end * slope + intercept for end in (case.low, case.high))
        case.modality_range = ends[0], ends[1]
    elif kind == "table" and case.image.BitsStored <= 16:
        first, bits = case.choice.randint(max(case.low, -32768), min(case.high, 65535)), case.choice.choice([8, 10, 16])
        item, entries = _lut_item(case, first, bits, is_signed=case.is_signed)
        case.image.ModalityLUTSequence = [item]
        case.modality = _looked_up(case.stored, first, entries).astype(float)
        case.modality_range, case.is_table = (0, (1 << bits) - 1), True


def _add_voi(case: Case) -> None:
    low, high = case.modality_range
    if case.choice.random() < 0.35:
        is_signed = not case.is_table and (low < 0 or case.image.Modality == "CT")
        least, most = (-32768, 32767) if is_signed else (0, 65535)
        first = min(max(round(case.choice.uniform(low, high)), least), most)
        bits = case.choice.choice([8, 12, 16])
        item, entries = _lut_item(case, first, bits, is_signed=is_signed)
        case.image.VOILUTSequence = [item]
        case.interest = _looked_up(case.modality, first, entries) / ((1 << bits) - 1)
        return
    center = round(case.choice.uniform(low, high), 1)
    width = case.choice.choice([round(case.choice.uniform(1, high - low + 1), 1), 1.0, 0.25])
    function = case.choice.choice(["", "LINEAR", "LINEAR_EXACT", "SIGMOID"])
    case.image.WindowCenter, case.image.WindowWidth = f"{center:.10g}", f"{width:.10g}"
    if function:
        case.image.VOILUTFunction = function
    case.interest = _windowed(case.modality, float(f"{center:.10g}"), float(f"{width:.10g}"), function)


def _windowed(x: NDArray[np.float64], c: float, w: float, function: str) -> NDArray[np.float64]:
    """Apply C.11.2.1.2.1 and C.11.2.1.3 as they are printed; LINEAR below 1 means LINEAR_EXACT."""
    if function == "SIGMOID":
        return np.asarray(1 / (1 + np.exp(np.clip(-4 * (x - c) / w, -700, 700))))
    if function == "LINEAR_EXACT" or w < 1:
        return np.where(x <= c - w / 2, 0.0, np.where(x > c + w / 2, 1.0, (x - c) / w + 0.5))
    inside = (x - (c - 0.5)) / max(w - 1, 1e-9) + 0.5
    return np.where(x <= c - 0.5 - (w - 1) / 2, 0.0, np.where(x > c - 0.5 + (w - 1) / 2, 1.0, inside))


def read_back(case: Case, path: Path) -> tuple[StoredFrame, FrameState]:
    case.image.file_meta = FileMetaDataset()
    case.image.file_meta.TransferSyntaxUID = case.syntax
    case.image.save_as(path, enforce_file_format=True)
    header = scan_header(FileBytes(path))
    assert header.problems == ()
    return FrameSource(header, InlineDecoder()).stored_frame(0), read_frame_states(header).state(0)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_stage_gives_what_the_formulas_give(seed: int, tmp_path: Path) -> None:
    case = made_image(seed)
    stored, state = read_back(case, tmp_path / "image.dcm")
    assert not stored.warnings
    assert (stored.values == case.stored).all()
    assert np.allclose(render_stage(stored, state, View(), Stage.MODALITY), case.modality, rtol=1e-12)
    low, high = case.padding or (1, 0)
    is_padding = (case.stored >= low) & (case.stored <= high)
    interest = np.where(is_padding, 0.0, case.interest)
    assert np.allclose(render_stage(stored, state, View(), Stage.VOI), interest, atol=1e-9)
    is_inverse = case.image.PhotometricInterpretation == "MONOCHROME1"
    p_values = np.where(is_padding, 0, np.rint((1 - interest if is_inverse else interest) * P_MAX))
    assert np.abs(render_stage(stored, state, View(), Stage.P_VALUE) - p_values).max() <= 1


@pytest.mark.parametrize("seed", SEEDS[::5])
def test_one_table_gives_what_the_chain_gives(seed: int, tmp_path: Path) -> None:
    case = made_image(seed)
    stored, state = read_back(case, tmp_path / "image.dcm")
    if state.pixels.bits_allocated > 16:
        return
    chain = gray_chain(state, View(), resolve_voi(stored.values, state, View()))
    is_octets = state.pixels.bits_allocated <= 8
    table = chain_table(chain, UNCALIBRATED, is_signed=state.pixels.is_signed, octets=is_octets)
    shown = table[case.stored + (table.size // 2 if case.is_signed else 0)]
    low, high = case.padding or (1, 0)
    shown = np.where((case.stored >= low) & (case.stored <= high), UNCALIBRATED.display_lut()[0], shown)
    assert (render_stage(stored, state, View(), Stage.DISPLAY) == shown).all()
