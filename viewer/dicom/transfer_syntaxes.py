"""Transfer syntaxes: how the data set and the pixels of a file are encoded (PS3.5 Annex A, PS3.6 Table A-1).

One row a syntax. The header scanner asks for byte order and VR form, frame_decoding for the codec.
"""

import enum
from dataclasses import dataclass

from viewer.base.translation import _

IMPLICIT_VR_LITTLE_ENDIAN = "1.2.840.10008.1.2"
EXPLICIT_VR_LITTLE_ENDIAN = "1.2.840.10008.1.2.1"
ENCAPSULATED_UNCOMPRESSED = "1.2.840.10008.1.2.1.98"
DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN = "1.2.840.10008.1.2.1.99"
EXPLICIT_VR_BIG_ENDIAN = "1.2.840.10008.1.2.2"
RLE_LOSSLESS = "1.2.840.10008.1.2.5"
DEFLATED_FRAME = "1.2.840.10008.1.2.8.1"


class Codec(enum.StrEnum):
    """What turns the bytes of a frame into pixels."""

    NATIVE = "native"
    RLE = "rle"
    JPEG = "jpeg"
    JPEG_LOSSLESS = "jpeg-lossless"
    JPEG_LS = "jpeg-ls"
    JPEG_2000 = "jpeg-2000"
    HTJ2K = "htj2k"
    JPEG_XL = "jpeg-xl"
    DEFLATED_FRAME = "deflated-frame"
    MPEG2 = "mpeg2"
    H264 = "h264"
    HEVC = "hevc"
    JPIP = "jpip"
    UNKNOWN = "unknown"


_VIDEO = frozenset({Codec.MPEG2, Codec.H264, Codec.HEVC})


@dataclass(frozen=True, slots=True)
class TransferSyntax:
    """One transfer syntax.

    Attributes:
        name: As in PS3.6, in English; for one we do not know, words that say so with its UID.
        codec: What decodes its frames, whatever the stream may turn out to be.
        is_lossy: Whether pixels may have been changed by this syntax; the lossless ones may still hold pixels that
            were compressed with loss before, see (0028,2110).
        is_encapsulated: Whether pixels come as a sequence of fragments (PS3.5 A.4).
        is_supported: Whether frames in it can be shown; the data set can be read in any case.
        is_implicit_vr: Whether the data set carries no VRs.
        is_big_endian: Whether the data set is big endian.
        is_deflated: Whether the data set after group 0002 is one raw DEFLATE stream.
        has_big_endian_pixels: Whether the pixel words are big endian.
    """

    uid: str
    name: str
    codec: Codec
    is_lossy: bool = False
    is_encapsulated: bool = True
    is_supported: bool = True
    is_implicit_vr: bool = False
    is_big_endian: bool = False
    is_deflated: bool = False
    has_big_endian_pixels: bool = False

    @property
    def is_video(self) -> bool:
        """Whether all frames are one video stream."""
        return self.codec in _VIDEO


def _standard(suffix: str, name: str, codec: Codec, *, is_lossy: bool = False) -> TransferSyntax:
    return TransferSyntax(f"1.2.840.10008.1.2.{suffix}", name, codec, is_lossy)


def _unsupported(suffix: str, name: str, codec: Codec, *, is_lossy: bool = False) -> TransferSyntax:
    return TransferSyntax(f"1.2.840.10008.1.2.{suffix}", name, codec, is_lossy, is_supported=False)


_NATIVE = (
    TransferSyntax(
        IMPLICIT_VR_LITTLE_ENDIAN, "Implicit VR Little Endian", Codec.NATIVE, is_encapsulated=False, is_implicit_vr=True
    ),
    TransferSyntax(EXPLICIT_VR_LITTLE_ENDIAN, "Explicit VR Little Endian", Codec.NATIVE, is_encapsulated=False),
    TransferSyntax(ENCAPSULATED_UNCOMPRESSED, "Encapsulated Uncompressed Explicit VR Little Endian", Codec.NATIVE),
    TransferSyntax(
        DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN,
        "Deflated Explicit VR Little Endian",
        Codec.NATIVE,
        is_encapsulated=False,
        is_deflated=True,
    ),
    TransferSyntax(
        EXPLICIT_VR_BIG_ENDIAN,
        "Explicit VR Big Endian (retired)",
        Codec.NATIVE,
        is_encapsulated=False,
        is_big_endian=True,
        has_big_endian_pixels=True,
    ),
    TransferSyntax(
        "1.2.840.10008.1.20",
        "Papyrus 3 Implicit VR Little Endian (retired)",
        Codec.NATIVE,
        is_encapsulated=False,
        is_implicit_vr=True,
    ),
    # GE's DLX: an ordinary implicit little endian data set whose pixel words alone are swapped.
    TransferSyntax(
        "1.2.840.113619.5.2",
        "Implicit VR Big Endian DLX (GE private)",
        Codec.NATIVE,
        is_encapsulated=False,
        is_implicit_vr=True,
        has_big_endian_pixels=True,
    ),
)

