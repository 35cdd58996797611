"""Series with damaged headers and cut files: a volume, or a refusal in words; never a crash, never nonsense."""

import math
import random
from pathlib import Path

import pytest

from tests.builders.phantoms import ramp, upright_stack, write_phantom
from tests.builders.volume_stores import plain_store
from viewer.base.byte_source import FileBytes
from viewer.base.errors import ViewerError
from viewer.dicom.header_scan import scan_header
from viewer.imaging.image_ref import ImageRef
from viewer.volume.volume_loading import load_volume
from viewer.volume.volume_plan import plan_volume

HEADER_FROM, PIXEL_BYTES, MOST_FRAMES = 400, 240, 50
BUDGET = 1 << 28


def mutated(raw: bytes, rng: random.Random) -> bytes:
    data = bytearray(raw)
    for _time in range(rng.randint(1, 4) if rng.random() < 0.5 else 0):
        at = rng.randrange(HEADER_FROM, len(data) - PIXEL_BYTES)
        how = rng.random()
        if how < 0.5:
            data[at] = rng.randrange(256)
        elif how < 0.8:
            data[at] = rng.choice(b"0123456789-.e\\ ")
        else:
            data[at : at + 2] = b"\xff\xff"
    return bytes(data[: rng.randrange(200, len(data))] if rng.random() < 0.1 else data)


def tried(files: list[bytes], folder: Path, seed: int) -> bool:
    """Return whether there was a volume."""
    rng = random.Random(seed)
    folder.mkdir()
    images: list[ImageRef] = []
    for number, raw in enumerate(files):
        path = folder / str(number)
        path.write_bytes(mutated(raw, rng))
        try:
            header = scan_header(FileBytes(path))
        except ViewerError:
            continue
        images += [ImageRef(header, index) for index in range(min(header.frame_count, MOST_FRAMES))]
    store = plain_store()
    try:
        volume = load_volume(plan_volume([images], store), store, budget_bytes=BUDGET)
    except ViewerError:
        return False
    assert all(map(math.isfinite, volume.value_range))
    assert volume.array().shape == volume.geometry.dimensions[::-1]
    return True


def campaign(folder: Path, seeds: range) -> int:
    paths = write_phantom(folder / "whole", upright_stack((12, 10, 6)), ramp((1, 2, 3)))
    files = [path.read_bytes() for path in paths]
    return sum(tried(files, folder / str(seed), seed) for seed in seeds)


@pytest.mark.filterwarnings("ignore")  # pydicom, the judge of what is damaged, has much to say
def test_mutants_are_volumes_or_refused(tmp_path: Path) -> None:
    assert 0 < campaign(tmp_path, range(60)) < 60


@pytest.mark.campaign
@pytest.mark.timeout(1200)
@pytest.mark.filterwarnings("ignore")  # as above
def test_many_mutants_are_volumes_or_refused(tmp_path: Path) -> None:
    print(f"\n{campaign(tmp_path, range(1000, 4000))} of 3000 mutants are volumes, the rest refused")
