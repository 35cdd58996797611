"""Telling codestreams by their first bytes, whatever the transfer syntax says."""

import struct

from viewer.dicom.transfer_syntaxes import Codec

START_BYTES = 16
"""How many bytes of a fragment must be looked at to know whether a codestream starts there."""

_JP2_SIGNATURE = b"\0\0\0\x0cjP  \r\n\x87\n"
_JXL_SIGNATURE = b"\0\0\0\x0cJXL \r\n\x87\n"
_JPEG_FAMILY = frozenset({Codec.JPEG, Codec.JPEG_LOSSLESS, Codec.JPEG_LS})
_WAVELETS = frozenset({Codec.JPEG_2000, Codec.HTJ2K})


def sniffed_codec(data: bytes | memoryview) -> Codec | None:
    """Return the codec whose codestream data starts with; None when it is none that can be told.

    The JPEG family is told apart by its frame header only, so all of it is Codec.JPEG here, and HTJ2K is JPEG_2000.
    """
    head = bytes(data[:START_BYTES])
    if head.startswith(b"\xff\xd8\xff"):
        return Codec.JPEG
    if head.startswith((b"\xff\x4f\xff\x51", _JP2_SIGNATURE)):
        return Codec.JPEG_2000
    if head.startswith((b"\xff\x0a", _JXL_SIGNATURE)):
        return Codec.JPEG_XL
    return None


def is_codestream_start(head: bytes | memoryview, codec: Codec) -> bool | None:
    """Return whether a frame in this codec can start with head; None for codecs whose frames start with anything."""
    if codec is Codec.RLE:
        segments, first = struct.unpack_from("<II", head) if len(head) >= 8 else (0, 0)
        return bool(1 <= segments <= 15 and first == 64)
    if codec in _JPEG_FAMILY or codec in _WAVELETS or codec is Codec.JPEG_XL:
        return sniffed_codec(head) is not None
    return None


def believed_codec(data: bytes, codec: Codec) -> Codec:
    """Return what data is in truth: the transfer syntax's codec, unless the stream plainly is another."""
    sniffed = sniffed_codec(data)
    if sniffed is None or (sniffed is Codec.JPEG and codec in _JPEG_FAMILY):
        return codec
    if sniffed is Codec.JPEG_2000 and codec in _WAVELETS:
        return codec
    return sniffed if codec in _JPEG_FAMILY | _WAVELETS | {Codec.JPEG_XL, Codec.UNKNOWN} else codec
