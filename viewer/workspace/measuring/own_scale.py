"""The scale that a reader set for an image, as viewports tell it: a chip, and the scale bar."""

from viewer.base.translation import _
from viewer.dicom.pixel_spacing import PixelSpacing
from viewer.imaging.image_ref import ImageRef
from viewer.measurement.user_calibration import UserCalibration
from viewer.workspace.workspace import Workspace


def own_scale(workspace: Workspace, image: ImageRef) -> UserCalibration | None:
    """Return the scale that a reader set for an image; None for the image's own."""
    frame = 1 if image.is_tile else image.frame_index + 1
    return workspace.shared.annotations.calibrations.of_frame(image.header.sop_instance_uid, frame)


def own_spacing(workspace: Workspace, image: ImageRef) -> PixelSpacing | None:
    """Return the spacing by which an image is measured where that is not its own."""
    scale = own_scale(workspace, image)
    return scale.spacing if scale is not None else None


def own_scale_chips(workspace: Workspace, image: ImageRef) -> tuple[tuple[str, bool], ...]:
    """Return what is said of it: the text, and that it calls for care."""
    scale = own_scale(workspace, image)
    if scale is None:
        return ()
    is_ours = not scale.by or scale.by == workspace.shared.annotations.reader
    text = _("CAL. FIDUCIAL (YOURS)") if is_ours else _("CAL. FIDUCIAL ({0})").format(scale.by)
    return ((text, True),)
