"""The colour profile of a state for images that have none: sRGB, as which they are shown (C.11.15)."""

import functools

_CLASS = slice(12, 16)
_INPUT_DEVICE = b"scnr"
_CREATED, _ID = slice(24, 36), slice(84, 100)


@functools.cache
def srgb_profile() -> bytes:
    """Return an sRGB profile of the class that DICOM asks for: of an input device; the same every time."""
    from PIL import ImageCms

    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    profile[_CLASS] = _INPUT_DEVICE
    profile[_CREATED] = bytes.fromhex("07ea00010001000000000000")  # a date that is the same every time
    profile[_ID] = bytes(16)  # a sum over what was changed
    return bytes(profile)
