"""Campaigns: cut and mutated codestreams. Nothing cut is shown as whole, and nothing takes the window along."""

import dataclasses
import os
import random
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from tests.builders.pixel_headers import MemoryBytes, encapsulated_header
from tests.builders.pydicom_headers import pydicom_header
from tests.unit.imaging.test_codecs import COLUMNS, ENCODERS, ROWS, grey
from viewer.base.errors import ViewerError
from viewer.dicom.instance_header import InstanceHeader
from viewer.imaging.decoder_pool import DecoderPool
from viewer.imaging.frame_decoding import FrameDecoder
from viewer.imaging.frame_source import FrameSource
from viewer.imaging.stored_frame import FrameWarning, StoredFrame

pytestmark = [pytest.mark.campaign, pytest.mark.real_data]
STEP = int(os.environ.get("NEGATOSCOPE_CUT_STEP", "64"))
SECONDS = float(os.environ.get("NEGATOSCOPE_MUTATION_SECONDS", "30"))
LARGEST = 300_000
FOLDERS = ("wg04", "syntax-matrix-ct", "colour-and-frames", "ultrasound-cine")


def frame_of(header: InstanceHeader, index: int, decoder: FrameDecoder) -> StoredFrame | None:
    try:
        return FrameSource(header, decoder).stored_frame(index)
    except ViewerError:
        return None


@pytest.mark.timeout(0)
@pytest.mark.parametrize("folder", FOLDERS)
def test_no_cut_file_is_shown_as_whole(folder: str, shared_data: Path) -> None:
    outcomes: Counter[str] = Counter()
    with DecoderPool(2, frame_seconds=20) as pool:
        for path in sorted((shared_data / folder).iterdir()):
            header = pydicom_header(path)
            if header.pixel_data is None or path.stat().st_size > LARGEST or ".1.99" in header.transfer_syntax_uid:
                continue
            last = header.frame_count - 1
            whole = frame_of(header, last, pool)
            if whole is None or FrameWarning.TRUNCATED in whole.warnings:
                continue
            data = path.read_bytes()
            for length in range(header.pixel_data.offset, len(data), STEP):
                cut = dataclasses.replace(header, source=MemoryBytes(data[:length], f"{path.name}:{length}"))
                frame = frame_of(cut, last, pool)
                if frame is None:
                    outcomes["refused"] += 1
                elif FrameWarning.TRUNCATED in frame.warnings:
                    outcomes["marked"] += 1
                else:
                    outcomes["whole"] += 1
                    assert np.array_equal(frame.values, whole.values), f"{path.name} cut at {length} is shown as whole"
    print(f"\n{folder}: {dict(outcomes)}")


@pytest.mark.timeout(0)
@pytest.mark.parametrize("uid", ENCODERS)
def test_mutated_streams_cost_their_frame_and_nothing_else(uid: str) -> None:
    values = grey()
    good = ENCODERS[uid](values)
    image = {"rows": ROWS, "columns": COLUMNS, "bits_allocated": 16, "bits_stored": 12, "high_bit": 11}
    chance = random.Random(1)
    outcomes: Counter[str] = Counter()
    slowest = 0.0
    with DecoderPool(2, frame_seconds=5) as pool:
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            mutant = bytearray(good)
            for _ in range(chance.choice((1, 1, 2, 4, 16))):
                mutant[chance.randrange(len(mutant))] = chance.choice((0, 255, chance.randrange(256)))
            header = encapsulated_header([bytes(mutant)], uid, **image)
            source = MemoryBytes(header.source.read_at(0, 1 << 30), f"mutant {outcomes.total()}")
            before = set(pool.process_ids)
            start = time.perf_counter()
            frame = frame_of(dataclasses.replace(header, source=source), 0, pool)
            slowest = max(slowest, time.perf_counter() - start)
            outcomes["refused" if frame is None else "decoded"] += 1
            outcomes["deaths"] += bool(before - set(pool.process_ids))
        frame = frame_of(encapsulated_header([good], uid, **image), 0, pool)
    print(f"\n{uid}: {dict(outcomes)}, slowest {slowest:.2f} s")
    assert frame is not None
    assert np.array_equal(frame.values, values)
