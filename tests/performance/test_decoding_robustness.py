"""Campaigns: cut and mutated codestreams. Nothing cut is shown as whole, and nothing takes the window along."""

import dataclasses
import os
import random
import signal
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from tests.builders.pixel_headers import MemoryBytes, encapsulated_header
from tests.builders.pydicom_headers import pydicom_header
from tests.unit.imaging.test_codecs import COLUMNS, ENCODERS, ROWS, grey
from viewer.base.errors import DecodingError, ViewerError
from viewer.dicom.instance_header import InstanceHeader
from viewer.dicom.transfer_syntaxes import Codec
from viewer.imaging.decoder_pool import DecoderPool
from viewer.imaging.frame_decoding import DecodeRequest, FrameDecoder
from viewer.imaging.frame_source import FrameSource, pixel_description
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


def test_a_decoder_is_back_within_a_second_of_its_death(tmp_path: Path) -> None:
    image = {"rows": ROWS, "columns": COLUMNS, "bits_allocated": 16, "bits_stored": 12, "high_bit": 11}
    uid, encode = next(iter(ENCODERS.items()))
    good = encapsulated_header([encode(grey())], uid, **image)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    stuck = DecodeRequest(Codec.H264, b"", pixel_description(good), subject="stuck", stream_path=str(pipe))
    with DecoderPool(2) as pool, ThreadPoolExecutor(1) as threads:
        assert frame_of(good, 0, pool) is not None
        time.sleep(2)  # the spare comes up
        worked = threads.submit(pool.decode, stuck)
        killed: set[int] = set()
        while len(killed) < 2:
            for pid in set(pool.busy_process_ids) - killed:
                os.kill(pid, signal.SIGKILL)
                killed.add(pid)
            time.sleep(0.001)
        with pytest.raises(DecodingError):
            worked.result(10)
        start = time.perf_counter()
        assert frame_of(good, 0, pool) is not None
        back = time.perf_counter() - start
        start = time.perf_counter()
        with pytest.raises(DecodingError, match="not tried again"):
            pool.decode(stuck)
        refused = time.perf_counter() - start
    print(f"\nback after {back:.3f} s; refused again in {refused * 1000:.2f} ms")
    assert back < 1
    assert refused < 0.05
