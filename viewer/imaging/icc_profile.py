"""ICC input profiles: decoded RGB to the display's RGB by LittleCMS (PS3.3 C.11.15).

Without a profile an image is taken for sRGB; the display is taken for sRGB until its own profile is given.
"""

import functools
import io
import threading
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer.base.errors import DicomError
from viewer.base.translation import _

_lock = threading.Lock()


def to_display(rgb: NDArray[np.uint8], profile: bytes, display_profile: bytes = b"") -> NDArray[np.uint8]:
    """Return RGB as the display must be driven to show an image's colours.

    Args:
        rgb: (rows, columns, 3) in the image's colour space.
        profile: ICC Profile (0028,2000) of the image.
        display_profile: The display's; empty for sRGB.

    Raises:
        DicomError: If a profile cannot be read or is not for RGB.
    """
    from PIL import Image, ImageCms

    transform = _transform(profile, display_profile)
    image = Image.fromarray(np.ascontiguousarray(rgb))
    try:
        with _lock:  # a transform keeps the last pixel it saw
            done = ImageCms.applyTransform(image, transform)
    except ImageCms.PyCMSError as error:
        raise DicomError(_("The ICC profile cannot be applied")) from error
    return np.asarray(done, np.uint8)


@functools.lru_cache(maxsize=32)
def _transform(profile: bytes, display_profile: bytes) -> Any:  # noqa: ANN401 - Pillow does not type it
    from PIL import ImageCms

    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if source.profile.xcolor_space.strip() != "RGB":
            raise DicomError(_("The ICC profile is not for RGB"))
        if display_profile:
            target = ImageCms.ImageCmsProfile(io.BytesIO(display_profile))
        else:
            target = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
        return ImageCms.buildTransform(source, target, "RGB", "RGB", ImageCms.Intent.PERCEPTUAL)
    except (ImageCms.PyCMSError, OSError, ValueError) as error:
        raise DicomError(_("The ICC profile cannot be read")) from error


def is_usable(profile: bytes) -> bool:
    """Return whether a profile can be read and is for RGB."""
    try:
        _transform(profile, b"")
    except DicomError:
        return False
    return True


def is_srgb(profile: bytes) -> bool:
    """Return whether a profile changes nothing: absent, or sRGB by its own description."""
    return not profile or _is_srgb(profile)


@functools.lru_cache(maxsize=32)
def _is_srgb(profile: bytes) -> bool:
    ramp = np.arange(256, dtype=np.uint8)
    probe = np.zeros((8, 256, 3), np.uint8)
    for mask in range(8):
        for channel in range(3):
            probe[mask, :, channel] = ramp if mask >> channel & 1 else 255 - ramp
    try:
        changed = to_display(probe, profile)
    except DicomError:
        return True  # a profile that cannot be used changes nothing; the frame's warnings say so
    return bool(np.abs(changed.astype(np.int16) - probe).max() <= 1)
