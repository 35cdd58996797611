"""Segmentations as highdicom writes them, and structure sets by hand, over series of ct_series."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence as Items
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

STRUCTURE_SET = "1.2.840.10008.5.1.4.1.1.481.3"


def written_segmentation(
    path: Path,
    sources: Sequence[Path],
    masks: NDArray[np.generic],
    kind: str = "BINARY",
    *,
    labels: Sequence[str] = (),
    transfer_syntax_uid: str = ExplicitVRLittleEndian,
    omit_empty_frames: bool = True,
    fractional: str = "PROBABILITY",
) -> Path:
    """Write masks over a series as highdicom does.

    Args:
        path: Of the file.
        sources: The series, in the order of the masks.
        masks: (slices, rows, columns, segments) of 0 and 1, or fractions; (slices, rows, columns) of labels.
        kind: Segmentation Type.
        labels: Of the segments.
        transfer_syntax_uid: Of the file.
        omit_empty_frames: Whether empty slices are left out.
        fractional: Segmentation Fractional Type.
    """
    import highdicom as hd

    count = int(masks.max()) if masks.ndim == 3 else masks.shape[3]
    names = labels or [f"segment {number + 1}" for number in range(count)]
    segments = [
        hd.seg.SegmentDescription(
            number + 1,
            name,
            hd.sr.CodedConcept("91723000", "SCT", "Anatomical structure"),
            hd.sr.CodedConcept("10200004", "SCT", "Liver"),
            hd.seg.SegmentAlgorithmTypeValues.MANUAL,
        )
        for number, name in enumerate(names)
    ]
    made = hd.seg.Segmentation(
        [pydicom.dcmread(source) for source in sources],
        masks.copy(),  # highdicom scales fractions in place
        kind,
        segments,
        generate_uid(),
        100,
        generate_uid(),
        1,
        "Maker",
        "Model",
        "1",
        "1",
        transfer_syntax_uid=transfer_syntax_uid,
        omit_empty_frames=omit_empty_frames,
        fractional_type=fractional,
        max_fractional_value=200,
    )
    made.save_as(path)
    return path


def written_structure_set(
    path: Path,
    regions: Mapping[str, Sequence[tuple[str, NDArray[np.float64]]]],
    frame_of_reference_uid: str = "1.2.3",
    patient: Mapping[str, object] | None = None,
) -> Path:
    """Write a structure set: contours of each region as their type and points in the patient."""
    made = Dataset()
    made.SOPClassUID, made.SOPInstanceUID = STRUCTURE_SET, generate_uid()
    made.StudyInstanceUID, made.SeriesInstanceUID = generate_uid(), generate_uid()
    made.PatientName, made.PatientID, made.Modality = "Contour^Test", "1", "RTSTRUCT"
    made.StructureSetLabel = "CONTOURS"
    for keyword, value in (patient or {}).items():
        setattr(made, keyword, value)
    made.StructureSetROISequence, made.ROIContourSequence = Items(), Items()
    for number, (name, contours) in enumerate(regions.items(), start=1):
        region, drawn = Dataset(), Dataset()
        region.ROINumber, region.ROIName = str(number), name
        region.ReferencedFrameOfReferenceUID, region.ROIGenerationAlgorithm = frame_of_reference_uid, "MANUAL"
        made.StructureSetROISequence.append(region)
        drawn.ReferencedROINumber, drawn.ROIDisplayColor = str(number), [255, 40 * number, 0]
        drawn.ContourSequence = Items([_contour(kind, points) for kind, points in contours])
        made.ROIContourSequence.append(drawn)
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    pydicom.dcmwrite(path, made, enforce_file_format=True)
    return path


def _contour(kind: str, points: NDArray[np.float64]) -> Dataset:
    made = Dataset()
    made.ContourGeometricType, made.NumberOfContourPoints = kind, str(len(points))
    made.ContourData = [f"{value:.10g}" for value in np.ravel(points)]
    return made


def square(left: float, top: float, side: float, z: float) -> NDArray[np.float64]:
    """Return the corners of a square on an axial plane."""
    right, bottom = left + side, top + side
    return np.array([[left, top, z], [right, top, z], [right, bottom, z], [left, bottom, z]])
