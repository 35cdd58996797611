"""Volumes against readers that are not ours: SimpleITK slice by slice, dcm2niix for whole series; real and made data.

dcm2niix writes RAS: its affine is turned by diag(−1, −1, 1) before it is compared.
"""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.builders.enhanced import write_enhanced_ct
from tests.builders.phantoms import AXIAL, ramp, turned, upright_stack, write_phantom
from viewer.cli.volume_opening import OpenedVolume, opened_volumes
from viewer.volume.series_volume import SeriesVolume
from viewer.volume.volume_loading import load_volume

VOXELS = 100
CLASSIC = ("mr-volume-192", "ct-philips-28", "ct-tilted-28", "pet-ct-mr-rt", "ibsi-orientation")
WHOLE = ("mr-volume-192", "ct-philips-28", "pet-ct-mr-rt", "ibsi-orientation", "mr-mosaic", "mr-enhanced")

needs_dcm2niix = pytest.mark.skipif(shutil.which("dcm2niix") is None, reason="dcm2niix is not installed")


@contextmanager
def loaded(folder: Path) -> Iterator[list[tuple[OpenedVolume, SeriesVolume]]]:
    with opened_volumes([folder]) as volumes:
        yield [(each, each.load()) for each in volumes]


def random_voxels(volume: SeriesVolume, count: int = VOXELS) -> NDArray[np.int64]:
    """Return column, row and slice of random voxels; (count, 3)."""
    rng = np.random.default_rng(7)
    return np.stack([rng.integers(0, size, count) for size in volume.geometry.dimensions], axis=1)


# ---- SimpleITK, slice by slice


def itk_slice(path: Path) -> Any:
    import SimpleITK

    SimpleITK.ProcessObject.SetGlobalWarningDisplay(False)
    return SimpleITK.ReadImage(str(path))


def sampled_linear(values: NDArray[np.float32], index: NDArray[np.float64]) -> float:
    """Return the value at column, row, slice with fractions, by the eight voxels about it."""
    low = np.floor(index).astype(int)
    low = np.minimum(np.maximum(low, 0), np.array(values.shape[::-1]) - 2)
    share = index - low
    total = 0.0
    for corner in np.ndindex(2, 2, 2):
        i, j, k = low + corner
        total += float(values[k, j, i]) * float(np.prod(np.where(corner, share, 1 - share)))
    return total


def check_against_itk(opened: OpenedVolume, volume: SeriesVolume) -> None:
    """Every slice's random pixels lie where ITK says; their values are ITK's, or within what moving them blurs."""
    values = volume.modality_values()
    geometry = volume.geometry
    slices = opened.plan.phases[0].slices
    rng = np.random.default_rng(3)
    off = []
    for source in (slices[index] for index in rng.integers(0, len(slices), min(len(slices), 25))):
        image = itk_slice(source.image.header.source.path)
        pixels = _array(image)
        columns, rows = image.GetSize()[:2]
        for _try in range(4):
            i, j = int(rng.integers(2, columns - 2)), int(rng.integers(2, rows - 2))
            index = np.array(geometry.index_of(image.TransformIndexToPhysicalPoint((i, j, 0))))
            if volume.condition.is_plain:
                assert np.abs(index - np.rint(index)).max() < 0.01
                column, row, number = np.rint(index).astype(int)
                assert values[number, row, column] == pytest.approx(pixels[j, i], rel=1e-6, abs=1e-6)
            elif abs(index[2] - round(index[2])) < 0.01:  # a slice that was moved in its own plane only
                around = pixels[j - 1 : j + 2, i - 1 : i + 2]
                exact = sampled_linear(values, index)
                assert around.min() - 1 <= exact <= around.max() + 1
                off.append(abs(exact - pixels[j, i]))
    assert not off or np.median(off) <= 1.0


def _whole(image: Any) -> NDArray[Any]:
    import SimpleITK

    return np.asarray(SimpleITK.GetArrayFromImage(image))


def _array(image: Any) -> NDArray[Any]:
    array = _whole(image)
    return np.asarray(array[0] if array.ndim == 3 else array)


