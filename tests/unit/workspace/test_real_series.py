"""Order, positions and counts of real series against dcm2niix and pydicom."""

import functools
import shutil
import struct
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray

from viewer.base.byte_source import FileBytes
from viewer.base.errors import ViewerError
from viewer.dicom.header_scan import scan_header
from viewer.dicom.instance_header import InstanceHeader
from viewer.imaging.frame_cache import FrameCache
from viewer.imaging.frame_decoding import InlineDecoder
from viewer.imaging.frame_source import FrameSource
from viewer.imaging.frame_state import read_frame_states
from viewer.imaging.frame_store import FrameStore
from viewer.imaging.image_ref import ImageRef
from viewer.workspace.display_set import DisplaySet, WarningCode
from viewer.workspace.display_sets import display_sets_of, is_enhanced
from viewer.workspace.frame_facts import read_frame_facts

pytestmark = pytest.mark.real_data


def _headers(folder: Path) -> dict[str, list[InstanceHeader]]:
    series: dict[str, list[InstanceHeader]] = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            try:
                header = scan_header(FileBytes(path))
            except ViewerError:
                continue
            series.setdefault(header.series_instance_uid, []).append(header)
    return series


def _sets(headers: list[InstanceHeader]) -> tuple[DisplaySet, ...]:
    facts = {header.source: read_frame_facts(header) for header in headers if is_enhanced(header)}
    return display_sets_of("s", headers, facts)


@functools.lru_cache(maxsize=1)
def _read(name: str) -> tuple[pydicom.Dataset, NDArray[Any]]:
    data_set = pydicom.dcmread(name)
    return data_set, data_set.pixel_array


def _pixels(image: ImageRef) -> NDArray[Any]:
    data_set, pixels = _read(image.header.source.name)
    frame = pixels[image.frame_index] if pixels.ndim == 3 else pixels
    return frame * float(data_set.get("RescaleSlope", 1)) + float(data_set.get("RescaleIntercept", 0))


