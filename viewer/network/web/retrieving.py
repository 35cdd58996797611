"""Fetching over DICOMweb (WADO-RS, PS3.18 10.4): whole files as the archive has them, in any transfer syntax.

A study of several series is asked for series by series, several at once; named instances are asked for one by one.
"""

import re
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing

from viewer.base.errors import NetworkError
from viewer.network.ports import Caller, QueryLevel
from viewer.network.retrieving import Counts, Fetched, Keeper, RetrieveRequest
from viewer.network.web import problems
from viewer.network.web.answer import Answer
from viewer.network.web.coming_files import ComingFile, ComingFiles, Target
from viewer.network.web.door import WebDoor
from viewer.network.web.multipart import MultipartReader, Part, boundary_of
from viewer.network.web.problems import WebError
from viewer.network.web.searching import find
from viewer.network.web.watch import never

SEVERAL = 4
_ACCEPTS = (
    'multipart/related; type="application/dicom"; transfer-syntax=*',
    # Some know no star; what they then give may be in another transfer syntax than they have it in.
    'multipart/related; type="application/dicom"',
    "application/dicom",
)
_NOT_ACCEPTED = frozenset({400, 406, 415})
FILES = frozenset({"application/dicom", "application/octet-stream", ""})
"""Media types under which files come."""
_INSTANCE = re.compile(r"/instances/([0-9.]{1,64})(?:[/?]|$)")


def fetch(
    door: WebDoor,
    request: RetrieveRequest,
    keeper: Keeper,
    *,
    caller: Caller,
    several: int = SEVERAL,
    cancelled: Callable[[], bool] = never,
) -> Generator[Fetched | Counts, None, None]:
    """Fetch instances and yield what becomes of each; closing the generator ends everything.

    Args:
        door: To the server.
        request: What is asked for.
        keeper: Takes the files, byte for byte.
        caller: Who they are from, as the keeper is told.
        several: How many requests at once.
        cancelled: Asked again and again; the generator then ends.

    Raises:
        WebError: If the server fails; what came before it failed is kept and has been yielded.
        StoreRefused: If nothing more can be kept here.
    """
    targets = _targets(door, request, several, cancelled)
    asking = _Asking(door)
    with closing(ComingFiles(targets, asking.files, keeper, caller, several, cancelled).results()) as results:
        yield from results


def series_of(door: WebDoor, request: RetrieveRequest, cancelled: Callable[[], bool] = never) -> Mapping[str, str]:
    """Return of which series instances of a study are, by SOP Instance UID, as the server lists them.

    Raises:
        WebError: If it cannot be asked.
    """
    keys = {"StudyInstanceUID": request.study_instance_uid, "SeriesInstanceUID": "", "SOPInstanceUID": ""}
    wanted = set(request.sop_instance_uids)
    found = {}
    for answer in find(door, QueryLevel.IMAGE, keys, cancelled=cancelled):
        if (uid := answer.get("SOPInstanceUID", "")) in wanted:
            found[uid] = answer.get("SeriesInstanceUID", "")
    return found


def _targets(door: WebDoor, request: RetrieveRequest, several: int, cancelled: Callable[[], bool]) -> Sequence[Target]:
    study, series = ("studies", request.study_instance_uid), request.series_instance_uid
    if uids := request.sop_instance_uids:
        series_by_uid = dict.fromkeys(uids, series) if series else series_of(door, request, cancelled)
        return [
            # Where its series is not known, the answer is that there is no such instance, as it should be.
            Target(door.retrieve_url(*study, "series", series_by_uid.get(uid) or "0", "instances", uid), uid)
            for uid in dict.fromkeys(uids)
        ]
    if series:
        return [Target(door.retrieve_url(*study, "series", series))]
    found = _series_of_study(door, request.study_instance_uid, cancelled) if several > 1 else []
    if len(found) < 2:
        return [Target(door.retrieve_url(*study))]
    return [Target(door.retrieve_url(*study, "series", uid)) for uid in found]


def _series_of_study(door: WebDoor, study: str, cancelled: Callable[[], bool]) -> list[str]:
    """Return the series that the server lists; none where it does not: the study is then asked for as a whole."""
    keys = {"StudyInstanceUID": study, "SeriesInstanceUID": ""}
    try:
        found = [
            answer.get("SeriesInstanceUID", "") for answer in find(door, QueryLevel.SERIES, keys, cancelled=cancelled)
        ]
    except NetworkError:
        return []
    return found if all(found) else []


class _Asking:
    """Asks for targets; in which form the server gives files is remembered."""

    def __init__(self, door: WebDoor) -> None:
        self._door = door
        self._form = 0

    def files(self, target: Target, attempt: int, cancelled: Callable[[], bool]) -> Iterator[ComingFile]:
        """Yield the files of a target."""
        with self._asked(target, cancelled) as answer:
            # Where a part was not what it says of itself, its length is not believed the next time.
            yield from _files_in(answer, trusts_lengths=attempt == 0)

    def _asked(self, target: Target, cancelled: Callable[[], bool]) -> Answer:
        last: WebError | None = None
        for form in range(self._form, len(_ACCEPTS)):
            try:
                answer = self._door.get(target.url, _ACCEPTS[form], cancelled=cancelled)
            except WebError as error:
                if error.status not in _NOT_ACCEPTED:
                    raise
                last = last or error
            else:
                self._form = form
                return answer
        raise last or problems.breaks_rules(self._door.subject)


def _files_in(answer: Answer, *, trusts_lengths: bool) -> Iterator[ComingFile]:
    if answer.status == 204:
        return
    kind = answer.media_type
    if kind.startswith("multipart/"):
        boundary = boundary_of(answer.headers["content-type"])
        if not boundary:
            raise problems.breaks_rules(answer.subject)
        reader = MultipartReader(answer.piece, boundary, answer.subject, trusts_lengths=trusts_lengths)
        for part in reader.parts():
            yield ComingFile(_dicom_of(part, answer), _named(part))
    elif kind in FILES:
        yield ComingFile(whole_body(answer))
    else:
        raise problems.no_dicomweb(answer.subject, kind)


def _dicom_of(part: Part, answer: Answer) -> Iterator[memoryview]:
    if part.media_type not in FILES:
        raise problems.no_dicomweb(answer.subject, part.media_type)
    return part.pieces()


def _named(part: Part) -> str:
    found = _INSTANCE.search(part.headers.get("content-location", ""))
    return found[1] if found else ""


def whole_body(answer: Answer) -> Iterator[bytes]:
    """Yield a body that is one file.

    Raises:
        WebError: If it is cut off, or could be without that being seen: such a file must not stand for the whole one.
    """
    if not answer.says_its_end:
        raise problems.breaks_rules(answer.subject)
    while piece := answer.piece():
        yield piece
