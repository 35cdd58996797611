"""Marks of every kind on a made series, as the program has them, and the report that is written of them."""

import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from tests.builders.data_sets import made_uid
from viewer.base.byte_source import FileBytes
from viewer.dicom.derived_instance import source_data_set, write_object
from viewer.dicom.header_scan import scan_header
from viewer.dicom.image_plane import ImagePlane
from viewer.dicom.instance_header import InstanceHeader
from viewer.dicom.structured_report.measurement_writing import (
    MeasurementReportFacts,
    WrittenGroup,
    measurement_report,
)
from viewer.imaging.image_ref import ImageRef
from viewer.measurement.annotation import Anchor, Annotation, ImageAnchor, PlaneAnchor, Provenance
from viewer.measurement.ground import Ground
from viewer.measurement.kinds.table import KINDS, kind_of
from viewer.measurement.measuring_ground import ground_of_frame
from viewer.measurement.region_mask import trimmed, with_mask
from viewer.measurement.report_groups import written_group
from viewer.measurement.report_groups_regions import ImageFacts

READER = "KIM^GILDONG"
MADE = Provenance(READER, "2026-03-04T10:11:12+09:00", program="Negatoscope 0")
OBLIQUE = ImagePlane((10.0, -20.0, 30.0), (0.6, 0.8, 0.0), (0.0, 0.0, -1.0), 0.5, 0.25)
_SPREAD = ((3.25, 4.5), (11.125, 5.75), (4.0, 12.5), (12.75, 13.0), (2.5, 9.5), (13.5, 10.25))


def header_of(path: Path) -> InstanceHeader:
    return scan_header(FileBytes(path))


def anchor_of(header: InstanceHeader, frame: int = 1) -> ImageAnchor:
    return ImageAnchor(
        header.study_instance_uid,
        header.series_instance_uid,
        header.sop_class_uid,
        header.sop_instance_uid,
        frame,
        0,
        header.ascii(0x00200052),
    )


def plane_anchor(header: InstanceHeader) -> PlaneAnchor:
    return PlaneAnchor(
        header.study_instance_uid, header.series_instance_uid, header.ascii(0x00200052), OBLIQUE, 16, 16, 2.0, "mean"
    )


def ground_of(header: InstanceHeader, frame: int = 1) -> Ground:
    from viewer.imaging.decoder_pool import DecoderPool
    from viewer.imaging.frame_cache import FrameCache
    from viewer.imaging.frame_source import FrameSource
    from viewer.imaging.frame_state import read_frame_states
    from viewer.imaging.frame_store import FrameStore

    with DecoderPool() as pool:
        store = FrameStore(FrameCache(1 << 24), lambda each: FrameSource(each, pool), read_frame_states)
        loaded = store.load(ImageRef(header, frame - 1))
    return ground_of_frame(loaded.state, loaded.stored)


def mark(kind_id: str, anchor: Anchor, ground: Ground, points: Sequence[tuple[float, float]] = _SPREAD) -> Annotation:
    """Return a mark of a kind, finished as the hand leaves it."""
    kind = kind_of(kind_id)
    made = Annotation(made_uid(kind_id), kind_id, anchor, (), provenance=MADE)
    if kind.placing.value == "brush":
        import numpy as np

        pixels = np.zeros((16, 16), np.bool_)
        pixels[4:9, 3:8] = True
        pixels[6, 5] = False
        made = with_mask(replace(made, points=((0.0, 0.0),)), trimmed(pixels))
    else:
        given = tuple(points[: min(kind.most or max(kind.least, 4), len(points))])
        made = replace(made, points=kind.settled(given, ground))
    made = replace(made, text="Words of a mark" if kind.is_label else "")
    return replace(made, readings=kind.readings(made, ground))


def every_kind(header: InstanceHeader) -> list[Annotation]:
    ground, anchor = ground_of(header), anchor_of(header)
    return [mark(kind.id, anchor, ground) for kind in KINDS]


def write(
    folder: Path,
    headers: Sequence[InstanceHeader],
    groups: Sequence[WrittenGroup],
    facts: MeasurementReportFacts | None = None,
) -> Path:
    made = measurement_report(
        source_data_set(headers[0]), headers, groups, facts or MeasurementReportFacts(author=READER)
    )
    path = folder / "report.dcm"
    with path.open("wb") as stream:
        write_object(made, stream)
    return path


def groups_of(annotations: Sequence[Annotation], facts: ImageFacts | None = None) -> list[WrittenGroup]:
    told = facts or ImageFacts()
    return [written_group(each, lambda _anchor: told, author=READER) for each in annotations]


def complaints(path: Path) -> list[str]:
    """Return what dciodvfy has against a document, but for our own coding scheme, which it cannot know."""
    validator = shutil.which("dciodvfy")
    if validator is None:
        pytest.skip("needs dciodvfy")
    said = subprocess.run((validator, str(path)), check=False, capture_output=True, text=True, timeout=60).stderr
    return [
        line for line in said.splitlines() if line.startswith(("Error", "Warning")) and "<99NEGATOSCOPE>" not in line
    ]


def dumped(path: Path) -> str:
    """Return what DCMTK says the document says."""
    dumper = shutil.which("dsrdump")
    if dumper is None:
        pytest.skip("needs DCMTK")
    said = subprocess.run((dumper, "+Pc", "+Pl", str(path)), check=False, capture_output=True, text=True, timeout=60)
    assert said.returncode == 0, said.stderr
    return said.stdout
