"""Truths: dcm2niix on real mosaics, voxel by voxel; the vendors' conformance statements on small made sets."""

import contextlib
import math
import struct
import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from pydicom import Dataset, dcmread

from viewer.base.byte_source import FileBytes
from viewer.base.errors import DicomError
from viewer.dicom.csa_header import csa_header
from viewer.dicom.instance_header import InstanceHeader
from viewer.dicom.private_dialects import (
    b_value,
    b_value_of,
    ge_complex_part,
    is_mosaic,
    philips_scale,
    siemens_mosaic,
)

DCM2NIIX = Path("/usr/bin/dcm2niix")


def read_nifti(path: Path) -> tuple[NDArray[np.float64], NDArray[np.int16]]:
    """Return affine (RAS) and voxels [k, j, i] of the first volume of a NIfTI-1 file."""
    raw = path.read_bytes()
    dims = struct.unpack_from("<8h", raw, 40)
    (datatype,) = struct.unpack_from("<h", raw, 70)
    offset = int(struct.unpack_from("<f", raw, 108)[0])
    affine = np.vstack([np.array(struct.unpack_from("<12f", raw, 280)).reshape(3, 4), [0, 0, 0, 1]])
    voxels = np.frombuffer(raw, {4: "<i2", 512: "<u2"}[datatype], dims[1] * dims[2] * dims[3], offset)
    return affine, voxels.reshape(dims[3], dims[2], dims[1])


@pytest.mark.real_data
@pytest.mark.skipif(not DCM2NIIX.exists(), reason="dcm2niix is not installed")
@pytest.mark.parametrize("first", ["IM-0001-0001.dcm", "IM-0007-0001.dcm"])
def test_every_voxel_of_a_mosaic_lies_where_dcm2niix_puts_it(shared_data: Path, tmp_path: Path, first: str) -> None:
    path = shared_data / "mr-mosaic" / first
    done = subprocess.run(
        [DCM2NIIX, "-s", "y", "-z", "n", "-b", "n", "-f", "volume", "-o", tmp_path, path], capture_output=True
    )
    assert done.returncode == 0
    affine, voxels = read_nifti(tmp_path / "volume.nii")
    dataset = dcmread(path)
    mosaic = siemens_mosaic(dataset)
    assert mosaic is not None
    assert not mosaic.is_direction_assumed
    assert (mosaic.tile_count, mosaic.tile_rows, mosaic.tile_columns) == voxels.shape
    pixels = dataset.pixel_array
    to_ras = np.diag([-1, -1, 1])
    for index in range(mosaic.tile_count):
        down, across = mosaic.tile_origin(index)
        tile = pixels[down : down + mosaic.tile_rows, across : across + mosaic.tile_columns]
        plane = mosaic.plane(index)
        corners = [(0, 0), (tile.shape[1] - 1, 0), (0, tile.shape[0] - 1), (17, 5)]
        for column, row in corners:
            ras = to_ras @ np.array(plane.point_patient(column, row))
            i, j, k = (np.linalg.inv(affine) @ [*ras, 1])[:3]
            assert abs(i - round(i)) < 0.01
            assert abs(j - round(j)) < 0.01
            assert abs(k - round(k)) < 0.01
            assert voxels[round(k), round(j), round(i)] == tile[row, column]
        # The whole tile, by the signs of the affine just proven at its corners.
        k = round(k)
        assert np.array_equal(voxels[k, ::-1] if round(j) != 5 else voxels[k], tile)


@pytest.mark.real_data
def test_the_csa_header_of_a_real_file_is_read(shared_data: Path) -> None:
    dataset = dcmread(shared_data / "mr-mosaic" / "IM-0001-0001.dcm", stop_before_pixels=True)
    csa = csa_header(dataset[0x00291010].value)
    assert len(csa) == 100
    assert csa["NumberOfImagesInMosaic"] == ("36",)
    assert [float(part) for part in csa["SliceNormalVector"]] == [0, 0.12360148, 0.99233194]
    assert len(csa["MosaicRefAcqTimes"]) == 36


@pytest.mark.real_data
@given(cut=st.integers(0, 12536), flip=st.integers(0, 12535))
def test_a_damaged_csa_header_is_read_or_refused(shared_data: Path, cut: int, flip: int) -> None:
    raw = bytearray(dcmread(shared_data / "mr-mosaic" / "IM-0001-0001.dcm", stop_before_pixels=True)[0x00291010].value)
    raw[flip] ^= 0xFF
    with contextlib.suppress(DicomError):
        assert isinstance(csa_header(bytes(raw[:cut])), dict)


