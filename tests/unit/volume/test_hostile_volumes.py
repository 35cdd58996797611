"""Series that are no volume, or only partly one: refused in plain words, or shown with what is missing said."""

from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset

from tests.builders.phantoms import AXIAL, loaded_volume, ramp, turned, upright_stack, write_phantom, write_slices
from viewer.base.errors import Cancelled, VolumeError
from viewer.base.jobs import Progress
from viewer.cli.volume_opening import opened_volumes
from viewer.volume.series_volume import SeriesVolume
from viewer.volume.volume_loading import load_volume
from viewer.volume.volume_plan import plan_volume

FIELD = ramp((1.0, 2.0, 3.0))


def changed(path: Path, **elements: object) -> None:
    data_set = dcmread(path)
    for keyword, value in elements.items():
        if value is None:
            del data_set[keyword]
        else:
            setattr(data_set, keyword, value)
    data_set.save_as(path)


def refusal(folder: Path) -> VolumeError:
    with pytest.raises(VolumeError) as caught:
        loaded_volume(folder)
    return caught.value


def planned_together(folder: Path) -> VolumeError:
    """Return why the images of a folder are refused as one volume, whatever the display sets made of them."""
    from tests.builders.volume_stores import images_of, plain_store

    with pytest.raises(VolumeError) as caught:
        plan_volume([images_of(folder)], plain_store())
    return caught.value


def test_one_slice_is_no_volume(tmp_path: Path) -> None:
    write_phantom(tmp_path, upright_stack((12, 10, 1)), FIELD)
    assert "One image" in str(refusal(tmp_path))


def test_two_slices_are_a_volume(tmp_path: Path) -> None:
    write_phantom(tmp_path, upright_stack((12, 10, 2), (1, 1, 4)), FIELD)
    volume = loaded_volume(tmp_path)
    assert volume.geometry.dimensions == (12, 10, 2)
    assert volume.geometry.spacing_mm[2] == 4


def test_missing_positions_are_refused(tmp_path: Path) -> None:
    for path in write_phantom(tmp_path, upright_stack((12, 10, 5)), FIELD):
        changed(path, ImagePositionPatient=None)
    assert "where they lie" in str(refusal(tmp_path))


def test_positions_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    paths = write_phantom(tmp_path, upright_stack((12, 10, 5)), FIELD)
    raw = paths[2].read_bytes()
    at = raw.index(b"\x20\x00\x32\x00DS") + 8
    length = int.from_bytes(raw[at - 2 : at], "little")
    paths[2].write_bytes(raw[:at] + b"nan\\nan\\nan".ljust(length) + raw[at + length :])
    error = planned_together(tmp_path)
    assert "where they lie" in str(error)
    assert error.subject.endswith(paths[2].name)


def test_positions_beyond_all_measure_are_refused(tmp_path: Path) -> None:
    paths = write_phantom(tmp_path, upright_stack((12, 10, 5)), FIELD)
    changed(paths[2], ImagePositionPatient=["1e300", "0", "1e300"])
    assert "kilometre" in str(planned_together(tmp_path))


def test_colour_is_refused(tmp_path: Path) -> None:
    for path in write_phantom(tmp_path, upright_stack((12, 10, 5)), FIELD, dtype="uint8", intercept=0.0):
        cells = np.zeros((10, 12, 3), np.uint8).tobytes()
        changed(path, SamplesPerPixel=3, PhotometricInterpretation="RGB", PlanarConfiguration=0, PixelData=cells)
    assert "Colour" in str(refusal(tmp_path))
    assert "Colour" in str(planned_together(tmp_path))


def test_many_sizes_are_refused(tmp_path: Path) -> None:
    write_phantom(tmp_path, upright_stack((12, 10, 3)), FIELD)
    write_phantom(tmp_path, upright_stack((14, 10, 3), center_mm=(0, 0, 3)), FIELD, first_number=4)
    assert "one size" in str(planned_together(tmp_path))


def test_many_spacings_are_refused(tmp_path: Path) -> None:
    write_phantom(tmp_path, upright_stack((12, 10, 3)), FIELD)
    write_phantom(tmp_path, upright_stack((12, 10, 3), (1.01, 1, 1), center_mm=(0, 0, 3)), FIELD, first_number=4)
    assert "pixel spacings" in str(planned_together(tmp_path))


def test_radial_slices_are_refused(tmp_path: Path) -> None:
    for number in range(8):
        orientation = turned(AXIAL, 22.5 * number, (1, 0, 0))
        stack = upright_stack((12, 10, 1), orientation=orientation)
        write_phantom(tmp_path, stack, FIELD, first_number=number + 1)
    assert "parallel" in str(planned_together(tmp_path))
    refusal(tmp_path)


def test_frames_of_reference_are_not_mixed(tmp_path: Path) -> None:
    paths = write_phantom(tmp_path, upright_stack((12, 10, 6)), FIELD)
    for path in paths[3:]:
        changed(path, FrameOfReferenceUID="1.2.3")
    assert "frames of reference" in str(planned_together(tmp_path))