@pytest.mark.real_data
@pytest.mark.parametrize("folder", CLASSIC)
def test_pixels_lie_where_itk_says(shared_data: Path, folder: str) -> None:
    with loaded(shared_data / folder) as volumes:
        assert volumes
        for opened, volume in volumes:
            check_against_itk(opened, volume)


@pytest.mark.real_data
@pytest.mark.parametrize("folder", ["mr-enhanced", "segmentation-and-sr", "radiotherapy"])
def test_frames_lie_where_itk_says(shared_data: Path, folder: str) -> None:
    with loaded(shared_data / folder) as volumes:
        multi = [each for each in volumes if each[1].images[0][0].header.frame_count > 1]
        assert multi
        for opened, volume in multi:
            header = volume.images[0][0].header
            image = itk_slice(Path(header.source.name))
            scaling = header.number(0x3004000E) or 1.0  # ITK leaves dose as it is stored
            values, found = _whole(image), volume.modality_values()
            for i, j, k in random_voxels(volume).tolist():
                place = image.TransformIndexToPhysicalPoint((i, j, k))
                index = np.array(volume.geometry.index_of(place))
                assert np.abs(index - np.rint(index)).max() < 0.02, opened.description
                column, row, number = np.rint(index).astype(int)
                assert found[number, row, column] == pytest.approx(values[k, j, i] * scaling, rel=1e-5)


def test_phantoms_lie_where_itk_says(tmp_path: Path) -> None:
    orientation = turned(turned(AXIAL, 25, (1, 0, 0)), 40, (0, 1, 1))
    stack = upright_stack((20, 30, 12), (0.7, 0.9, 2.5), orientation=orientation, center_mm=(30, -20, 7))
    write_phantom(tmp_path / "upright", stack, ramp((1, 2, 3)), label="upright")
    write_phantom(tmp_path / "tilted", stack.tilted(20), ramp((0.2, 0.2, 0.3)), label="tilted")
    write_phantom(tmp_path / "holes", stack.without(3, 7, 8), ramp((1, 2, 3)), label="holes")
    with loaded(tmp_path) as volumes:
        assert len(volumes) == 3
        for opened, volume in volumes:
            check_against_itk(opened, volume)


def test_a_whole_series_is_what_itk_makes_of_it(tmp_path: Path) -> None:
    import SimpleITK

    orientation = turned(turned(AXIAL, 25, (1, 0, 0)), 40, (0, 1, 1))
    write_phantom(tmp_path, upright_stack((20, 16, 12), (0.7, 0.9, 2.5), orientation=orientation), ramp((1, 2, 3)))
    with loaded(tmp_path) as volumes:
        (opened, volume) = volumes[0]
        reader = SimpleITK.ImageSeriesReader()
        reader.SetFileNames([image.header.source.name for image in volume.images[0]])
        image = reader.Execute()
    assert image.GetOrigin() == pytest.approx(volume.geometry.origin_mm, abs=1e-6)
    assert image.GetSpacing() == pytest.approx(volume.geometry.spacing_mm, abs=1e-6)
    assert image.GetDirection() == pytest.approx(volume.geometry.direction.ravel().tolist(), abs=1e-6)
    assert np.array_equal(SimpleITK.GetArrayFromImage(image), volume.modality_values())
    assert opened.plan.condition == volume.condition


# ---- dcm2niix, whole series


def nifti_files(folder: Path, out: Path) -> list[tuple[NDArray[np.float64], NDArray[Any]]]:
    """Return the LPS affine and the values (columns, rows, slices, phases) of what dcm2niix makes of a folder."""
    out.mkdir()
    subprocess.run(
        ["dcm2niix", "-f", "%s_%t_%e", "-z", "n", "-b", "n", "-o", str(out), str(folder)],
        capture_output=True,
        check=False,
    )
    return [read_nifti(path) for path in sorted(out.glob("*.nii"))]


