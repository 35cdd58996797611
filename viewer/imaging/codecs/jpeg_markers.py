"""The marker segments of JPEG and JPEG-LS streams (ISO 10918-1 Annex B, ISO 14495-1 Annex C).

Only headers are parsed; the entropy-coded data are searched for the marker that ends them.
"""

import re
import struct
from dataclasses import dataclass

from viewer.base.errors import DecodingError
from viewer.base.translation import _

SOF_LOSSLESS = 0xC3
SOF_JPEG_LS = 0xF7
_SOI, _EOI, _SOS, _APP0, _APP14 = 0xD8, 0xD9, 0xDA, 0xE0, 0xEE
_FRAME_HEADERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC} | {SOF_JPEG_LS}
_HIERARCHICAL = frozenset({0xC5, 0xC6, 0xC7, 0xCD, 0xCE, 0xCF})
_STANDALONE = frozenset({0x01, *range(0xD0, 0xD8)})
_MARKER_IN_JPEG = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]", re.DOTALL)
_MARKER_IN_JPEG_LS = re.compile(rb"\xff[\x80-\xcf\xd8-\xfe]", re.DOTALL)


@dataclass(frozen=True, slots=True)
class JpegHeader:
    """What a JPEG or JPEG-LS stream says of itself.

    Attributes:
        frame_marker: The SOFn marker's second byte.
        component_ids: Of each component, as the frame header names them.
        is_subsampled: Whether any component is coarser than another.
        adobe_transform: Of the APP14 segment: 0 none, 1 YCbCr, 2 YCCK; None without one.
        end: Offset after the EOI marker; None when there is none.
        has_scan: Whether entropy-coded data were found at all.
    """

    frame_marker: int
    precision: int
    rows: int
    columns: int
    component_ids: tuple[int, ...]
    is_subsampled: bool
    adobe_transform: int | None
    is_jfif: bool
    end: int | None
    has_scan: bool

    @property
    def component_count(self) -> int:
        """How many components a pixel has."""
        return len(self.component_ids)

    @property
    def is_lossless(self) -> bool:
        """Whether prediction takes the place of the cosine transform: samples are exact."""
        return self.frame_marker == SOF_LOSSLESS


def parse_jpeg_header(data: bytes) -> JpegHeader:
    """Return what the stream says of itself.

    Raises:
        DecodingError: If there is no frame header, or it is of a kind that nothing decodes.
    """
    frame: tuple[int, bytes] | None = None
    adobe: int | None = None
    is_jfif = has_scan = False
    end = None
    position = 2
    while (found := _next_marker(data, position)) is not None:
        marker, position = found
        if marker == _EOI:
            end = position
            break
        if marker in _STANDALONE or marker == _SOI:
            continue
        body = _segment(data, position)
        if body is None:
            break
        position += 2 + len(body)
        if marker in _FRAME_HEADERS and frame is None:
            frame = marker, body
        elif marker == _APP0:
            is_jfif = is_jfif or body.startswith(b"JFIF\0")
        elif marker == _APP14 and body.startswith(b"Adobe") and len(body) >= 12:
            adobe = body[11]
        elif marker == _SOS:
            has_scan = True
            position = _scan_end(data, position, frame)
    return _header(frame, adobe, is_jfif, end, has_scan)


def _next_marker(data: bytes, position: int) -> tuple[int, int] | None:
    while True:
        position = data.find(b"\xff", position)
        if position < 0 or position + 1 >= len(data):
            return None
        if data[position + 1] not in {0x00, 0xFF}:
            return data[position + 1], position + 2
        position += 1


def _segment(data: bytes, position: int) -> bytes | None:
    if position + 2 > len(data):
        return None
    length = int(struct.unpack_from(">H", data, position)[0])
    return data[position + 2 : position + length] if 2 <= length <= len(data) - position else None


def _scan_end(data: bytes, position: int, frame: tuple[int, bytes] | None) -> int:
    is_jpeg_ls = frame is not None and frame[0] == SOF_JPEG_LS
    match = (_MARKER_IN_JPEG_LS if is_jpeg_ls else _MARKER_IN_JPEG).search(data, position)
    return match.start() if match else len(data)


def _header(
    frame: tuple[int, bytes] | None, adobe: int | None, is_jfif: bool, end: int | None, has_scan: bool
) -> JpegHeader:
    if frame is None or len(frame[1]) < 6:
        raise DecodingError(_("The compressed frame ends inside its header"))
    marker, body = frame
    if marker in _HIERARCHICAL:
        raise DecodingError(_("The image is compressed by hierarchical JPEG, which nothing in use decodes"))
    precision, rows, columns, count = struct.unpack_from(">BHHB", body)
    if len(body) < 6 + 3 * count or not count:
        raise DecodingError(_("The compressed frame ends inside its header"))
    components = [body[6 + 3 * number : 9 + 3 * number] for number in range(count)]
    return JpegHeader(
        marker,
        precision,
        rows,
        columns,
        tuple(component[0] for component in components),
        len({component[1] for component in components}) > 1,
        adobe,
        is_jfif,
        end,
        has_scan,
    )
