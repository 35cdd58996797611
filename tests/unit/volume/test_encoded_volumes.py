"""Volumes from every encoding and container: the same voxels whichever way they were written."""

import zipfile
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.filewriter import dcmwrite
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
)

from tests.builders.phantoms import loaded_volume, ramp, sampled, upright_stack, write_phantom, write_slices
from viewer.cli.volume_opening import opened_volumes

STACK = upright_stack((18, 14, 7), (1, 1, 2))
FIELD = ramp((3.0, 2.0, 1.0))


def wanted() -> NDArray[np.float64]:
    return np.rint(sampled(STACK, FIELD))


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian])
def test_plain_encodings(tmp_path: Path, syntax: str) -> None:
    for path in write_phantom(tmp_path, STACK, FIELD):
        data_set = dcmread(path)
        if syntax == ExplicitVRBigEndian:
            data_set.PixelData = np.frombuffer(data_set.PixelData, "<i2").astype(">i2").tobytes()
        data_set.file_meta.TransferSyntaxUID = UID(syntax)
        way = {"implicit_vr": syntax == ImplicitVRLittleEndian, "little_endian": syntax != ExplicitVRBigEndian}
        dcmwrite(path, data_set, force_encoding=True, **way)
    assert np.array_equal(loaded_volume(tmp_path).modality_values(), wanted())


@pytest.mark.parametrize("syntax", [RLELossless, JPEGLSLossless, JPEG2000Lossless])
def test_compressed_encodings(tmp_path: Path, syntax: str) -> None:
    how = {"dtype": "uint16", "bits_stored": 12, "intercept": -1024.0}
    write_phantom(tmp_path, STACK, FIELD, transfer_syntax_uid=syntax, **how)
    assert np.array_equal(loaded_volume(tmp_path).modality_values(), wanted())


def test_a_damaged_stream_is_a_missing_slice(tmp_path: Path) -> None:
    how = {"dtype": "uint16", "bits_stored": 12, "intercept": -1024.0}
    paths = write_phantom(tmp_path, STACK, FIELD, transfer_syntax_uid=JPEGLSLossless, **how)
    raw = paths[3].read_bytes()
    paths[3].write_bytes(raw[: len(raw) // 2 + 550])
    volume = loaded_volume(tmp_path)
    assert volume.condition.missing_slices == (3,)
    kept = [0, 1, 2, 4, 5, 6]
    assert np.array_equal(volume.modality_values()[kept], wanted()[kept])


def test_members_of_an_archive(tmp_path: Path) -> None:
    paths = write_phantom(tmp_path / "in", STACK, FIELD)
    for name, way in (("stored", zipfile.ZIP_STORED), ("packed", zipfile.ZIP_DEFLATED)):
        with zipfile.ZipFile(tmp_path / f"{name}.zip", "w", way) as archive:
            for path in paths:
                archive.write(path, path.name)
        with opened_volumes([tmp_path / f"{name}.zip"]) as volumes:
            assert np.array_equal(volumes[0].load().modality_values(), wanted())


def test_overlay_bits_beside_the_stored_field_are_no_values(tmp_path: Path) -> None:
    paths = write_slices(tmp_path, STACK, wanted(), dtype="uint16", bits_stored=12)
    raw = paths[2].read_bytes()
    cells = np.frombuffer(raw[-STACK.rows * STACK.columns * 2 :], "<u2") | 0x8000
    paths[2].write_bytes(raw[: -cells.nbytes] + cells.astype("<u2").tobytes())
    assert np.array_equal(loaded_volume(tmp_path).modality_values(), wanted())


def test_signed_fields_of_twelve_bits_keep_their_sign(tmp_path: Path) -> None:
    paths = write_slices(tmp_path, STACK, wanted(), dtype="int16", bits_stored=12, intercept=0.0)
    raw = paths[2].read_bytes()
    cells = np.frombuffer(raw[-STACK.rows * STACK.columns * 2 :], "<u2") & 0x0FFF  # signs not extended
    paths[2].write_bytes(raw[: -cells.nbytes] + cells.astype("<u2").tobytes())
    assert np.array_equal(loaded_volume(tmp_path).modality_values(), wanted())