def read_nifti(path: Path) -> tuple[NDArray[np.float64], NDArray[Any]]:
    """Read an uncompressed NIfTI-1 file as the format describes it (sform)."""
    raw = path.read_bytes()
    dims = np.frombuffer(raw, "<i2", 8, 40)
    kind = {2: "u1", 4: "<i2", 512: "<u2", 16: "<f4", 8: "<i4"}[int(np.frombuffer(raw, "<i2", 1, 70)[0])]
    slope, intercept = np.frombuffer(raw, "<f4", 2, 112)
    affine = np.vstack([np.frombuffer(raw, "<f4", 12, 280).reshape(3, 4), [0, 0, 0, 1]]).astype(np.float64)
    shape = [max(int(size), 1) for size in dims[1:5]] if dims[0] >= 4 else [*map(int, dims[1:4]), 1]
    offset = int(np.frombuffer(raw, "<f4", 1, 108)[0])
    values = np.frombuffer(raw, kind, int(np.prod(shape)), offset).reshape(shape, order="F")
    if slope not in (0.0, 1.0) or intercept:
        values = values * np.float64(slope) + intercept
    return np.diag([-1.0, -1.0, 1.0, 1.0]) @ affine, values


def is_same(volume: SeriesVolume, affine: NDArray[np.float64], values: NDArray[Any]) -> bool:
    """Return whether voxels of both lie on each other and 100 random ones hold the same, in every phase."""
    between = np.linalg.inv(affine) @ volume.geometry.affine
    mine = random_voxels(volume)
    index = mine @ between[:3, :3].T + between[:3, 3]
    theirs = np.rint(index).astype(int)
    if values.shape[3] != len(volume.phases) or np.abs(index - theirs).max() > 0.05:
        return False
    if (theirs < 0).any() or (theirs >= values.shape[:3]).any():
        return False
    for phase in range(len(volume.phases)):
        found = volume.modality_values(phase)[mine[:, 2], mine[:, 1], mine[:, 0]]
        wanted = values[theirs[:, 0], theirs[:, 1], theirs[:, 2], phase]
        if not np.allclose(found, wanted, rtol=1e-5, atol=1e-5):
            return False
    return True


@needs_dcm2niix
@pytest.mark.real_data
@pytest.mark.parametrize("folder", WHOLE)
def test_volumes_are_those_of_dcm2niix(shared_data: Path, tmp_path: Path, folder: str) -> None:
    files = nifti_files(shared_data / folder, tmp_path / "nifti")
    with loaded(shared_data / folder) as volumes:
        for opened, volume in volumes:
            assert any(is_same(volume, affine, values) for affine, values in files), opened.description


@pytest.mark.real_data
def test_a_mosaic_shows_its_first_time_first(shared_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("viewer.volume.volume_loading._TELL_SECONDS", 0.0)
    told: list[tuple[float, NDArray[Any]]] = []
    with opened_volumes([shared_data / "mr-mosaic"]) as volumes:
        opened = volumes[0]
        whole = opened.load()
        load_volume(opened.plan, opened.store, tell=lambda volume: told.append((volume.loaded, volume.array(0).copy())))
    ((share, first),) = told
    assert share == pytest.approx(1 / len(whole.phases))
    assert np.array_equal(first, whole.array(0))


@needs_dcm2niix
def test_a_made_enhanced_object_is_that_of_dcm2niix(tmp_path: Path) -> None:
    write_enhanced_ct(tmp_path / "ct" / "1.dcm", 7, 32, order=[3, 1, 6, 0, 2, 5, 4])
    files = nifti_files(tmp_path / "ct", tmp_path / "nifti")
    with loaded(tmp_path / "ct") as volumes:
        assert any(is_same(volumes[0][1], affine, values) for affine, values in files)


@needs_dcm2niix
@pytest.mark.parametrize("degrees", [0, 30, 90])
def test_phantoms_are_those_of_dcm2niix(tmp_path: Path, degrees: int) -> None:
    orientation = turned(turned(AXIAL, degrees, (1, 0, 0)), degrees / 2, (0, 1, 1))
    stack = upright_stack((20, 24, 10), (0.7, 0.9, 2.5), orientation=orientation, center_mm=(30, -20, 7))
    write_phantom(tmp_path / "in", stack, ramp((1, 2, 3)))
    files = nifti_files(tmp_path / "in", tmp_path / "nifti")
    with loaded(tmp_path / "in") as volumes:
        assert any(is_same(volumes[0][1], affine, values) for affine, values in files)
