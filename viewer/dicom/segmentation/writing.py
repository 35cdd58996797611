"""Writes masks as a segmentation: highdicom makes the object, the patient and study are those of the images.

Every segment is written as it is drawn: overlapping ones in frames of their own, or, where they do not overlap and
labels are wanted, as a label map.
"""

import io
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

import viewer
from viewer.base.errors import DicomError
from viewer.base.translation import _
from viewer.dicom.codes import Code
from viewer.dicom.derived_attributes import EMPTY_IF_UNKNOWN
from viewer.dicom.derived_instance import new_uid, series_number
from viewer.dicom.segmentation.elements import cielab_of_srgb
from viewer.dicom.segmentation.values import Segment, SegmentationType
from viewer.dicom.text_encoding import UTF_8, encoded_text

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

TISSUE = Code("85756007", "SCT", "Tissue")
_LONGEST_LABEL = 16
_LONGEST_LO = 64
MAXIMUM_FRACTION = 255


@dataclass(frozen=True, slots=True)
class WrittenSegmentation:
    """What is written beside the masks.

    Attributes:
        uid: SOP Instance UID of the object.
        description: Of the object and its series.
        kind: How the pixels are stored; fractional ones hold 0 and the maximum, for whoever reads nothing else.
        creator: Who drew it; empty when not known.
    """

    uid: str
    description: str
    kind: SegmentationType = SegmentationType.BINARY
    creator: str = ""


def segmentation_object(
    sources: Sequence["Dataset"],
    segments: Sequence[Segment],
    masks: Mapping[int, Mapping[int, NDArray[np.uint8]]],
    told: WrittenSegmentation,
) -> "Dataset":
    """Return the object.

    Args:
        sources: The data sets of the images without their pixels, one a slice; or one of many frames.
        segments: In any order; at least one.
        masks: By segment number, then by slice (or frame): 1 where it is; empty slices may be left out.
        told: What is said of it.

    Raises:
        DicomError: Nothing is drawn, labels overlap, or the images cannot bear a segmentation.
    """
    ordered = sorted(segments, key=lambda each: each.number)
    if not any(masks.get(each.number) for each in ordered):
        raise DicomError(_("The segmentation is empty"))
    pixels = _pixels(sources, ordered, masks, told.kind)
    import highdicom as hd

    first = sources[0]
    for source in sources:
        _fill(source)
    numbered = {each.number: place for place, each in enumerate(ordered, start=1)}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # odd texts of the images are theirs
            made = hd.seg.Segmentation(
                list(sources),
                pixels,
                hd.seg.SegmentationTypeValues(told.kind.value),
                [_description(each, numbered[each.number]) for each in ordered],
                new_uid(),
                series_number(first),
                told.uid,
                1,
                "Negatoscope",
                "Negatoscope",
                viewer.__version__,
                "0",
                content_label=_label(told.description),
                content_description=told.description[:_LONGEST_LO],
                content_creator_name=told.creator or None,
                series_description=told.description.replace("\\", "/")[:_LONGEST_LO],
                max_fractional_value=MAXIMUM_FRACTION,
                omit_empty_frames=True,
            )
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        raise DicomError(_("These images cannot bear a segmentation: {0}").format(error)) from error
    _amend(made, first)
    return made


def write_segmentation(made: "Dataset", path: Path) -> Path:
    """Write the object into a file.

    Raises:
        DicomError: A value of the images cannot be written again.
    """
    stream = io.BytesIO()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            made.save_as(stream, enforce_file_format=True)
    except (ValueError, TypeError) as error:
        raise DicomError(_("The segmentation cannot be written: {0}").format(error)) from error
    path.write_bytes(stream.getbuffer())
    return path


