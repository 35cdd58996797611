"""Sending instances to another station (C-STORE, PS3.4 B): byte for byte from their files, wherever it takes them so.

Each instance goes in its own transfer syntax. A station that takes an uncompressed one in no other way gets it from
explicit to implicit VR or back, without a value touched; what would need decoding goes through a Rewriter where one is
given, and is said to be not possible where none is.
"""

import ssl
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from typing import Protocol

from viewer.base.errors import NetworkError, ViewerError, system_reason
from viewer.base.jobs import Progress
from viewer.base.translation import _
from viewer.network.association_request import ProposedContext
from viewer.network.connecting import UnreachableError, UnresolvedError
from viewer.network.message_pdus import Piece
from viewer.network.messages import C_STORE_RQ, RESPONDED_TO, RESPONSE, STATUS, Message, command_set
from viewer.network.negotiation import AcceptedContext
from viewer.network.pdu_stream import ConnectionEndedError
from viewer.network.ports import HeldInstance
from viewer.network.requesting import MOST_CONTEXTS, PassingError, Patience, RequestedAssociation
from viewer.network.sending_files import Ahead, Outgoing, Rewriter, Waiting, fallbacks, made_ready
from viewer.network.sending_outcome import Originator, Outcome, SendReport, judged
from viewer.network.stations import Station

__all__ = ["Originator", "Outcome", "SendReport", "delivered", "send_instances", "store"]

_MOST_IDS = 0xFFFF


class Exchange(Protocol):
    """What instances are sent over."""

    def send(self, context_id: int, command: bytes, data: Iterable[Piece]) -> None:
        """Send a message."""

    def receive(self) -> Message:
        """Return the next message."""


def send_instances(
    station: Station,
    calling_title: str,
    instances: Sequence[HeldInstance],
    progress: Progress,
    tls: ssl.SSLContext | None = None,
) -> SendReport:
    """Send instances; each that could not be sent is in the report with its reason. Trying again is the caller's.

    Raises:
        Cancelled: If the job was cancelled.
    """
    sent: list[str] = []
    failed: dict[str, str] = {}
    deliveries = delivered(station, calling_title, instances, tls=tls)
    try:
        progress.report(0, len(instances))
        for done, (instance, outcome) in enumerate(deliveries, 1):
            if outcome.is_sent:
                sent.append(instance.sop_instance_uid)
            else:
                failed[instance.sop_instance_uid] = outcome.reason
            progress.report(done, len(instances))
            progress.check()
    finally:
        deliveries.close()
    return SendReport(tuple(sent), failed)


def delivered(
    station: Station,
    calling_title: str,
    instances: Sequence[HeldInstance],
    *,
    originator: Originator | None = None,
    tls: ssl.SSLContext | None = None,
    patience: Patience | None = None,
) -> Generator[tuple[HeldInstance, Outcome], None, None]:
    """Yield what became of each instance as it is sent; closing the generator ends the association."""
    for contexts, batch in batches(instances):
        waiting = Waiting(batch)
        while waiting:
            try:
                association = RequestedAssociation(station, calling_title, contexts, tls=tls, patience=patience)
            except NetworkError as error:
                yield from not_sent(waiting, error)
                break
            count = 0
            with association, closing(sent_over(association, waiting, originator=originator)) as outcomes:
                for outcome in outcomes:
                    count += 1
                    yield outcome
            if waiting and count <= 1:
                # Lost at its first instance: one more association would be lost as well.
                yield from not_sent(waiting, PassingError(_("The connection was lost")))


def not_sent(waiting: Waiting, error: NetworkError) -> Iterator[tuple[HeldInstance, Outcome]]:
    """Yield all that waits, as not sent."""
    is_unreached = isinstance(error, UnreachableError | UnresolvedError)
    outcome = Outcome(None, error.one_line(), is_passing=isinstance(error, PassingError), is_unreached=is_unreached)
    while (instance := waiting.take()) is not None:
        yield instance, outcome


