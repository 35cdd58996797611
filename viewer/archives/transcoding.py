"""Data sets written in explicit or implicit VR little endian, pixels native, for archives that take nothing else.

No pixel changes its value and no UID its own: what a lossless stream holds is put back, what a lossy one shows is
written out and goes on saying that it was compressed with loss (PS3.3 C.7.6.1.1.5, PS3.5 8.2). All of it is written
before the first byte is sent: what turns out to be damaged is said of the instance, and costs nobody an association.
"""

import contextlib
import io
import struct
import tempfile
import threading
from typing import TYPE_CHECKING, BinaryIO, Self, cast

from viewer.base.byte_source import FileBytes
from viewer.base.errors import DecodingError, DicomError
from viewer.base.translation import _
from viewer.dicom.header_scan import scan_header
from viewer.dicom.instance_header import InstanceHeader, PixelDataLocation
from viewer.dicom.transfer_syntaxes import EXPLICIT_VR_BIG_ENDIAN, Codec, TransferSyntax, transfer_syntax
from viewer.network.ports import HeldInstance
from viewer.network.recoding import Changes, Form, element_header, recoded
from viewer.network.sending_files import seek_data_set

if TYPE_CHECKING:
    from viewer.imaging.frame_decoding import FrameDecoder

_IN_MEMORY = 32 << 20
_LONGEST = 0xFFFFFFFE
_PIXEL_DATA, _PHOTOMETRIC, _PLANAR = 0x7FE00010, 0x00280004, 0x00280006
_IS_LOSSY, _LOSSY_METHOD = 0x00282110, 0x00282114
_OFFSET_TABLES = (0x7FE00001, 0x7FE00002, 0x7FE00003)
_EXPLICIT = Form(is_implicit=False)
_ELEMENT_HEADER, _ITEM_HEADER = 12, 8
_ITEM, _SEQUENCE_END = 0xE000FFFE, 0xE0DDFFFE
_WORD_BITS = 16
_NATIVE_COLORS = frozenset({"RGB", "YBR_FULL"})
_METHODS = {
    Codec.JPEG: b"ISO_10918_1",
    Codec.JPEG_LS: b"ISO_14495_1",
    Codec.JPEG_2000: b"ISO_15444_1",
    Codec.HTJ2K: b"ISO_15444_15",
    Codec.JPEG_XL: b"ISO_18181_1",
}
"""Defined terms of Lossy Image Compression Method (PS3.3 C.7.6.1.1.5.1)."""


