"""The doctor's last step over DIMSE: the archive is asked to send one small image to us (C-MOVE), which is not kept."""

import secrets
import shutil
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from viewer.archives.doctor import Examination, Finding, StepState
from viewer.base.errors import Cancelled, NetworkError
from viewer.base.paths import private_temporary_folder
from viewer.base.translation import _
from viewer.network.access import DimseAccess
from viewer.network.finding import find
from viewer.network.ports import QueryLevel
from viewer.network.retrieving import Fetched, RetrieveRequest
from viewer.reception.receiver_settings import ReceiverSettings

if TYPE_CHECKING:
    from viewer.archives.own_place import OwnPlace
    from viewer.archives.own_receiver import OwnReceiver

_MOST_SERIES, _MOST_INSTANCES = 20, 10
_COMES_WITHIN_S, _LOOK_EVERY_S = 10.0, 0.05
_RANDOM_BITS = 96
_DESTINATION_UNKNOWN, _COULD_NOT_SEND, _SOME_FAILED = 0xA801, 0xA702, 0xB000
"""Of a C-MOVE response (PS3.4 C.4.2.1.5)."""
_UNABLE, _KIND = 0xC000, 0xF000
"""Unable to process: what Orthanc answers where others say that they do not know the destination."""


def examine_move(dimse: DimseAccess, own: ReceiverSettings, studies: Sequence[str], examination: Examination) -> None:
    """Take the step; where there is no image, or our port is taken, it is only asked whether it knows us."""
    request: RetrieveRequest | None = None
    why = _("it holds no image that could be sent")
    try:
        request = _small_instance(dimse, studies, examination)
    except NetworkError as error:
        why = str(error)
    examination.look("move", lambda: _moved(dimse, own, request, why, examination))