def test_one_position_is_no_volume(tmp_path: Path) -> None:
    stack = upright_stack((12, 10, 1)).with_double(0, 0, 0)
    write_phantom(tmp_path, stack, FIELD)
    assert "one position" in str(refusal(tmp_path))
    assert "one position" in str(planned_together(tmp_path))


def test_distorted_geometry_is_refused(tmp_path: Path) -> None:
    write_phantom(tmp_path, upright_stack((12, 10, 5)), FIELD, elements={"VolumetricProperties": "DISTORTED"})
    assert "distorted" in str(refusal(tmp_path))
    assert "distorted" in str(planned_together(tmp_path))


def test_sampled_pixels_are_told(tmp_path: Path) -> None:
    write_phantom(tmp_path, upright_stack((12, 10, 5)), FIELD, elements={"VolumetricProperties": "SAMPLED"})
    volume = loaded_volume(tmp_path)
    assert volume.condition.is_sampled
    assert any("SAMPLED" in note for note in volume.condition.notes)


@pytest.mark.parametrize("fields", [{}, {"dtype": "uint16", "bits_stored": 12, "intercept": 0.0}])
def test_a_truncated_slice_is_missing_and_the_rest_goes_on(tmp_path: Path, fields: dict[str, object]) -> None:
    stack = upright_stack((12, 10, 9))
    paths = write_phantom(tmp_path, stack, ramp((1.0, 1.0, 1.0), 50), **fields)
    paths[4].write_bytes(paths[4].read_bytes()[:-100])
    volume = loaded_volume(tmp_path)
    assert volume.condition.missing_slices == (4,)
    assert volume.padding is not None
    is_nothing = (volume.array() >= volume.padding.low) & (volume.array() <= volume.padding.high)
    assert is_nothing[4].all()
    assert not is_nothing[[0, 1, 2, 3, 5, 6, 7, 8]].any()
    assert not volume.condition.is_plain


def test_a_slice_lost_before_a_gap_leaves_the_gap_empty(tmp_path: Path) -> None:
    paths = write_phantom(tmp_path, upright_stack((12, 10, 12)).without(6), FIELD)
    paths[5].write_bytes(paths[5].read_bytes()[:-100])
    volume = loaded_volume(tmp_path)
    assert volume.padding is not None
    is_nothing = (volume.array() == volume.padding.low).all(axis=(1, 2))
    assert np.flatnonzero(is_nothing).tolist() == [5, 6]


def test_nothing_readable_is_told(tmp_path: Path) -> None:
    for path in write_phantom(tmp_path, upright_stack((12, 10, 4)), FIELD):
        path.write_bytes(path.read_bytes()[:-100])
    assert "None of the slices" in str(refusal(tmp_path))


def test_files_that_vanish_are_missing(tmp_path: Path) -> None:
    paths = write_phantom(tmp_path / "s", upright_stack((12, 10, 9)), FIELD)
    with opened_volumes([tmp_path / "s"]) as volumes:
        paths[0].unlink()
        volume = volumes[0].load()
    assert volume.condition.missing_slices == (0,)


def test_cancelling_half_way_leaves_at_once(tmp_path: Path) -> None:
    write_phantom(tmp_path, upright_stack((12, 10, 60)), FIELD)
    done: list[object] = []

    def report(found: object) -> None:
        done.append(found)
        if len(done) == 20:
            progress.cancel()

    progress = Progress(report)
    with opened_volumes([tmp_path]) as volumes, pytest.raises(Cancelled):
        load_volume(volumes[0].plan, volumes[0].store, progress=progress)
    assert 20 <= len(done) < 30


def test_what_is_there_so_far_is_told_coarse_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("viewer.volume.volume_loading._TELL_SECONDS", 0.0)
    write_phantom(tmp_path, upright_stack((12, 10, 40)), ramp((0.0, 0.0, 10.0)))
    seen: list[tuple[int, float, list[float]]] = []

    def tell(volume: SeriesVolume) -> None:
        seen.append((volume.generation, volume.loaded, volume.modality_values()[:, 0, 0].tolist()))

    with opened_volumes([tmp_path]) as volumes:
        volume = load_volume(volumes[0].plan, volumes[0].store, tell=tell, generation=4)
    assert [generation for generation, _loaded, _values in seen] == [5, 6]
    assert volume.generation == 7
    assert seen[0][1] < seen[1][1] < volume.loaded == 1
    exact = volume.modality_values()[:, 0, 0]
    coarse = np.array(seen[0][2])
    assert coarse[[0, 16, 32]].tolist() == exact[[0, 16, 32]].tolist()
    assert np.abs(coarse - exact).max() <= 80