class Transcoder:
    """A Rewriter (network.sending_files); usable from several threads.

    Args:
        decoder: Decodes compressed frames; None starts processes of its own with the first frame, until close().
    """

    def __init__(self, decoder: "FrameDecoder | None" = None) -> None:
        self._given = decoder
        self._held = contextlib.ExitStack()
        self._own: FrameDecoder | None = None
        self._is_closed = False
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """End the processes; who still prepares something begins no others."""
        with self._lock:
            self._is_closed = True
        self._held.close()

    def can_rewrite(self, transfer_syntax_uid: str) -> bool:
        """Whether instances in a syntax can be written in another one, as far as that tells."""
        syntax = transfer_syntax(transfer_syntax_uid)
        if syntax.is_video or not syntax.is_supported:
            return False
        return syntax.is_encapsulated or syntax.is_deflated or syntax.uid == EXPLICIT_VR_BIG_ENDIAN

    def rewritten(self, instance: HeldInstance, *, to_implicit: bool) -> BinaryIO:
        """Return the data set in another transfer syntax, from its first byte on.

        Raises:
            ViewerError: If it cannot be; why.
        """
        header = scan_header(FileBytes(instance.path))
        if header.transfer_syntax_uid != instance.transfer_syntax_uid:
            raise DicomError(_("The file does not say what it is"))
        syntax = transfer_syntax(instance.transfer_syntax_uid)
        out = cast("BinaryIO", tempfile.SpooledTemporaryFile(_IN_MEMORY))  # noqa: SIM115 - its reader closes it
        try:
            with instance.path.open("rb") as stream:
                seek_data_set(stream)
                self._write(out, stream, header, syntax, to_implicit=to_implicit)
        except BaseException:
            out.close()
            raise
        out.seek(0)
        return out

    def _write(
        self, out: BinaryIO, stream: BinaryIO, header: InstanceHeader, syntax: TransferSyntax, *, to_implicit: bool
    ) -> None:
        if syntax.is_deflated:
            from viewer.dicom.deflated import inflate

            inflated = inflate(header.source, stream.tell())
            if not inflated.is_complete:
                raise DicomError(_("The file is damaged"))
            out.writelines(recoded(io.BytesIO(inflated.data), to_implicit=to_implicit, form=_EXPLICIT))
        elif syntax.is_big_endian:
            if header.pixel_data is not None and (header.unsigned_short(0x00280100) or 0) > _WORD_BITS:
                raise _impossible(_("its pixels have more than {0} bits").format(_WORD_BITS))
            form = Form(is_implicit=False, is_big_endian=True)
            out.writelines(recoded(stream, to_implicit=to_implicit, form=form))
        elif header.pixel_data is None:
            out.writelines(recoded(stream, to_implicit=to_implicit, form=_EXPLICIT))
        else:
            self._write_image(out, stream, header, header.pixel_data, syntax, to_implicit=to_implicit)

    def _write_image(
        self,
        out: BinaryIO,
        stream: BinaryIO,
        header: InstanceHeader,
        location: PixelDataLocation,
        syntax: TransferSyntax,
        *,
        to_implicit: bool,
    ) -> None:
        from viewer.archives.native_cells import NativeCells  # here: most archives take what there is
        from viewer.imaging.frame_source import FrameSource

        if not location.is_encapsulated or location.tag != _PIXEL_DATA:
            raise _impossible(_("its pixels are not where they belong"))
        frames = FrameSource(header, self._decoder())
        after, starts = _walked(stream, location.offset, syntax.codec)
        if starts > frames.frame_count:
            raise _impossible(_("it holds more frames than it says"))
        with tempfile.SpooledTemporaryFile(_IN_MEMORY) as cells:
            native = NativeCells(frames.description)
            for index in range(frames.frame_count):
                cells.write(native.cells(frames.stored_frame(index)))
            cells.write(native.rest())
            length = cells.tell() + cells.tell() % 2
            if length > _LONGEST:
                raise _impossible(_("it would be longer than an uncompressed image may be"))
            cells.seek(0)
            changes = _changes(header, syntax, native.photometric_interpretation)
            seek_data_set(stream)
            end = location.offset - _ELEMENT_HEADER
            out.writelines(recoded(stream, to_implicit=to_implicit, form=_EXPLICIT, changes=changes, end=end))
            vr = b"OB" if native.is_bytes and not to_implicit else b"OW"
            out.write(element_header(_PIXEL_DATA, vr, length, is_implicit=to_implicit))
            while piece := cells.read(1 << 20):
                out.write(piece)
            out.write(b"\0" * (length - cells.tell()))
        stream.seek(after)
        out.writelines(recoded(stream, to_implicit=to_implicit, form=_EXPLICIT))

    def _decoder(self) -> "FrameDecoder":
        if self._given is not None:
            return self._given
        with self._lock:
            if self._is_closed:
                raise DecodingError(_("Sending was ended"))
            if self._own is None:
                from viewer.imaging.decoder_pool import DecoderPool

                self._own = self._held.enter_context(DecoderPool(workers=2))
            return self._own


def _impossible(why: str) -> DicomError:
    return DicomError(_("It does not take objects in this encoding, and this one cannot be decoded: {0}").format(why))


def _changes(header: InstanceHeader, syntax: TransferSyntax, photometric_interpretation: str) -> Changes:
    """Return what the data set must say otherwise when its pixels are native."""
    changes: dict[int, tuple[bytes, bytes] | None] = dict.fromkeys(_OFFSET_TABLES)
    is_color = (header.unsigned_short(0x00280002) or 1) > 1
    if is_color:
        if photometric_interpretation not in _NATIVE_COLORS:
            raise _impossible(photometric_interpretation)
        changes[_PLANAR] = (b"US", bytes(2))
    if photometric_interpretation != header.ascii(_PHOTOMETRIC).upper():
        text = photometric_interpretation.encode()
        changes[_PHOTOMETRIC] = (b"CS", text + b" " * (len(text) % 2))
    if syntax.is_lossy and header.ascii(_IS_LOSSY) != "01":
        changes[_IS_LOSSY] = (b"CS", b"01")
    if syntax.is_lossy and not header.ascii(_LOSSY_METHOD) and syntax.codec in _METHODS:
        method = _METHODS[syntax.codec]
        changes[_LOSSY_METHOD] = (b"CS", method + b" " * (len(method) % 2))
    return changes


def _walked(stream: BinaryIO, offset: int, codec: Codec) -> tuple[int, int]:
    """Return where fragments end, behind their delimiter, and how many of them plainly begin a frame.

    Raises:
        DicomError: If they do not end, or the file does before them.
    """
    from viewer.imaging.codestreams import START_BYTES, is_codestream_start

    starts = number = 0
    stream.seek(offset)
    while True:
        head = stream.read(_ITEM_HEADER)
        tag, length = struct.unpack("<II", head) if len(head) == _ITEM_HEADER else (0, 0)
        if tag == _SEQUENCE_END and length == 0:
            return stream.tell(), starts
        if tag != _ITEM:
            raise DicomError(_("The file is damaged"))
        if number:  # the first item is the offset table
            begin = stream.read(min(START_BYTES, length))
            starts += bool(is_codestream_start(begin, codec))
            length -= len(begin)
        number += 1
        stream.seek(length, 1)