@pytest.mark.real_data
def test_a_mosaic_without_its_creator_is_no_mosaic_and_damage_is_refused(shared_data: Path) -> None:
    dataset = dcmread(shared_data / "mr-mosaic" / "IM-0001-0001.dcm", stop_before_pixels=True)
    dataset.Rows = 385
    with pytest.raises(DicomError, match="divide"):
        siemens_mosaic(dataset)
    dataset.Rows = 384
    del dataset[0x00291010]
    mosaic = siemens_mosaic(dataset)
    assert mosaic is not None
    assert mosaic.is_direction_assumed
    del dataset[0x00190010]
    del dataset[0x00290010]
    assert not is_mosaic(dataset)
    assert siemens_mosaic(dataset) is None


def made(group: int, creator: str, element: int, vr: str, value: object, block: int = 0x10) -> Dataset:
    dataset = Dataset()
    dataset.add_new(group << 16 | block, "LO", creator)
    dataset.add_new(group << 16 | block << 8 | element, vr, value)
    return dataset


SIEMENS = (0x0019, "SIEMENS MR HEADER", 0x0C, "IS")
GE = (0x0043, "GEMS_PARM_01", 0x39, "IS")
PHILIPS = (0x2001, "Philips Imaging DD 001", 0x03, "FL")


@pytest.mark.parametrize(
    ("where", "value", "expected"),
    [
        (SIEMENS, 1000, 1000),
        (GE, [1000000050, 8, 0, 0], 50),
        (GE, [800, 8, 0, 0], 800),
        (PHILIPS, 1500.0, 1500),
        (PHILIPS, 0.0, 0),
        (SIEMENS, -1, None),
        (PHILIPS, math.nan, None),
    ],
)
@pytest.mark.parametrize("block", [0x10, 0x4F])
def test_b_values_are_read_from_the_block_of_their_creator(
    where: tuple[int, str, int, str], value: object, expected: float | None, block: int
) -> None:
    group, creator, element, vr = where
    dataset = made(group, creator, element, vr, value, block)
    found = b_value(dataset)
    assert (found.value if found else None) == expected
    texts = "\\".join(map(str, value)) if isinstance(value, list) else str(value)
    raw = struct.pack("<f", value) if vr == "FL" else texts.encode()
    elements = {group << 16 | block: creator.encode() + b" ", group << 16 | block << 8 | element: raw}
    in_header = b_value_of(InstanceHeader(FileBytes(Path("none")), "1.2.840.10008.1.2.1", elements))
    assert in_header == found
    if found:
        assert creator in found.source


def test_another_creator_s_element_is_not_taken_for_a_b_value() -> None:
    assert b_value(made(0x0019, "SOMEONE ELSE", 0x0C, "IS", 1000)) is None
    elements = {0x00190010: b"SOMEONE ELSE", 0x0019100C: b"1000"}
    assert b_value_of(InstanceHeader(FileBytes(Path("none")), "1.2.840.10008.1.2.1", elements)) is None
    assert b_value(Dataset()) is None


def test_the_standard_s_own_b_value_comes_first() -> None:
    dataset = made(*SIEMENS, 1000)
    dataset.DiffusionBValue = 700.0
    found = b_value(dataset)
    assert found is not None
    assert found.value == 700
    elements = {0x00189087: struct.pack("<d", 700.0)}
    header = InstanceHeader(FileBytes(Path("none")), "1.2.840.10008.1.2.1", elements)
    assert b_value_of(header) == found


def test_philips_values_become_comparable() -> None:
    dataset = made(0x2005, "Philips MR Imaging DD 001", 0x0E, "FL", 0.02)
    dataset.add_new(0x2005100D, "FL", 0.0)
    scale = philips_scale(dataset)
    assert scale is not None
    # FP = (SV·RS + RI) / (RS·SS), Chenevert et al. 2014.
    stored, slope, intercept = 312.0, 1.7, 0.0
    assert scale.precise_value(stored * slope + intercept, slope) == pytest.approx(312 / scale.slope)
    assert philips_scale(made(0x2005, "Philips MR Imaging DD 002", 0x0E, "FL", 0.02)) is None


def test_ge_says_which_part_of_a_complex_value_it_shows() -> None:
    assert ge_complex_part(made(0x0043, "GEMS_PARM_01", 0x2F, "SS", 2)) == "real"
    assert ge_complex_part(made(0x0043, "GEMS_PARM_01", 0x2F, "SS", 9)) == ""
    assert ge_complex_part(made(0x0043, "OTHER", 0x2F, "SS", 2)) == ""