def test_uneven_slices_are_told_coarse_first_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("viewer.volume.volume_loading._TELL_SECONDS", 0.0)
    steps = np.random.default_rng(1).uniform(0.7, 1.3, 39)
    stack = upright_stack((12, 10, 40)).spaced([0.0, *np.cumsum(steps).tolist()])
    write_phantom(tmp_path, stack, ramp((0.0, 0.0, 10.0)))
    seen: list[list[float]] = []
    with opened_volumes([tmp_path]) as volumes:
        plan, store = volumes[0].plan, volumes[0].store
        volume = load_volume(plan, store, tell=lambda found: seen.append(found.modality_values()[:, 0, 0].tolist()))
        whole = load_volume(plan, store)
    assert len(seen) == 1
    exact = volume.modality_values()[:, 0, 0]
    assert np.abs(np.array(seen[0]) - exact).max() <= 120
    assert np.array_equal(volume.array(), whole.array())


def test_what_does_not_fit_is_kept_in_a_file_or_thinned_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stack = upright_stack((13, 10, 9), (1, 2, 3))
    write_phantom(tmp_path, stack, FIELD)
    whole = loaded_volume(tmp_path)
    with opened_volumes([tmp_path], budget_bytes=1000) as volumes:
        mapped = volumes[0].load()
        assert np.array_equal(mapped.array(), whole.array())
        assert mapped.condition.reduction == (1, 1, 1)
        monkeypatch.setattr("viewer.volume.volume_memory._room_beside_memory", lambda: 0)
        thin = volumes[0].load()
    assert list(thin.condition.reduction) == [2, 2, 1]
    assert np.array_equal(thin.array(), whole.array()[:, ::2, ::2])
    assert thin.geometry.spacing_mm == (2.0, 4.0, 3.0)
    assert thin.geometry.origin_mm == whole.geometry.origin_mm


@pytest.mark.parametrize("factors", [(2, 2, 1), (2, 2, 2), (4, 4, 4)])
def test_thinned_out_is_every_so_manieth_voxel_of_the_whole(tmp_path: Path, factors: tuple[int, int, int]) -> None:
    steps = np.random.default_rng(1).uniform(0.7, 1.3, 19)
    stack = upright_stack((22, 30, 20)).spaced([0.0, *np.cumsum(steps).tolist()]).tilted(14)
    write_phantom(tmp_path, stack, FIELD)
    with opened_volumes([tmp_path]) as volumes:
        plan, store = volumes[0].plan, volumes[0].store
        whole = load_volume(plan, store)
        thin = load_volume(plan.reduced(factors), store)
    across, down, through = factors
    assert np.array_equal(thin.array(), whole.array()[::through, ::down, ::across])
    assert thin.geometry.point_patient(1, 2, 3) == pytest.approx(
        whole.geometry.point_patient(across, 2 * down, 3 * through)
    )


def test_a_volume_that_fits_nowhere_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_phantom(tmp_path, upright_stack((32, 32, 9)), FIELD)
    monkeypatch.setattr("viewer.volume.volume_memory._room_beside_memory", lambda: 0)
    with opened_volumes([tmp_path], budget_bytes=10) as volumes, pytest.raises(VolumeError, match="does not fit"):
        volumes[0].load()


def test_negatives_and_positives_are_not_mixed(tmp_path: Path) -> None:
    paths = write_phantom(tmp_path, upright_stack((12, 10, 6)), FIELD)
    for path in paths[3:]:
        changed(path, PhotometricInterpretation="MONOCHROME1")
    assert "negatives" in str(planned_together(tmp_path))


def test_modality_luts_make_modality_values(tmp_path: Path) -> None:
    paths = write_slices(
        tmp_path, upright_stack((4, 4, 3)), np.arange(48).reshape(3, 4, 4), intercept=0.0, dtype="uint16"
    )
    for path in paths:
        table = Dataset()
        table.LUTDescriptor = [48, 0, 16]
        table.LUTData = (np.arange(48, dtype=np.uint16) ** 2).tobytes()
        table["LUTData"].VR = "OW"
        table.ModalityLUTType = "OD"
        changed(path, ModalityLUTSequence=[table], RescaleSlope=None, RescaleIntercept=None, RescaleType=None)
    volume = loaded_volume(tmp_path)
    assert volume.array().dtype == np.float32
    assert np.array_equal(volume.array().ravel(), np.arange(48) ** 2)
    assert volume.rescale.unit == "OD"


def test_slices_in_different_units_say_so(tmp_path: Path) -> None:
    paths = write_phantom(tmp_path, upright_stack((12, 10, 5)), FIELD)
    assert loaded_volume(tmp_path).condition.notes == ()
    changed(paths[2], RescaleSlope="0")
    assert any("?, HU" in note for note in loaded_volume(tmp_path).condition.notes)


def test_stored_values_beside_unnamed_ones_are_no_other_unit(tmp_path: Path) -> None:
    elements: dict[str, object] = {"Modality": "MR", "SOPClassUID": "1.2.840.10008.5.1.4.1.1.4"}
    slopes = [1.0, 2.0, 1.0, 1.5, 1.0]
    write_phantom(tmp_path, upright_stack((12, 10, 5)), FIELD, elements=elements, slope=slopes, intercept=0.0)
    assert loaded_volume(tmp_path).condition.notes == ()