@pytest.fixture(scope="session")
def volumes(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return a function that converts a folder by dcm2niix: name to (values by slice, affine)."""
    program = shutil.which("dcm2niix")
    if program is None:
        pytest.skip("dcm2niix is not installed")

    def convert(name: str) -> dict[str, tuple[NDArray[Any], NDArray[Any]]]:
        out = tmp_path_factory.mktemp(name)
        arguments = [program, "-b", "n", "-z", "n", "-x", "i", "-f", "s%s", "-o", str(out), str(shared_data / name)]
        subprocess.run(arguments, check=True, capture_output=True)
        return {path.stem: _read_nifti(path) for path in out.glob("*.nii")}

    return convert


def _read_nifti(path: Path) -> tuple[NDArray[Any], NDArray[Any]]:
    raw = path.read_bytes()
    shape = struct.unpack_from("<8h", raw, 40)
    kinds = {4: np.int16, 512: np.uint16, 2: np.uint8, 16: np.float32}
    (offset,) = struct.unpack_from("<f", raw, 108)
    slope, intercept = struct.unpack_from("<2f", raw, 112)
    values = np.frombuffer(raw, kinds[struct.unpack_from("<h", raw, 70)[0]], offset=int(offset))
    shaped = values.reshape([max(1, side) for side in shape[4:0:-1]]) * (slope or 1.0) + intercept
    return shaped, np.array(struct.unpack_from("<12f", raw, 280)).reshape(3, 4)


@pytest.mark.parametrize(
    ("folder", "stem"), [("ct-tilted-28", "s2"), ("ct-philips-28", "s201"), ("mr-volume-192", "s5")]
)
def test_classic_slices_stand_in_the_order_of_dcm2niix(shared_data: Path, volumes: Any, folder: str, stem: str) -> None:
    values, _affine = volumes(folder)[stem]
    series = max(_headers(shared_data / folder).values(), key=len)
    (only,) = _sets(series)
    assert len(only.images) == values.shape[1] == len(series)
    ours = np.array([_pixels(image) for image in only.images])
    theirs = values[0][:, ::-1, :]  # NIfTI rows run to the front of the patient
    assert np.array_equal(ours, theirs) or np.array_equal(ours, theirs[::-1])


@pytest.mark.parametrize(("folder", "stem"), [("ct-philips-28", "s201"), ("mr-volume-192", "s5")])
def test_spacing_and_positions_equal_those_of_dcm2niix(shared_data: Path, volumes: Any, folder: str, stem: str) -> None:
    values, affine = volumes(folder)[stem]
    (only,) = _sets(max(_headers(shared_data / folder).values(), key=len))
    assert only.geometry is not None
    assert only.geometry.spacing_mm == pytest.approx(float(np.linalg.norm(affine[:, 2])), abs=1e-3)
    last_row = values.shape[2] - 1
    theirs = [affine @ [0, last_row, index, 1] * [-1, -1, 1] for index in range(values.shape[1])]
    ours = [image.header.numbers(0x00200032) for image in only.images]
    assert np.allclose(ours, theirs, atol=0.02) or np.allclose(ours, theirs[::-1], atol=0.02)


def test_the_tilt_of_the_ge_head_is_that_of_dcm2niix(shared_data: Path) -> None:
    (only,) = _sets(max(_headers(shared_data / "ct-tilted-28").values(), key=len))
    assert only.geometry is not None
    angle = np.degrees(np.arctan2(only.geometry.shear_mm, only.geometry.spacing_mm))
    assert angle == pytest.approx(18.5, abs=0.1)  # dcm2niix: "gantry tilt of 18.5 degrees"
    codes = {warning.code for warning in only.warnings}
    assert codes == {WarningCode.TILTED, WarningCode.IRREGULAR_SPACING}  # dcm2niix: "Interslice distance varies"


def test_frames_of_enhanced_objects_stand_in_the_order_of_dcm2niix(shared_data: Path, volumes: Any) -> None:
    converted = volumes("mr-enhanced")
    seen = 0
    for headers in _headers(shared_data / "mr-enhanced").values():
        pictures = [header for header in headers if header.pixel_data is not None]
        if not pictures:
            continue
        values, _affine = converted[f"s{pictures[0].ascii(0x00200011)}"]
        sets = _sets(pictures)
        assert [len(each.images) for each in sets] == [values.shape[1]] * values.shape[0]
        ours = np.array([[_pixels(image) for image in each.images] for each in sets])
        theirs = values[:, :, ::-1, :]
        assert np.array_equal(ours, theirs) or np.array_equal(ours, theirs[:, ::-1])
        seen += len(sets)
    assert seen == 12


def test_every_voxel_of_every_mosaic_slice_is_where_dcm2niix_puts_it(shared_data: Path, volumes: Any) -> None:
    converted = volumes("mr-mosaic")
    store = FrameStore(FrameCache(1 << 28), lambda header: FrameSource(header, InlineDecoder()), read_frame_states)
    for headers in _headers(shared_data / "mr-mosaic").values():
        values, affine = converted[f"s{headers[0].ascii(0x00200011)}"]
        (only,) = _sets(headers)
        assert only.warnings == ()
        times, slices = values.shape[:2]
        assert len(only.images) == times * slices
        assert all(image.is_tile for image in only.images)
        for place, image in enumerate(only.images):
            loaded = store.load(image)
            plane = loaded.state.plane
            assert plane is not None
            row, column = np.mgrid[: loaded.stored.values.shape[0], : loaded.stored.values.shape[1]]
            patient = np.array(plane.position) + (
                column[..., None] * plane.column_spacing_mm * np.array(plane.row_direction)
                + row[..., None] * plane.row_spacing_mm * np.array(plane.column_direction)
            )  # PS3.3 C.7.6.2.1.1
            ras = patient * [-1, -1, 1]
            voxel = (ras - affine[:, 3]) @ np.linalg.inv(affine[:, :3]).T
            i, j, k = np.moveaxis(np.rint(voxel).astype(int), -1, 0)
            assert np.abs(voxel - np.rint(voxel)).max() < 0.01
            assert np.array_equal(values[place // slices, k, j, i], loaded.stored.values)


def test_every_file_of_the_real_data_is_in_exactly_one_display_set(shared_data: Path) -> None:
    files = frames = 0
    for headers in _headers(shared_data).values():
        sets = _sets(headers)
        images = [image.identity for each in sets for image in each.images]
        assert len(set(images)) == len(images)
        assert {identity[1] for identity in images} == {header.source.name for header in headers}
        files += len(headers)
        frames += len(images)
    assert files > 1_000
    assert frames > files