def _pixels(
    sources: Sequence["Dataset"],
    ordered: Sequence[Segment],
    masks: Mapping[int, Mapping[int, NDArray[np.uint8]]],
    kind: SegmentationType,
) -> NDArray[Any]:
    """Return labels where segments do not overlap, which takes least memory, else an array of all masks."""
    rows, columns = int(sources[0].Rows), int(sources[0].Columns)
    count = int(sources[0].get("NumberOfFrames") or 1) if len(sources) == 1 else len(sources)
    labels = np.zeros((count, rows, columns), np.uint8 if len(ordered) < 256 else np.uint16)
    overlaps = False
    for number, segment in enumerate(ordered, start=1):
        for place, mask in masks.get(segment.number, {}).items():
            overlaps = overlaps or bool(labels[place][mask != 0].any())
            labels[place][mask != 0] = number
    if not overlaps:
        return labels
    if kind is SegmentationType.LABELMAP:
        raise DicomError(_("Segments overlap: a label map cannot hold them"))
    stacked = np.zeros((count, rows, columns, len(ordered)), np.uint8)
    for number, segment in enumerate(ordered):
        for place, mask in masks.get(segment.number, {}).items():
            stacked[place, :, :, number] = mask != 0
    return stacked


def _description(segment: Segment, number: int) -> Any:  # noqa: ANN401 - highdicom's, imported late
    import highdicom as hd
    from pydicom.uid import UID

    kind = segment.algorithm_type if segment.algorithm_type in {"AUTOMATIC", "SEMIAUTOMATIC"} else "MANUAL"
    algorithm = None
    if kind != "MANUAL":
        family = hd.sr.CodedConcept("123110", "DCM", "Artificial Intelligence")
        algorithm = hd.AlgorithmIdentificationSequence(segment.algorithm_name or "unknown", family, "unknown")
    color = None
    if segment.rgb is not None:
        color = hd.color.CIELabColor(0.0, 0.0, 0.0)
    made = hd.seg.SegmentDescription(
        number,
        segment.label[:_LONGEST_LO] or str(number),
        _concept(segment.category or TISSUE),
        _concept(segment.type or TISSUE),
        kind,
        algorithm_identification=algorithm,
        tracking_uid=UID(segment.tracking_uid) if segment.tracking_uid else None,
        tracking_id=segment.tracking_id or None if segment.tracking_uid else None,
        anatomic_regions=[_concept(each) for each in segment.regions] or None,
        display_color=color,
    )
    if segment.rgb is not None:
        made.RecommendedDisplayCIELabValue = list(cielab_of_srgb(segment.rgb))
    if segment.description:
        made.SegmentDescription = segment.description
    return made


def _concept(code: Code) -> Any:  # noqa: ANN401 - highdicom's, imported late
    import highdicom as hd

    return hd.sr.CodedConcept(code.value, code.scheme or "99NEGATOSCOPE", (code.meaning or code.value)[:_LONGEST_LO])


def _fill(source: "Dataset") -> None:
    """Put in, empty, what highdicom takes over and the images leave out."""
    for keyword in EMPTY_IF_UNKNOWN:
        if keyword not in source:
            setattr(source, keyword, "")


def _amend(made: "Dataset", source: "Dataset") -> None:
    """Put right what highdicom leaves to its caller: equipment facts, and texts beyond its character set."""
    texts = [made.SeriesDescription, made.ContentDescription, *(each.SegmentLabel for each in made.SegmentSequence)]
    stated = source.get("SpecificCharacterSet") or ""
    stated = stated if isinstance(stated, str) else "\\".join(map(str, stated))
    if any(encoded_text(str(text), "LO", stated) is None for text in texts):
        made.SpecificCharacterSet = UTF_8
    if not made.get("DeidentificationMethod"):
        if made.get("PatientIdentityRemoved") == "YES" and not made.get("DeidentificationMethodCodeSequence"):
            made.DeidentificationMethod = "Not stated"
        elif "DeidentificationMethod" in made:
            del made.DeidentificationMethod
    for keyword in ("TimezoneOffsetFromUTC", "ClinicalTrialSponsorName"):
        if source.get(keyword):
            setattr(made, keyword, source.get(keyword))


def _label(text: str) -> str:
    """Return a description as a code string of 16 characters."""
    kept = "".join(letter if letter.isascii() and (letter.isalnum() or letter in " _") else "_" for letter in text)
    return kept.upper().strip(" _")[:_LONGEST_LABEL].strip(" _") or "SEGMENTATION"