def _moved(
    dimse: DimseAccess, own: ReceiverSettings, request: RetrieveRequest | None, why: str, examination: Examination
) -> Finding:
    from viewer.archives.folder_keeper import FolderKeeper
    from viewer.archives.own_receiver import OwnReceiver

    if request is None:
        return _known(dimse, own, why, examination)
    folder = Path(tempfile.mkdtemp(prefix="doctor-", dir=private_temporary_folder()))
    came: list[Fetched] = []
    try:
        with closing(FolderKeeper(folder)) as keeper:
            try:
                receiver = OwnReceiver(keeper, dimse, own, came.append, lambda _uid: True)
            except NetworkError as error:
                return _known(dimse, own, str(error), examination)
            with receiver:
                return _sent_here(dimse, own, request, receiver, came, examination)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _sent_here(
    dimse: DimseAccess,
    own: ReceiverSettings,
    request: RetrieveRequest,
    receiver: "OwnReceiver",
    came: Sequence[Fetched],
    examination: Examination,
) -> Finding:
    place = receiver.place
    try:
        end = _ended(dimse, request, own.ae_title, examination, receiver)
    except NetworkError as error:
        raise _explained(error, own, receiver, has_come=bool(came)) from error
    deadline = time.monotonic() + _COMES_WITHIN_S
    while not came and time.monotonic() < deadline and (end != _SOME_FAILED or receiver.is_receiving):
        if examination.cancelled():
            raise Cancelled
        time.sleep(_LOOK_EVERY_S)
    if came and came[0].answer is not None:
        words = _("It sent an image of {0} KB to {1} at {2}, port {3}; it was not kept")
        return Finding(words.format(came[0].size // 1024 + 1, place.ae_title, place.host, place.port))
    if came:
        raise NetworkError(_("The image came, but could not be taken: {0}").format(came[0].reason))
    if receiver.refused:
        raise NetworkError(receiver.refused, advice=_("Enter that title as one under which the archive sends"))
    if end == _SOME_FAILED:
        raise _not_reached(place, _("It knows {0}, but could not send there").format(own.ae_title))
    raise _not_reached(place, _("It says that it sent an image, but nothing arrived"))


def _explained(error: NetworkError, own: ReceiverSettings, receiver: "OwnReceiver", *, has_come: bool) -> NetworkError:
    """Return a failure of the move with what it means here."""
    place, status = receiver.place, getattr(error, "status", 0)
    if status == _DESTINATION_UNKNOWN:
        return _unknown_here(own, place.advice())
    if status & _KIND == _UNABLE:
        words = _("{0}; it may not know {1} as a place to send to").format(error, own.ae_title)
        return NetworkError(words, advice=place.advice())
    if status == _COULD_NOT_SEND and not has_come and not receiver.refused:
        return _not_reached(place, str(error))
    error.advice = error.advice or place.advice()
    return error


def _not_reached(place: "OwnPlace", why: str) -> NetworkError:
    """Return that nothing arrived: of all that can be wrong, the archive's entry for us is the likeliest."""
    words = _("{why}. The archive did not reach this computer: nothing came to {title} at {host}, port {port}")
    fix = _("Compare the archive's entry for {title}: address {host}, port {port}; and let that port through firewalls")
    named = {"title": place.ae_title, "host": place.host, "port": place.port}
    return NetworkError(words.format(why=why, **named), advice=fix.format(**named))


def _known(dimse: DimseAccess, own: ReceiverSettings, why: str, examination: Examination) -> Finding:
    """Ask for a study that nobody has: whether the archive would know where to send it."""
    uid = f"2.25.{secrets.randbits(_RANDOM_BITS)}"
    fix = _("Have {0} entered in the archive as a station, with this computer's address and port {1}")
    try:
        _ended(dimse, RetrieveRequest(uid), own.ae_title, examination, None)
    except NetworkError as error:
        if getattr(error, "status", 0) == _DESTINATION_UNKNOWN:
            raise _unknown_here(own, fix.format(own.ae_title, own.port)) from error
        words = _("No image was sent, since {0}; asked for nothing, it answers: {1}").format(why, error)
        if getattr(error, "status", 0) & _KIND == _UNABLE:
            return Finding(words, StepState.WARNING, fix.format(own.ae_title, own.port))
        return Finding(words, StepState.SKIPPED)
    words = _("It did not object to {0} as a place to send to; no image was sent, since {1}")
    return Finding(words.format(own.ae_title, why), StepState.SKIPPED)


def _ended(
    dimse: DimseAccess,
    request: RetrieveRequest,
    destination: str,
    examination: Examination,
    receiver: "OwnReceiver | None",
) -> int:
    """Ask for it and return the status at its end."""
    from viewer.network.moving import move

    last_sign = receiver.last_sign if receiver is not None else lambda: 0.0
    moving = move(dimse, request, destination, examination.cancelled, last_sign=last_sign)
    while True:
        try:
            next(moving)
        except StopIteration as stop:
            if stop.value is None:
                raise Cancelled from None
            return int(stop.value.status)


def _unknown_here(own: ReceiverSettings, fix: str) -> NetworkError:
    return NetworkError(_("It does not know {0} as a place to send to (A801H)").format(own.ae_title), advice=fix)


def _small_instance(dimse: DimseAccess, studies: Sequence[str], examination: Examination) -> RetrieveRequest | None:
    """Return the smallest image of a few."""
    for study in studies:
        keys = {"StudyInstanceUID": study, "SeriesInstanceUID": "", "NumberOfSeriesRelatedInstances": ""}
        series = list(find(dimse, QueryLevel.SERIES, keys, most=_MOST_SERIES, cancelled=examination.cancelled))
        for row in sorted(series, key=lambda each: _number(each, "NumberOfSeriesRelatedInstances")):
            uid = row.get("SeriesInstanceUID", "")
            keys = {
                "StudyInstanceUID": study, "SeriesInstanceUID": uid, "SOPInstanceUID": "", "SOPClassUID": "",
                "Rows": "", "Columns": "", "NumberOfFrames": "",
            }  # fmt: skip
            found = list(find(dimse, QueryLevel.IMAGE, keys, most=_MOST_INSTANCES, cancelled=examination.cancelled))
            named = [each for each in found if each.get("SOPInstanceUID")]
            if named:
                smallest = min(named, key=_pixels)
                classes = (smallest["SOPClassUID"],) if smallest.get("SOPClassUID") else ()
                return RetrieveRequest(study, uid, (smallest["SOPInstanceUID"],), classes)
    return None


def _pixels(row: Mapping[str, str]) -> int:
    return _number(row, "Rows") * _number(row, "Columns") * max(1, _number(row, "NumberOfFrames"))


def _number(row: Mapping[str, str], keyword: str) -> int:
    text = row.get(keyword, "").strip()
    return int(text) if text.isascii() and text.isdigit() else 0
