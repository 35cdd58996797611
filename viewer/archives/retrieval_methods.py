"""The ways in which instances can be fetched from an archive, the better one first, behind one form."""

from collections.abc import Callable, Generator
from contextlib import ExitStack
from dataclasses import dataclass, replace

from viewer.archives.access import Access
from viewer.archives.retrieval_by_move import MoveHere
from viewer.archives.retrieval_place import RetrievalPlace
from viewer.base.errors import NetworkError
from viewer.base.translation import _
from viewer.network.access import DimseAccess
from viewer.network.peers import RetrieveMethod
from viewer.network.ports import Caller
from viewer.network.retrieving import Counts, Fetched, Keeper, RetrieveRequest
from viewer.network.web.door import WebDoor
from viewer.reception.receiver_settings import ReceiverSettings

CHOOSING = "C-GET*"
"""The archive chooses one transfer syntax for each class: what else fails may come so."""

Way = Callable[[RetrieveRequest, Keeper, frozenset[str], Callable[[], bool]], Generator[Fetched | Counts, None, object]]
"""Fetches: what is asked for, who takes it, what of it is missing, and whether nobody wants it any more."""


@dataclass(frozen=True, slots=True)
class Method:
    """One way.

    Attributes:
        name: As it is told.
        several: How many requests it bears at once.
    """

    name: str
    fetch: Way
    several: int = 1


def methods_of(
    access: Access, wanted: RetrieveMethod, place: RetrievalPlace, settings: ReceiverSettings, held: ExitStack
) -> list[Method]:
    """Return the ways that an archive offers; what they hold open is closed with `held`.

    Args:
        access: The archive.
        wanted: One of them alone; AUTO for all, the one first that is set for the archive.
        place: Where instances go.
        settings: Of our receiver, for what is sent here.
        held: Takes what is to be closed.

    Raises:
        NetworkError: If there is no such way to it.
    """
    by_kind = {
        RetrieveMethod.WEB: _by_web(access.web) if access.web is not None else [],
        RetrieveMethod.GET: _by_get(access.dimse) if access.dimse is not None else [],
        RetrieveMethod.MOVE: _by_move(access.dimse, place, settings, held) if access.dimse is not None else [],
    }
    kinds = [wanted] if wanted is not RetrieveMethod.AUTO else [*by_kind]
    first = access.peer.method
    if wanted is RetrieveMethod.AUTO and first in by_kind:
        kinds.sort(key=lambda kind: kind is not first)
    methods = [method for kind in kinds for method in by_kind[kind]]
    if RetrieveMethod.GET in kinds and access.dimse is not None:
        methods += _by_get(access.dimse, is_each_apart=False)
    if not methods:
        raise NetworkError(
            _("It cannot be fetched from in this way: it has no address for that"),
            subject=access.peer.name, advice=_("Fetch in another way, or enter its address"),
        )  # fmt: skip
    return methods


def _by_web(door: WebDoor) -> list[Method]:
    from viewer.network.web import retrieving, uri_retrieving

    caller = Caller(door.subject[:64], door.subject)

    def by_rs(
        request: RetrieveRequest, keeper: Keeper, _wanted: frozenset[str], cancelled: Callable[[], bool]
    ) -> Generator[Fetched | Counts, None, object]:
        # One series comes in one answer, and several series are asked for at once beside each other.
        several = retrieving.SEVERAL if request.sop_instance_uids else 1
        return retrieving.fetch(door, request, keeper, caller=caller, several=several, cancelled=cancelled)

    def by_uri(
        request: RetrieveRequest, keeper: Keeper, wanted: frozenset[str], cancelled: Callable[[], bool]
    ) -> Generator[Fetched | Counts, None, object]:
        named = replace(request, sop_instance_uids=request.sop_instance_uids or tuple(sorted(wanted)))
        return uri_retrieving.fetch(door, named, keeper, caller=caller, cancelled=cancelled)

    methods = [Method("WADO-RS", by_rs, retrieving.SEVERAL)]
    return [*methods, Method("WADO-URI", by_uri)] if door.place.uri_root else methods


def _by_get(access: DimseAccess, *, is_each_apart: bool = True) -> list[Method]:
    from viewer.network import getting
    from viewer.network.get_contexts import USUAL_CLASSES

    def fetch(
        request: RetrieveRequest, keeper: Keeper, _wanted: frozenset[str], cancelled: Callable[[], bool]
    ) -> Generator[Fetched | Counts, None, object]:
        if not is_each_apart:  # the classes may be a guess by modality: here is room for others
            classes = (*request.sop_class_uids, *USUAL_CLASSES)
            request = replace(request, sop_class_uids=tuple(dict.fromkeys(classes)))
        return getting.fetch(access, request, keeper, cancelled, is_each_apart=is_each_apart)

    return [Method("C-GET" if is_each_apart else CHOOSING, fetch, max(1, access.quirks.associations))]


def _by_move(access: DimseAccess, place: RetrievalPlace, settings: ReceiverSettings, held: ExitStack) -> list[Method]:
    moving = MoveHere(access, settings, place)
    held.callback(moving.close)
    return [Method("C-MOVE", moving.fetch)]