def sent_over(
    association: RequestedAssociation,
    waiting: Waiting,
    *,
    originator: Originator | None = None,
    rewriter: Rewriter | None = None,
    wants_hash: bool = False,
) -> Generator[tuple[HeldInstance, Outcome], None, None]:
    """Send what waits until nothing is left or the association is lost; yield what became of each that was tried."""

    def ready_to_go(instance: HeldInstance) -> Outgoing | Outcome:
        return made_ready(instance, association.contexts, rewriter, wants_hash=wants_hash)

    with closing(Ahead(waiting, ready_to_go)) as ahead:
        message_id = 0
        for instance, ready in ahead:
            if isinstance(ready, Outcome):
                yield instance, ready
                continue
            message_id = message_id % _MOST_IDS + 1
            yield instance, transmit(association, ready, message_id, originator)
            if not association.is_open:
                return


def store(
    exchange: Exchange,
    contexts: Mapping[int, AcceptedContext],
    instance: HeldInstance,
    message_id: int,
    originator: Originator | None = None,
) -> Outcome:
    """Send one instance over an association and return what became of it."""
    ready = made_ready(instance, contexts)
    return ready if isinstance(ready, Outcome) else transmit(exchange, ready, message_id, originator)


def transmit(exchange: Exchange, ready: Outgoing, message_id: int, originator: Originator | None = None) -> Outcome:
    """Send what was made ready and return what became of it."""
    command = command_set(
        C_STORE_RQ,
        has_data=True,
        affected_class=ready.instance.sop_class_uid,
        message_id=message_id,
        priority=0,
        affected_instance=ready.instance.sop_instance_uid,
        originator_title=originator.ae_title if originator else None,
        originator_id=originator.message_id if originator else None,
    )
    try:
        exchange.send(ready.context_id, command, ready.pieces)
        response = exchange.receive()
    except OSError as error:
        return Outcome(None, _("The file cannot be read: {0}").format(system_reason(error)))
    except (PassingError, ConnectionEndedError) as error:
        return Outcome(None, str(error), is_passing=True)
    except ViewerError as error:
        return Outcome(None, str(error))
    finally:
        ready.close()
    is_answer = response.number(0x0100) == C_STORE_RQ | RESPONSE and response.number(RESPONDED_TO) == message_id
    if not is_answer:
        return Outcome(None, _("The station does not keep to the protocol"))
    return judged(response.number(STATUS, 0xC000), ready.sha256, ready.sent_as)


def batches(
    instances: Sequence[HeldInstance], rewriter: Rewriter | None = None
) -> Iterator[tuple[list[ProposedContext], list[HeldInstance]]]:
    """Yield the instances by the associations that they need: each kind has contexts of its own, 128 at most."""
    kinds = dict.fromkeys((instance.sop_class_uid, instance.transfer_syntax_uid) for instance in instances)
    members: set[tuple[str, str]] = set()
    pairs: dict[tuple[str, str], None] = {}
    for kind in [*sorted(kinds), None]:
        needed = {} if kind is None else _pairs(kind, rewriter)
        if members and (kind is None or len(pairs | needed) > MOST_CONTEXTS):
            # One transfer syntax each: a context with several would leave the choice to the station.
            contexts = [ProposedContext(2 * number + 1, uid, (syntax,)) for number, (uid, syntax) in enumerate(pairs)]
            yield contexts, [one for one in instances if (one.sop_class_uid, one.transfer_syntax_uid) in members]
            members, pairs = set(), {}
        if kind is not None:
            members.add(kind)
            pairs |= needed


def _pairs(kind: tuple[str, str], rewriter: Rewriter | None) -> dict[tuple[str, str], None]:
    """Return the contexts that instances of one class and syntax can be sent in."""
    sop_class, syntax = kind
    return dict.fromkeys((sop_class, one) for one in (syntax, *fallbacks(syntax, rewriter)))
