"""Presentation states made with pydicom for made images, and how DCMTK renders both."""

import re
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydicom.dataset import Dataset

from tests.builders.data_sets import item
from tests.builders.gray_images import write

STORAGE = "1.2.840.10008.5.1.4.1.1.11."
DCMP2PGM = Path("/usr/bin/dcmp2pgm")


def reference(image: Dataset, frames: Sequence[int] = ()) -> Dataset:
    """Return an item that names an image or some of its frames."""
    out = item(ReferencedSOPClassUID=image.SOPClassUID, ReferencedSOPInstanceUID=image.SOPInstanceUID)
    if frames:
        out.ReferencedFrameNumber = list(frames)
    return out


def displayed_area(
    top_left: Sequence[int], bottom_right: Sequence[int], mode: str = "SCALE TO FIT", **elements: object
) -> Dataset:
    """Return an item of the Displayed Area Selection Sequence, with square pixels where nothing else is said."""
    out = item(
        DisplayedAreaTopLeftHandCorner=list(top_left),
        DisplayedAreaBottomRightHandCorner=list(bottom_right),
        PresentationSizeMode=mode,
        **elements,
    )
    if "PresentationPixelSpacing" not in out and "PresentationPixelAspectRatio" not in out:
        out.PresentationPixelAspectRatio = [1, 1]
    return out


def presentation_state(*images: Dataset, kind: str = "1", frames: Sequence[int] = (), **elements: Any) -> Dataset:
    """Return a state for images of one series, of the SOP Class that kind ends; elements replace what it has."""
    first = images[0]
    out = Dataset()
    out.SOPClassUID, out.SOPInstanceUID = STORAGE + kind, "1.2.3.99"
    out.StudyInstanceUID, out.SeriesInstanceUID = first.StudyInstanceUID, "1.2.3.9"
    out.PatientName, out.PatientID, out.PatientBirthDate, out.PatientSex = "TEST^IMAGE", "T1", "", ""
    out.StudyDate, out.StudyTime, out.StudyID, out.AccessionNumber = "20260102", "1015", "", ""
    out.ReferringPhysicianName, out.Manufacturer, out.Modality = "", "Test", "PR"
    out.SeriesNumber, out.InstanceNumber = 9, 1
    references = [reference(image, frames) for image in images]
    out.ReferencedSeriesSequence = [item(SeriesInstanceUID=first.SeriesInstanceUID, ReferencedImageSequence=references)]
    out.DisplayedAreaSelectionSequence = [displayed_area((1, 1), (first.Columns, first.Rows))]
    out.ContentLabel, out.ContentDescription, out.ContentCreatorName = "MADE", "made for a test", "Reader^One"
    out.PresentationCreationDate, out.PresentationCreationTime = "20260102", "101500"
    if kind in {"1", "5", "12"}:
        out.PresentationLUTShape = "IDENTITY"
    for keyword, value in elements.items():
        if value is None:
            delattr(out, keyword)
        else:
            setattr(out, keyword, value)
    return out


def lut(entries: ArrayLike, first: int = 0, bits: int = 16, **elements: object) -> Dataset:
    """Return a LUT item; a negative first value is written as its unsigned word."""
    words = np.asarray(entries, "<u2")
    out = item(LUTDescriptor=[words.size % 65536, first & 0xFFFF, bits], **elements)
    out["LUTDescriptor"].VR = "US"
    out.add_new(0x00283006, "OW", words.tobytes())
    return out


def window(center: float, width: float, *images: Dataset, function: str = "") -> Dataset:
    """Return an item of the Softcopy VOI LUT Sequence."""
    out = item(WindowCenter=center, WindowWidth=width)
    if images:
        out.ReferencedImageSequence = [reference(image) for image in images]
    if function:
        out.VOILUTFunction = function
    return out


def table_voi(table: Dataset) -> Dataset:
    """Return an item of the Softcopy VOI LUT Sequence with a table."""
    return item(VOILUTSequence=[table])


def add_overlay(state: Dataset, group: int, bits: NDArray[Any] | None, layer: str = "") -> None:
    """Give a state an overlay of its own (or, without bits, that of the image) on a layer."""
    if bits is not None:
        packed = np.packbits(bits.astype(np.uint8).ravel(), bitorder="little").tobytes()
        for element, vr, value in (
            (0x10, "US", bits.shape[0]),
            (0x11, "US", bits.shape[1]),
            (0x40, "CS", "G"),
            (0x50, "SS", [1, 1]),
            (0x100, "US", 1),
            (0x102, "US", 0),
            (0x3000, "OW", packed + b"\0" * (len(packed) % 2)),
        ):
            state.add_new((group, element), vr, value)
    if layer:
        state.add_new((group, 0x1001), "CS", layer)


def layer(name: str, order: int = 1, **elements: object) -> Dataset:
    """Return an item of the Graphic Layer Sequence."""
    return item(GraphicLayer=name, GraphicLayerOrder=order, **elements)


def graphic(kind: str, points: Sequence[float], units: str = "PIXEL", **elements: object) -> Dataset:
    """Return an item of the Graphic Object Sequence."""
    given = {"GraphicFilled": "N", **elements}
    return item(
        GraphicAnnotationUnits=units,
        GraphicDimensions=2,
        NumberOfGraphicPoints=len(points) // 2,
        GraphicData=[float(part) for part in points],
        GraphicType=kind,
        **given,
    )


def annotation(name: str, graphics: Sequence[Dataset] = (), texts: Sequence[Dataset] = ()) -> Dataset:
    """Return an item of the Graphic Annotation Sequence."""
    out = item(GraphicLayer=name)
    if graphics:
        out.GraphicObjectSequence = list(graphics)
    if texts:
        out.TextObjectSequence = list(texts)
    return out


def rendered_by_dcmtk(folder: Path, image: Dataset, state: Dataset, frame: int = 1) -> NDArray[np.uint8]:
    """Return what dcmp2pgm makes of an image and a state; P-values of 8 bits."""
    paths = write(folder / "image.dcm", image), write(folder / "state.dcm", state)
    out = folder / "out.pgm"
    line = [str(DCMP2PGM), "-q", "-f", str(frame), "-p", str(paths[1]), str(paths[0]), str(out)]
    subprocess.run(line, check=True, capture_output=True)
    data = out.read_bytes()
    head = re.match(rb"P5\s+(?:#.*\n)?\s*(\d+)\s+(\d+)\s+\d+\s", data)
    assert head is not None
    return np.frombuffer(data[head.end() :], np.uint8).reshape(int(head[2]), int(head[1]))
