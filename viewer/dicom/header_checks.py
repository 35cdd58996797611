"""What a header claims against what its file holds, checked before anything is allocated for it (hazards.md, bombs)."""

import functools
from collections.abc import Mapping

from viewer.base.errors import RefusedError
from viewer.base.translation import N_, _
from viewer.dicom.instance_header import UNDEFINED_LENGTH, PixelDataLocation, stated_frames

MAX_FRAME_BYTES = 1 << 30
"""No detector, scanner or tile comes near 1 GiB a frame; 65535 rows and columns are 4."""
MAX_EMPTY_CLAIM = 64 << 20
"""From this many bytes a frame, a file must hold at least a sixteenth of what it claims."""
MAX_FRAMES = 1_000_000
"""Whole slides have a few hundred thousand tiles; each frame becomes an image of its own in the window."""
MAX_SKIPPED_ELEMENTS = 2_000_000

_ROWS, _COLUMNS, _FRAMES = 0x00280010, 0x00280011, 0x00280008
_SAMPLES, _BITS_ALLOCATED = 0x00280002, 0x00280100
_SUBSAMPLED = frozenset({b"YBR_FULL_422", b"YBR_PARTIAL_422", b"YBR_PARTIAL_420"})
_PHOTOMETRIC = 0x00280004

_EXECUTABLES = (
    (b"MZ", N_("a Windows program")),
    (b"\x7fELF", N_("a Linux program")),
    (b"#!", N_("a script")),
    (b"PK\x03\x04", N_("a ZIP archive")),
    (b"\xcf\xfa\xed\xfe", N_("a macOS program")),
    (b"\xce\xfa\xed\xfe", N_("a macOS program")),
    (b"\xca\xfe\xba\xbe", N_("a macOS or Java program")),
    (b"<html", N_("a web page")),
    (b"<!DOC", N_("a web page")),
    (b"<scri", N_("a web page")),
    (b"%PDF", N_("a PDF document")),
)


def preamble_problems(preamble: bytes) -> tuple[str, ...]:
    """Return what a preamble that is neither empty nor TIFF pretends to be (PS3.10 7.1, CVE-2019-11687)."""
    for magic, kind in _EXECUTABLES:
        if preamble[: len(magic)].lower() == magic.lower():
            return (
                _("The first 128 bytes make the file look like {kind} as well; nothing of it is run").format(
                    kind=_(kind)
                ),
            )
    return ()


@functools.lru_cache(maxsize=256)
def text_problems(character_set: bytes) -> tuple[str, ...]:
    """Return what is wrong with a Specific Character Set (PS3.3 C.12.1.1.2), given its raw value."""
    from viewer.dicom.character_sets import is_known_character_set

    stated = character_set.decode("ascii", "replace").strip(" \0")
    if is_known_character_set(stated):
        return ()
    return (_("The character set '{stated}' is not one of the Standard's; names may be wrong").format(stated=stated),)


def pixel_problems(elements: Mapping[int, bytes], pixels: PixelDataLocation | None, size: int) -> tuple[str, ...]:
    """Return where the pixel element falls short of what the header claims.

    Args:
        elements: Raw little-endian values by tag.
        pixels: The pixel element, if there is one.
        size: Of the file, or of the inflated data set, in bytes.

    Raises:
        RefusedError: If the claim is absurd.
    """
    if pixels is None:
        is_image = _ROWS in elements and _BITS_ALLOCATED in elements
        return (_("The header describes an image, but the file has no pixel data"),) if is_image else ()
    room = size - pixels.offset
    rows, columns = _unsigned(elements, _ROWS), _unsigned(elements, _COLUMNS)
    if not rows or not columns:
        return (_("The image has {rows} rows and {columns} columns").format(rows=rows, columns=columns),)
    frames, problems = _frames(elements)
    bits = rows * columns * (_unsigned(elements, _SAMPLES) or 1) * (_unsigned(elements, _BITS_ALLOCATED) or 16)
    _refuse_absurd(bits >> 3, frames, room, is_native=pixels.length != UNDEFINED_LENGTH)
    if pixels.length == UNDEFINED_LENGTH:
        return problems if room >= 8 else (*problems, _("The file ends before its pixel data"))
    if elements.get(_PHOTOMETRIC, b"").strip(b" \0") in _SUBSAMPLED:
        bits = bits * 2 // 3
    claimed = (bits * frames + 7) >> 3
    there = min(pixels.length, room)
    if there < pixels.length:
        problems += (
            _("The file is cut off: {there} of {claimed} bytes of pixel data are there").format(
                there=there, claimed=pixels.length
            ),
        )
    elif there < claimed:
        problems += (
            _("The pixel data are too short: {there} bytes where the header asks for {claimed}").format(
                there=there, claimed=claimed
            ),
        )
    return problems


def _unsigned(elements: Mapping[int, bytes], tag: int) -> int:
    return int.from_bytes(elements.get(tag, b"")[:2], "little")


def _frames(elements: Mapping[int, bytes]) -> tuple[int, tuple[str, ...]]:
    raw = elements.get(_FRAMES, b"")
    if not raw.strip(b" \0"):
        return 1, ()
    frames = stated_frames(raw)
    return (frames, ()) if frames > 0 else (1, (_("Number of Frames is not a positive number; one frame is taken"),))


def _refuse_absurd(frame_bytes: int, frames: int, room: int, *, is_native: bool) -> None:
    if frame_bytes > MAX_FRAME_BYTES:
        raise RefusedError(_("The header claims {size} MB a frame").format(size=frame_bytes >> 20))
    if is_native and frame_bytes > MAX_EMPTY_CLAIM and room < frame_bytes >> 4:
        raise RefusedError(
            _("The header claims {size} MB of pixels, the file holds {room} bytes").format(
                size=frame_bytes >> 20, room=max(0, room)
            )
        )
    if frames > MAX_FRAMES:
        raise RefusedError(_("The header claims {frames} frames").format(frames=frames))
    if frames > max(1, room << 3):  # a frame can be a single bit
        raise RefusedError(
            _("The header claims {frames} frames, the file has {room} bytes for them").format(
                frames=frames, room=max(0, room)
            )
        )
