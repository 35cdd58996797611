"""Pictures of the screen as DICOM: Secondary Capture images of the same patient and study (PS3.3 A.8.1).

What is burned into them is said to be; nothing in them claims a size in millimetres.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from viewer.base.errors import DicomError, MediaError, system_reason
from viewer.base.jobs import Progress
from viewer.base.translation import _
from viewer.base.whole_output import folder_advice, whole_folder

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

    from viewer.dicom.derived_instance import NewSeries, SourceFrame
    from viewer.dicom.instance_header import InstanceHeader
    from viewer.imaging.image_ref import ImageRef

SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
MOST_PICTURES = 10_000
_LONGEST_SIDE = 65535
_MANUFACTURER = "Negatoscope"


def write_captures(
    pictures: Sequence[NDArray[np.uint8]],
    image: "ImageRef",
    folder: Path,
    *,
    description: str,
    sources: "Sequence[SourceFrame] | None" = None,
    is_burned_in: bool = True,
    progress: Progress | None = None,
) -> list[Path]:
    """Write pictures as the images of a new series.

    Args:
        pictures: Grey (rows, columns) or RGB (rows, columns, 3); all of one patient.
        image: Whose patient and study they belong to: an image that is on them.
        folder: Made; may be there when it is empty.
        description: Of the series, in any script.
        sources: What is on them; None for the image alone.
        is_burned_in: Whether identifying text may be in the pixels.
        progress: Gets counts; cancelling it leaves nothing behind.

    Returns:
        The files, in the order of pictures.

    Raises:
        DicomError: If a picture cannot be written.
        MediaError: If the folder is not empty or cannot be written.
        ViewerError: If the image's file cannot be read.
        Cancelled: If progress was cancelled.
    """
    from viewer.dicom.derived_instance import NewSeries, series_number, source_data_set, write_object

    progress = progress or Progress()
    if not 1 <= len(pictures) <= MOST_PICTURES:
        raise DicomError(_("A series has from 1 to {0} images, not {1}").format(MOST_PICTURES, len(pictures)))
    source = source_data_set(image.header, image.frame_index)
    series = NewSeries(description, series_number(source))
    shown = [source_frame(image)] if sources is None else list(sources)
    names = [f"IM{number:06d}.dcm" for number in range(1, len(pictures) + 1)]
    try:
        with whole_folder(folder) as part:
            for index, (name, picture) in enumerate(zip(names, pictures, strict=True)):
                progress.report(
                    index, len(pictures), _("{done} of {total} images").format(done=index, total=len(pictures))
                )
                made = _capture(picture, source, series, is_burned_in=is_burned_in)
                made.InstanceNumber = str(index + 1)
                with (part / name).open("xb") as stream:
                    write_object(made, stream, shown)
    except OSError as error:
        raise MediaError(system_reason(error), subject=str(folder), advice=folder_advice(error)) from error
    return [folder / name for name in names]


def source_frame(image: "ImageRef") -> "SourceFrame":
    """Return an image as what something was made from."""
    from viewer.dicom.derived_instance import SourceFrame

    header: InstanceHeader = image.header
    has_frames = header.frame_count > 1 and not image.is_tile
    return SourceFrame(header.sop_class_uid, header.sop_instance_uid, image.frame_index + 1 if has_frames else 0)


def _capture(
    picture: NDArray[np.uint8],
    source: "Dataset",
    series: "NewSeries",
    *,
    is_burned_in: bool,
) -> "Dataset":
    import viewer
    from viewer.dicom.derived_instance import derived_data_set

    is_color = picture.ndim == 3
    if picture.dtype != np.uint8 or picture.ndim not in {2, 3} or (is_color and picture.shape[2] != 3):
        raise DicomError(_("A picture has 8 bits, in grey or in red, green and blue"))
    rows, columns = picture.shape[:2]
    if not (1 <= rows <= _LONGEST_SIDE and 1 <= columns <= _LONGEST_SIDE):
        raise DicomError(_("A picture of {0} × {1} pixels cannot be written").format(columns, rows))
    made = derived_data_set(source, series, SECONDARY_CAPTURE, _LOSSY)
    if "PatientPosition" in made:
        del made.PatientPosition  # of an image that lies somewhere in the patient; this one lies on a screen
    made.ImageType = ["DERIVED", "SECONDARY"]
    made.ConversionType = "WSD"
    made.DateOfSecondaryCapture, made.TimeOfSecondaryCapture = made.ContentDate, made.ContentTime
    made.SecondaryCaptureDeviceManufacturer = _MANUFACTURER
    made.SecondaryCaptureDeviceSoftwareVersions = viewer.__version__
    made.PatientOrientation = ""
    made.BurnedInAnnotation = "YES" if is_burned_in else "NO"
    made.DerivationDescription = "Picture of the screen"
    made.SamplesPerPixel = 3 if is_color else 1
    made.PhotometricInterpretation = "RGB" if is_color else "MONOCHROME2"
    if is_color:
        made.PlanarConfiguration = 0
    made.Rows, made.Columns = rows, columns
    made.BitsAllocated, made.BitsStored, made.HighBit, made.PixelRepresentation = 8, 8, 7, 0
    pixels = np.ascontiguousarray(picture).tobytes()
    made.PixelData = pixels + b"\0" * (len(pixels) % 2)
    made["PixelData"].VR = "OB"
    return made


_LOSSY = (
    "LossyImageCompression",
    "LossyImageCompressionRatio",
    "LossyImageCompressionMethod",
    "RecognizableVisualFeatures",
)
