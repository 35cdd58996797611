"""Fetching by WADO-URI (PS3.18 9): one instance a request, for servers that know nothing newer."""

from collections.abc import Callable, Generator, Iterator
from contextlib import closing

from viewer.base.translation import _
from viewer.network.ports import Caller
from viewer.network.retrieving import Counts, Fetched, Keeper, RetrieveRequest
from viewer.network.web import problems
from viewer.network.web.coming_files import ComingFile, ComingFiles, Target
from viewer.network.web.door import WebDoor
from viewer.network.web.problems import WebError
from viewer.network.web.retrieving import FILES, SEVERAL, series_of, whole_body
from viewer.network.web.watch import never

_ACCEPT = "application/dicom"


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
        request: What is asked for; its instances must be named: nothing lists them here.
        keeper: Takes the files, byte for byte.
        caller: Who they are from, as the keeper is told.
        several: How many requests at once.
        cancelled: Asked again and again; the generator then ends.

    Raises:
        WebError: If the server fails or has no such interface; what came before is kept and has been yielded.
        StoreRefused: If nothing more can be kept here.
    """
    if not door.place.uri_root:
        raise WebError(_("It has no address for WADO-URI"), subject=door.subject)
    if not request.sop_instance_uids:
        raise WebError(_("It gives single instances only, and does not list them"), subject=door.subject)
    series = request.series_instance_uid
    found = dict.fromkeys(request.sop_instance_uids, series) if series else series_of(door, request, cancelled)
    targets = [
        Target(_url(door, request.study_instance_uid, found.get(uid, ""), uid), uid)
        for uid in dict.fromkeys(request.sop_instance_uids)
    ]

    def files(target: Target, _attempt: int, is_over: Callable[[], bool]) -> Iterator[ComingFile]:
        with door.get(target.url, _ACCEPT, cancelled=is_over) as answer:
            if answer.media_type not in FILES:
                raise problems.no_dicomweb(answer.subject, answer.media_type)
            yield ComingFile(whole_body(answer), target.sop_instance_uid)

    with closing(ComingFiles(targets, files, keeper, caller, several, cancelled).results()) as results:
        yield from results


def _url(door: WebDoor, study: str, series: str, instance: str) -> str:
    query = [("requestType", "WADO"), ("studyUID", study), ("seriesUID", series), ("objectUID", instance)]
    return door.uri_url([*query, ("contentType", "application/dicom")])
