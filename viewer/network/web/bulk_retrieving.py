"""Frames and bulk data over DICOMweb (PS3.18 10.4.1.1.5, 10.4.1.1.6): the bytes as the archive has them."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from email.message import Message

from viewer.base.translation import _
from viewer.dicom.transfer_syntaxes import EXPLICIT_VR_LITTLE_ENDIAN
from viewer.network.web import problems
from viewer.network.web.answer import Answer
from viewer.network.web.door import WebDoor
from viewer.network.web.multipart import MultipartReader, boundary_of
from viewer.network.web.problems import WebError
from viewer.network.web.watch import never

MOST_FRAME_BYTES = 2**30
MOST_BULK_BYTES = 2**31
_TRIES = 5
"""A bulk datum that is cut off is gone on with where it ended, so many times without a byte more."""
_FORMS = (
    'multipart/related; type="application/octet-stream"; transfer-syntax=*',
    'multipart/related; type="image/jpeg"; transfer-syntax=*',
    'multipart/related; type="image/jls"; transfer-syntax=*',
    'multipart/related; type="image/jp2"; transfer-syntax=*',
    'multipart/related; type="image/jphc"; transfer-syntax=*',
    'multipart/related; type="image/dicom-rle"; transfer-syntax=*',
    'multipart/related; type="image/jxl"; transfer-syntax=*',
)
_BULK = 'multipart/related; type="application/octet-stream", application/octet-stream;q=0.9'
_NOT_ACCEPTED = frozenset({400, 406, 415})
_BY_TYPE = {
    "application/octet-stream": EXPLICIT_VR_LITTLE_ENDIAN,
    "image/jpeg": "1.2.840.10008.1.2.4.70",
    "image/jls": "1.2.840.10008.1.2.4.80",
    "image/x-jls": "1.2.840.10008.1.2.4.80",
    "image/jp2": "1.2.840.10008.1.2.4.90",
    "image/jpx": "1.2.840.10008.1.2.4.92",
    "image/jphc": "1.2.840.10008.1.2.4.201",
    "image/dicom-rle": "1.2.840.10008.1.2.5",
    "image/x-dicom-rle": "1.2.840.10008.1.2.5",
    "image/jxl": "1.2.840.10008.1.2.4.110",
}
"""Transfer syntax of a frame whose media type says none (PS3.18 Table 8.7.3-5)."""
_RANGE = re.compile(r"bytes (\d{1,19})-(\d{1,19})/(\d{1,19}|\*)")


@dataclass(frozen=True, slots=True)
class FrameBytes:
    """One frame.

    Attributes:
        number: From 1 on.
        data: Its codestream, or its cells.
        transfer_syntax_uid: How it is encoded.
    """

    number: int
    data: bytes
    transfer_syntax_uid: str


def frames(
    door: WebDoor,
    instance: tuple[str, str, str],
    numbers: Sequence[int],
    *,
    cancelled: Callable[[], bool] = never,
) -> Iterator[FrameBytes]:
    """Yield frames of an instance, in the order of their numbers.

    Args:
        door: To the server.
        instance: Study, Series and SOP Instance UID.
        numbers: From 1 on; in the order in which they are wanted.
        cancelled: Asked again and again.

    Raises:
        WebError: If the server fails, or gives fewer.
        Cancelled: If nobody wants them any more.
    """
    study, series, uid = instance
    listed = ",".join(str(number) for number in numbers)
    # The comma is part of the path here (PS3.18 10.4.1.1.6), and some servers do not look behind a percent sign.
    url = door.retrieve_url("studies", study, "series", series, "instances", uid, "frames") + f"/{listed}"
    with _asked(door, url, cancelled) as answer:
        given = 0
        for number, (data, content_type) in zip(numbers, _bodies(answer, MOST_FRAME_BYTES), strict=False):
            given += 1
            yield FrameBytes(number, data, _syntax(content_type, answer.subject))
    if given < len(numbers):
        raise WebError(_("It gave fewer frames than were asked for"), subject=door.subject)


def frame(
    door: WebDoor, instance: tuple[str, str, str], number: int, *, cancelled: Callable[[], bool] = never
) -> FrameBytes:
    """Return one frame of an instance; see frames."""
    (found,) = frames(door, instance, [number], cancelled=cancelled)
    return found


def bulk_data(
    door: WebDoor,
    url: str,
    *,
    first: int = 0,
    last: int | None = None,
    most_bytes: int = MOST_BULK_BYTES,
    cancelled: Callable[[], bool] = never,
) -> bytes:
    """Return a bulk datum, or a part of it; what is cut off is gone on with where it ended (RFC 9110 14).

    Args:
        door: To the server.
        url: As the server gave it (BulkDataURI); of its own origins.
        first: The first byte that is wanted.
        last: The last; None for all that follow.
        most_bytes: More than that is an error.
        cancelled: Asked again and again.

    Raises:
        WebError: If the server fails, or is of another origin.
        Cancelled: If nobody wants it any more.
    """
    if first or last is not None:
        return _ranged(door, url, first, last, most_bytes, cancelled)
    with door.get(url, _BULK, cancelled=cancelled) as answer:
        if answer.media_type.startswith("multipart/"):
            data, _type = next(_bodies(answer, most_bytes), (b"", ""))
            return data
        bears_ranges = answer.headers.get("accept-ranges", "").lower() == "bytes"
        _check_kind(answer)
        came = bytearray()
        try:
            _add(came, answer, most_bytes)
            return bytes(came)
        except problems.PassingWebError:
            if not bears_ranges or not came:
                raise
    return bytes(came) + _ranged(door, url, len(came), None, most_bytes - len(came), cancelled)


def _ranged(
    door: WebDoor, url: str, first: int, last: int | None, most_bytes: int, cancelled: Callable[[], bool]
) -> bytes:
    came = bytearray()
    tries = _TRIES
    while tries:
        begin = first + len(came)
        wanted = f"bytes={begin}-{'' if last is None else last}"
        before = len(came)
        try:
            with door.get(url, "application/octet-stream", headers={"Range": wanted}, cancelled=cancelled) as answer:
                _check_kind(answer)
                if answer.status != 206:
                    return _part_of_whole(answer, first, last, most_bytes)
                found = _RANGE.fullmatch(answer.headers.get("content-range", ""))
                if found is None or int(found[1]) != begin:
                    raise problems.breaks_rules(answer.subject)
                _add(came, answer, most_bytes)
            end = last if last is not None else int(found[3]) - 1 if found[3] != "*" else int(found[2])
            if first + len(came) > min(end, int(found[2])) or int(found[2]) >= end:
                return bytes(came)
        except problems.PassingWebError:
            tries = tries - 1 if len(came) == before else _TRIES
            if not tries:
                raise
    raise problems.cut_off(door.subject)


def _part_of_whole(answer: Answer, first: int, last: int | None, most_bytes: int) -> bytes:
    """Return the part of what a server gave as a whole: it knows no ranges."""
    whole = bytearray()
    _add(whole, answer, first + most_bytes if last is None else max(first + most_bytes, last + 1))
    return bytes(whole[first : None if last is None else last + 1])


def _add(came: bytearray, answer: Answer, most_bytes: int) -> None:
    while piece := answer.piece():
        came += piece
        if len(came) > most_bytes:
            raise problems.too_large(answer.subject)


def _check_kind(answer: Answer) -> None:
    if answer.media_type in {"text/html", "application/xhtml+xml", "application/json", "application/dicom+json"}:
        raise problems.no_dicomweb(answer.subject, answer.media_type)


def _asked(door: WebDoor, url: str, cancelled: Callable[[], bool]) -> Answer:
    """Return the answer in the first form that the server can give: it does not transcode where it need not."""
    forms = (", ".join(_FORMS), *_FORMS)
    last: WebError | None = None
    for form in forms:
        try:
            return door.get(url, form, cancelled=cancelled)
        except WebError as error:
            if error.status not in _NOT_ACCEPTED:
                raise
            last = last or error
    raise last or problems.breaks_rules(door.subject)


def _bodies(answer: Answer, most_bytes: int) -> Iterator[tuple[bytes, str]]:
    """Yield the parts of an answer with their types; an answer that is no multipart is one."""
    content_type = answer.headers.get("content-type", "")
    if not answer.media_type.startswith("multipart/"):
        _check_kind(answer)
        yield answer.whole(most_bytes), content_type
        return
    boundary = boundary_of(content_type)
    if not boundary:
        raise problems.breaks_rules(answer.subject)
    for part in MultipartReader(answer.piece, boundary, answer.subject).parts():
        data = bytearray()
        for piece in part.pieces():
            data += piece
            if len(data) > most_bytes:
                raise problems.too_large(answer.subject)
        yield bytes(data), part.headers.get("content-type", "")


def _syntax(content_type: str, subject: str) -> str:
    message = Message()
    message["Content-Type"] = content_type or "application/octet-stream"
    said = message.get_param("transfer-syntax", "")
    kind = message.get_content_type()
    if isinstance(said, str) and said not in {"", "*"}:
        return said
    if kind not in _BY_TYPE:
        raise problems.no_dicomweb(subject, kind)
    return _BY_TYPE[kind]
