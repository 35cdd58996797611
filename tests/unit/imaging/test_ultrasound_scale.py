"""The size and shape of ultrasound pixels, by the regions as pydicom reads them and by what the sample was built of."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom import Dataset, dcmread
from pydicom.sequence import Sequence

from tests.builders.gray_images import data_set, write
from tests.builders.sample_disc import truth
from viewer.base.byte_source import FileBytes
from viewer.dicom.header_scan import scan_header
from viewer.dicom.pixel_spacing import SpacingSource
from viewer.imaging.frame_state import FrameState, read_frame_states

SAMPLE = Path(__file__).resolve().parents[3] / "resources" / "sample_disc" / "DICOM" / "PA000004"


def state_of(path: Path) -> FrameState:
    return read_frame_states(scan_header(FileBytes(path))).state(0)


def region(across: float, down: float, data_type: int = 1, **elements: Any) -> Dataset:
    out = Dataset()
    out.RegionSpatialFormat, out.RegionDataType, out.RegionFlags = 1, data_type, 0
    out.RegionLocationMinX0 = out.RegionLocationMinY0 = 0
    out.RegionLocationMaxX1 = out.RegionLocationMaxY1 = 15
    out.PhysicalUnitsXDirection = out.PhysicalUnitsYDirection = 3
    out.PhysicalDeltaX, out.PhysicalDeltaY = across, down
    for keyword, value in elements.items():
        setattr(out, keyword, value)
    return out


def written(path: Path, *regions: Dataset, **elements: Any) -> FrameState:
    image = data_set(np.zeros((16, 16), np.uint8), Modality="US", **elements)
    image.SequenceOfUltrasoundRegions = Sequence(regions)
    return state_of(write(path / "us.dcm", image))


def test_the_duplex_cine_of_the_sample_has_the_scale_it_was_built_with() -> None:
    (path,) = (path for path in SAMPLE.rglob("IM*") if dcmread(path, stop_before_pixels=True).Modality == "US")
    state = state_of(path)
    assert state.spacing is not None
    assert state.spacing.source is SpacingSource.US_REGION
    assert state.spacing.label == "mm · US region"
    assert state.spacing.row_mm == pytest.approx(truth.US_CM_PER_PIXEL * 10)
    assert state.spacing.column_mm == pytest.approx(truth.US_CM_PER_PIXEL * 10)
    assert state.aspect == 1.0


@pytest.mark.real_data
def test_real_cines_have_the_scale_of_their_tissue(shared_data: Path) -> None:
    sizes = {}
    for path in sorted((shared_data / "ultrasound-cine").glob("*.dcm")):
        image = dcmread(path, stop_before_pixels=True)
        tissue = [
            each
            for each in image.get("SequenceOfUltrasoundRegions", [])
            if (each.RegionSpatialFormat, each.RegionDataType, each.PhysicalUnitsXDirection) == (1, 1, 3)
        ]
        spacing = state_of(path).spacing
        assert spacing is not None
        if not tissue:
            assert image.Modality == "XA"
            assert spacing.source is not SpacingSource.US_REGION
            continue
        across, down = abs(tissue[0].PhysicalDeltaX) * 10, abs(tissue[0].PhysicalDeltaY) * 10
        assert (spacing.column_mm, spacing.row_mm) == pytest.approx((across, down))
        assert state_of(path).aspect == pytest.approx(down / across)
        sizes[path.stem] = round(down / across, 3)
    assert sizes["I_000001"] == 0.8  # as its Pixel Aspect Ratio, 536 to 670, says
    assert len(sizes) == 6


def test_a_region_goes_before_a_pixel_spacing_and_an_aspect_ratio(tmp_path: Path) -> None:
    state = written(tmp_path, region(-0.05, 0.1), PixelSpacing=["0.7", "0.7"], PixelAspectRatio=["1", "3"])
    assert state.spacing is not None
    assert (state.spacing.row_mm, state.spacing.column_mm) == pytest.approx((1.0, 0.5))
    assert state.aspect == 2.0


def test_different_scales_have_no_millimetre_and_no_pixel_spacing_speaks_for_them(tmp_path: Path) -> None:
    state = written(tmp_path, region(0.1, 0.1), region(0.2, 0.2), PixelSpacing=["1", "1"])
    assert state.spacing is not None
    assert not state.spacing.is_known
    assert "same scale" in state.spacing.description
    assert (state.aspect, state.warnings) == (1.0, ())


def test_without_a_region_in_centimetres_a_pixel_spacing_is_of_unknown_calibration(tmp_path: Path) -> None:
    state = written(tmp_path, region(0.1, 0.1, PhysicalUnitsXDirection=0), PixelSpacing=["0.7", "0.7"])
    assert state.spacing is not None
    assert (state.spacing.row_mm, state.spacing.source) == (0.7, SpacingSource.UNCERTAIN)


def test_an_impossible_step_is_no_scale(tmp_path: Path) -> None:
    state = written(tmp_path, region(1e9, 1e9))
    assert state.spacing is not None
    assert not state.spacing.is_known
    assert "Physical Delta" in state.spacing.problem