_COMPRESSED = (
    _standard("4.50", "JPEG Baseline (Process 1)", Codec.JPEG, is_lossy=True),
    _standard("4.51", "JPEG Extended (Process 2 & 4)", Codec.JPEG, is_lossy=True),
    _standard("4.53", "JPEG Spectral Selection, Non-Hierarchical (Process 6 & 8) (retired)", Codec.JPEG, is_lossy=True),
    _standard("4.55", "JPEG Full Progression, Non-Hierarchical (Process 10 & 12) (retired)", Codec.JPEG, is_lossy=True),
    _standard("4.57", "JPEG Lossless, Non-Hierarchical (Process 14)", Codec.JPEG_LOSSLESS),
    _standard(
        "4.70",
        "JPEG Lossless, Non-Hierarchical, First-Order Prediction (Process 14, Selection Value 1)",
        Codec.JPEG_LOSSLESS,
    ),
    _standard("4.80", "JPEG-LS Lossless", Codec.JPEG_LS),
    _standard("4.81", "JPEG-LS Lossy (Near-Lossless)", Codec.JPEG_LS, is_lossy=True),
    _standard("4.90", "JPEG 2000 (Lossless Only)", Codec.JPEG_2000),
    _standard("4.91", "JPEG 2000", Codec.JPEG_2000, is_lossy=True),
    _standard("4.92", "JPEG 2000 Part 2 Multi-component (Lossless Only)", Codec.JPEG_2000),
    _standard("4.93", "JPEG 2000 Part 2 Multi-component", Codec.JPEG_2000, is_lossy=True),
    _standard("4.110", "JPEG XL Lossless", Codec.JPEG_XL),
    # Recompression keeps the coefficients of a JPEG file: exact to that JPEG, which was lossy itself.
    _standard("4.111", "JPEG XL JPEG Recompression", Codec.JPEG_XL, is_lossy=True),
    _standard("4.112", "JPEG XL", Codec.JPEG_XL, is_lossy=True),
    _standard("4.201", "High-Throughput JPEG 2000 (Lossless Only)", Codec.HTJ2K),
    _standard("4.202", "High-Throughput JPEG 2000 with RPCL Options (Lossless Only)", Codec.HTJ2K),
    _standard("4.203", "High-Throughput JPEG 2000", Codec.HTJ2K, is_lossy=True),
    _standard("5", "RLE Lossless", Codec.RLE),
    _standard("8.1", "Deflated Image Frame Compression", Codec.DEFLATED_FRAME),
)

_VIDEOS = (
    _standard("4.100", "MPEG2 Main Profile / Main Level", Codec.MPEG2, is_lossy=True),
    _standard("4.100.1", "Fragmentable MPEG2 Main Profile / Main Level", Codec.MPEG2, is_lossy=True),
    _standard("4.101", "MPEG2 Main Profile / High Level", Codec.MPEG2, is_lossy=True),
    _standard("4.101.1", "Fragmentable MPEG2 Main Profile / High Level", Codec.MPEG2, is_lossy=True),
    _standard("4.102", "MPEG-4 AVC/H.264 High Profile / Level 4.1", Codec.H264, is_lossy=True),
    _standard("4.102.1", "Fragmentable MPEG-4 AVC/H.264 High Profile / Level 4.1", Codec.H264, is_lossy=True),
    _standard("4.103", "MPEG-4 AVC/H.264 BD-compatible High Profile / Level 4.1", Codec.H264, is_lossy=True),
    _standard(
        "4.103.1", "Fragmentable MPEG-4 AVC/H.264 BD-compatible High Profile / Level 4.1", Codec.H264, is_lossy=True
    ),
    _standard("4.104", "MPEG-4 AVC/H.264 High Profile / Level 4.2 For 2D Video", Codec.H264, is_lossy=True),
    _standard(
        "4.104.1", "Fragmentable MPEG-4 AVC/H.264 High Profile / Level 4.2 For 2D Video", Codec.H264, is_lossy=True
    ),
    _standard("4.105", "MPEG-4 AVC/H.264 High Profile / Level 4.2 For 3D Video", Codec.H264, is_lossy=True),
    _standard(
        "4.105.1", "Fragmentable MPEG-4 AVC/H.264 High Profile / Level 4.2 For 3D Video", Codec.H264, is_lossy=True
    ),
    _standard("4.106", "MPEG-4 AVC/H.264 Stereo High Profile / Level 4.2", Codec.H264, is_lossy=True),
    _standard("4.106.1", "Fragmentable MPEG-4 AVC/H.264 Stereo High Profile / Level 4.2", Codec.H264, is_lossy=True),
    _standard("4.107", "HEVC/H.265 Main Profile / Level 5.1", Codec.HEVC, is_lossy=True),
    _standard("4.108", "HEVC/H.265 Main 10 Profile / Level 5.1", Codec.HEVC, is_lossy=True),
)

