"""`negatoscope seg FILE --json` is a contract: its fields, its exit codes, one line where a file is none."""

from pathlib import Path

import numpy as np
import pytest

from tests.builders.ct_series import write_ct_series
from tests.builders.segmentations import square, written_segmentation, written_structure_set
from tests.flows.command_line import run


def test_a_segmentation_as_json(tmp_path: Path) -> None:
    series = write_ct_series(tmp_path / "ct", 3, 16)
    masks = np.zeros((3, 16, 16, 2), np.uint8)
    masks[0, 2:5, 3:9, 0], masks[1:, 1, 1, 1] = 1, 1
    path = written_segmentation(tmp_path / "seg.dcm", series, masks, labels=["Liver", "Other"])
    told = run(tmp_path, "seg", path, "--json").json()

    assert told["kind"] == "segmentation"
    assert told["type"] == "BINARY"
    assert told["frames"] == 3
    first, second = told["segments"]
    assert (first["number"], first["label"], first["voxels"]) == (1, "Liver", 18)
    assert first["algorithm_type"] == "MANUAL"
    assert first["type"] == {"value": "10200004", "scheme": "SCT", "meaning": "Liver"}
    assert first["category"]["value"] == "91723000"
    assert first["volume_ml"] == pytest.approx(18 * 0.75 * 0.75 / 1000)
    assert second["voxels"] == 2
    assert len(told["source_images"]) == 3


def test_a_structure_set_as_json_and_text(tmp_path: Path) -> None:
    contours = [("CLOSED_PLANAR", square(0, 0, 10, z)) for z in (0.0, 3.0)]
    path = written_structure_set(tmp_path / "rs.dcm", {"Liver": contours, "Iso": [("POINT", square(0, 0, 1, 0)[:1])]})
    told = run(tmp_path, "seg", path, "--json").json()
    liver, iso = told["rois"]

    assert (liver["name"], liver["contours"], liver["planes"]) == ("Liver", 2, 2)
    assert liver["volume_ml"] == pytest.approx(0.6)
    assert liver["color"] == [255, 40, 0]
    assert iso["volume_ml"] is None
    assert iso["volume_refusal"]
    assert "Liver" in run(tmp_path, "seg", path).output


def test_the_surface_of_a_segment(tmp_path: Path) -> None:
    series = write_ct_series(tmp_path / "ct", 6, 32)
    masks = np.zeros((6, 32, 32, 1), np.uint8)
    masks[1:5, 8:24, 8:24] = 1
    path = written_segmentation(tmp_path / "seg.dcm", series, masks)
    ended = run(tmp_path, "surface", path, "--segment", 1, "-o", tmp_path / "out.stl", "--json")
    assert ended.code == 0, ended.errors
    told = ended.json()
    assert told["closed"]
    assert told["volume_mm3"] == pytest.approx(masks.sum() * 0.75 * 0.75, rel=0.1)
    assert (tmp_path / "out.stl").stat().st_size > 1000
    for wrong in (["--segment", 9], [], ["--segment", 1, "--threshold", 3]):
        assert run(tmp_path, "surface", path, *wrong, "-o", tmp_path / "out.stl").code == 2


def test_what_is_none_ends_with_one_line(tmp_path: Path) -> None:
    image = write_ct_series(tmp_path / "ct", 1, 16)[0]
    for given in (image, tmp_path / "nowhere.dcm"):
        ended = run(tmp_path, "seg", given, "--json")
        assert ended.code == 1
        assert ended.line
