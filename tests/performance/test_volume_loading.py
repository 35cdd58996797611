"""How fast a series becomes a volume: beside reading its bytes, decoding its slices, and SimpleITK, in the same run."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from pydicom import dcmread
from pydicom.encaps import generate_frames

from tests.builders.ct_series import ct_slice, write_ct_series
from tests.builders.volume_stores import images_of
from viewer.imaging.decoder_pool import DecoderPool
from viewer.imaging.frame_cache import FrameCache
from viewer.imaging.frame_source import FrameSource
from viewer.imaging.frame_state import read_frame_states
from viewer.imaging.frame_store import FrameStore
from viewer.volume.volume_loading import load_volume
from viewer.volume.volume_plan import plan_volume

pytestmark = pytest.mark.campaign

SLICES, SIZE, CORES = 1000, 512, 2
RAW_TIMES, DECODED_TIMES = 3.0, 1.5
MEMORY_TIMES, MEMORY_MORE = 1.2, 500 << 20

_CHILD = """
import resource, sys
from pathlib import Path
from viewer.cli.volume_opening import opened_volumes
if __name__ == "__main__":
    with opened_volumes([Path(sys.argv[1])]) as volumes:
        volume = volumes[0].load()
        print(volume.array().nbytes, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
"""


def fastest(work: Callable[[], object], repeats: int = 5) -> float:
    seconds = []
    for _repeat in range(repeats):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def read_all(paths: list[Path]) -> None:
    for path in paths:
        path.read_bytes()


@pytest.fixture(scope="module")
def series(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("volume")
    write_ct_series(folder, SLICES, SIZE)
    return folder


@pytest.fixture
def store() -> Iterator[FrameStore]:
    with DecoderPool(CORES + 1) as pool:
        yield FrameStore(FrameCache(1 << 26), lambda header: FrameSource(header, pool), read_frame_states)


@pytest.mark.timeout(600)
def test_an_uncompressed_series_is_ready_in_three_times_the_reading_of_its_bytes(
    series: Path, store: FrameStore
) -> None:
    images = images_of(series)
    paths = sorted(series.iterdir())
    plan = plan_volume([images], store)
    planning = fastest(lambda: plan_volume([images], store))
    load_volume(plan, store)  # memory the process never had costs the system more than all the rest
    plain = ours = watched = float("inf")
    for _turn in range(6):  # in turns, so that what else the machine does falls on all of them
        plain = min(plain, fastest(lambda: read_all(paths), 1))
        ours = min(ours, fastest(lambda: load_volume(plan, store), 1))
        watched = min(watched, fastest(lambda: load_volume(plan, store, tell=lambda _volume: None), 1))
    print(
        f"\n{SLICES} slices of {SIZE}²: bytes {plain * 1e3:.0f} ms, planned in {planning * 1e3:.0f} ms,"
        f" volume {ours * 1e3:.0f} ms ({ours / plain:.1f}×), watched {watched * 1e3:.0f} ms"
    )
    assert planning + ours <= RAW_TIMES * plain


@pytest.mark.timeout(600)
def test_simpleitk_takes_longer(series: Path, store: FrameStore) -> None:
    import SimpleITK

    images = images_of(series)
    plan = plan_volume([images], store)
    reader = SimpleITK.ImageSeriesReader()
    reader.SetFileNames([image.header.source.name for image in plan.images[0]])
    theirs = fastest(reader.Execute, 2)
    ours = fastest(lambda: load_volume(plan, store), 3)
    print(f"\n{SLICES} slices: SimpleITK {theirs * 1e3:.0f} ms, volume {ours * 1e3:.0f} ms")
    assert ours <= theirs


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("name", "uid", "bare"),
    [
        ("JPEG-LS", "1.2.840.10008.1.2.4.80", imagecodecs.jpegls_decode),
        ("JPEG 2000", "1.2.840.10008.1.2.4.90", lambda data: imagecodecs.jpeg2k_decode(data, numthreads=1)),
    ],
)
def test_a_compressed_series_is_ready_in_half_more_than_its_decoding(
    tmp_path: Path, store: FrameStore, name: str, uid: str, bare: Callable[[bytes], object]
) -> None:
    count = 160
    paths = write_ct_series(tmp_path, count, SIZE, transfer_syntax_uid=uid)
    streams = [next(generate_frames(dcmread(path).PixelData, number_of_frames=1)) for path in paths]
    images = images_of(tmp_path)
    plan = plan_volume([images], store)
    volume = load_volume(plan, store)  # the decoders are awake from here on
    assert np.array_equal(volume.array()[5], ct_slice(5, SIZE))
    del volume
    decoded = ours = watched = float("inf")
    for _turn in range(4):  # in turns, so that what else the machine does falls on all of them
        with ThreadPoolExecutor(CORES) as cores:
            decoded = min(decoded, fastest(lambda: list(cores.map(bare, streams)), 1))
        ours = min(ours, fastest(lambda: load_volume(plan, store), 1))
        watched = min(watched, fastest(lambda: load_volume(plan, store, tell=lambda _volume: None), 1))
    print(
        f"\n{count} slices in {name}: decoded {decoded * 1e3:.0f} ms, volume {ours * 1e3:.0f} ms"
        f" ({ours / decoded:.2f}×), watched {watched * 1e3:.0f} ms"
    )
    assert watched <= DECODED_TIMES * decoded


@pytest.mark.timeout(600)
def test_memory_stays_near_the_volume(series: Path, tmp_path: Path) -> None:
    script = tmp_path / "child.py"
    script.write_text(_CHILD)
    root = Path(__file__).resolve().parents[2]
    ended = subprocess.run(
        [sys.executable, str(script), str(series)],
        capture_output=True,
        text=True,
        check=True,
        cwd=root,
        env={"PYTHONPATH": str(root), "PATH": "/usr/bin:/bin"},
    )
    voxels, most = map(int, ended.stdout.split())
    print(f"\nvolume {voxels >> 20} MB, process at most {most >> 20} MB")
    assert most <= MEMORY_TIMES * voxels + MEMORY_MORE


@pytest.mark.timeout(600)
def test_a_tilted_series_is_sheared_while_it_is_read(tmp_path: Path, store: FrameStore) -> None:
    write_ct_series(tmp_path, 300, SIZE, slice_step_mm=(0.0, 0.26, 1.0))
    images = images_of(tmp_path)
    plan = plan_volume([images], store)
    assert plan.is_moved
    seconds = fastest(lambda: load_volume(plan, store), 3)
    print(f"\n300 tilted slices of {SIZE}² in {seconds * 1e3:.0f} ms")