# Known by name so that a refusal can say which one it is.
_REFUSED = (
    _unsupported("4.52", "JPEG Extended (Process 3 & 5) (retired)", Codec.JPEG, is_lossy=True),
    _unsupported(
        "4.54", "JPEG Spectral Selection, Non-Hierarchical (Process 7 & 9) (retired)", Codec.JPEG, is_lossy=True
    ),
    _unsupported(
        "4.56", "JPEG Full Progression, Non-Hierarchical (Process 11 & 13) (retired)", Codec.JPEG, is_lossy=True
    ),
    _unsupported("4.58", "JPEG Lossless, Non-Hierarchical (Process 15) (retired)", Codec.JPEG_LOSSLESS),
    _unsupported("4.59", "JPEG Extended, Hierarchical (Process 16 & 18) (retired)", Codec.JPEG, is_lossy=True),
    _unsupported("4.60", "JPEG Extended, Hierarchical (Process 17 & 19) (retired)", Codec.JPEG, is_lossy=True),
    _unsupported(
        "4.61", "JPEG Spectral Selection, Hierarchical (Process 20 & 22) (retired)", Codec.JPEG, is_lossy=True
    ),
    _unsupported(
        "4.62", "JPEG Spectral Selection, Hierarchical (Process 21 & 23) (retired)", Codec.JPEG, is_lossy=True
    ),
    _unsupported("4.63", "JPEG Full Progression, Hierarchical (Process 24 & 26) (retired)", Codec.JPEG, is_lossy=True),
    _unsupported("4.64", "JPEG Full Progression, Hierarchical (Process 25 & 27) (retired)", Codec.JPEG, is_lossy=True),
    _unsupported("4.65", "JPEG Lossless, Hierarchical (Process 28) (retired)", Codec.JPEG_LOSSLESS),
    _unsupported("4.66", "JPEG Lossless, Hierarchical (Process 29) (retired)", Codec.JPEG_LOSSLESS),
    TransferSyntax("1.2.840.10008.1.2.4.94", "JPIP Referenced", Codec.JPIP, is_encapsulated=False, is_supported=False),
    TransferSyntax(
        "1.2.840.10008.1.2.4.95",
        "JPIP Referenced Deflate",
        Codec.JPIP,
        is_encapsulated=False,
        is_supported=False,
        is_deflated=True,
    ),
    TransferSyntax(
        "1.2.840.10008.1.2.4.204", "JPIP HTJ2K Referenced", Codec.JPIP, is_encapsulated=False, is_supported=False
    ),
    TransferSyntax(
        "1.2.840.10008.1.2.4.205",
        "JPIP HTJ2K Referenced Deflate",
        Codec.JPIP,
        is_encapsulated=False,
        is_supported=False,
        is_deflated=True,
    ),
    _unsupported("6.1", "RFC 2557 MIME Encapsulation (retired)", Codec.UNKNOWN),
    _unsupported("6.2", "XML Encoding (retired)", Codec.UNKNOWN),
    _unsupported("7.1", "SMPTE ST 2110-20 Uncompressed Progressive Active Video", Codec.UNKNOWN),
    _unsupported("7.2", "SMPTE ST 2110-20 Uncompressed Interlaced Active Video", Codec.UNKNOWN),
    _unsupported("7.3", "SMPTE ST 2110-30 PCM Digital Audio", Codec.UNKNOWN),
)

TRANSFER_SYNTAXES: dict[str, TransferSyntax] = {
    syntax.uid: syntax for syntax in (*_NATIVE, *_COMPRESSED, *_VIDEOS, *_REFUSED)
}


def transfer_syntax(uid: str) -> TransferSyntax:
    """Return the syntax of a UID; for an unknown one, a row that names it and is not supported.

    An unknown syntax is taken to be encapsulated in an explicit little endian data set, as PS3.5 A.4 asks of all
    syntaxes with compressed pixels.
    """
    known = TRANSFER_SYNTAXES.get(uid)
    if known is not None:
        return known
    words = (
        _("Unknown transfer syntax {uid}") if uid.startswith("1.2.840.10008.") else _("Private transfer syntax {uid}")
    )
    return TransferSyntax(uid, words.format(uid=uid), Codec.UNKNOWN, is_supported=False)
