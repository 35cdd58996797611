"""Fetching instances on an association of our own (C-GET SCU, PS3.4 C.4.3): nothing has to be opened or configured.

The data sets go straight from the connection to their keeper, as they come and bit for bit; none is held in memory.
"""

import contextlib
import logging
from collections.abc import Callable, Generator
from typing import TypeVar

from viewer.base.errors import NetworkError
from viewer.base.logs import without_values
from viewer.base.translation import _
from viewer.network import dimse_commands as dimse
from viewer.network.access import DimseAccess
from viewer.network.dimse_commands import Command
from viewer.network.get_contexts import receiving_roles, storage_contexts
from viewer.network.message_gathering import DataSink
from viewer.network.messages import (
    AFFECTED_CLASS,
    AFFECTED_INSTANCE,
    C_STORE_RQ,
    FIELD,
    MESSAGE_ID,
    Message,
)
from viewer.network.moving import never
from viewer.network.ports import (
    CANNOT_UNDERSTAND,
    PROCESSING_FAILURE,
    Caller,
    InstanceSink,
    OfferedInstance,
    StoreAnswer,
    StoreRefused,
)
from viewer.network.requesting import RequestedAssociation
from viewer.network.retrieve_operation import GET, RetrieveEnd, RetrieveOperation, proposed
from viewer.network.retrieving import Counts, Fetched, Keeper, RetrieveRequest

logger = logging.getLogger(__name__)

_T = TypeVar("_T")


def fetch(
    access: DimseAccess,
    request: RetrieveRequest,
    keeper: Keeper,
    cancelled: Callable[[], bool] = never,
    *,
    is_each_apart: bool = True,
) -> Generator[Fetched | Counts, None, RetrieveEnd | None]:
    """Yield each instance as it is kept, and how far the archive says it is; return how it ended.

    Args:
        access: Whom to ask.
        request: What is wanted; with the SOP classes of what will come every transfer syntax can be asked for apart.
        keeper: Where instances go.
        cancelled: Asked often; when it says so, or the generator is closed, the archive is asked to end.
        is_each_apart: Whether each transfer syntax is asked for apart, so that everything comes as it is held; else the
            archive chooses one for each class.

    Returns:
        None where it was cancelled and there was no last word.

    Raises:
        RetrieveRefusedError: If the archive does not offer it, or ends it with a failure.
        NetworkError: If it cannot be called, breaks off or gives no sign of life.
    """
    asking = proposed(GET, access.quirks)
    taking = storage_contexts(request.sop_class_uids, asking, is_each_apart=is_each_apart)
    with RequestedAssociation(
        access.station,
        access.calling_title,
        [*asking, *taking],
        roles=receiving_roles(taking),
        tls=access.tls,
        patience=access.patience,
    ) as association:
        operation = RetrieveOperation(association, access.quirks, request, GET)
        if not any(number > len(asking) * 2 for number in association.contexts):
            raise NetworkError(
                _("It does not send objects of this kind on the association that asks for them"),
                subject=str(access.station), advice=_("Fetch in another way"),
            )  # fmt: skip
        operation.ask()
        conversation = _Conversation(association, operation, access, keeper)
        try:
            return (yield from conversation.answers(cancelled))
        except GeneratorExit:
            with contextlib.suppress(NetworkError):
                operation.cancel()
                for _left in conversation.answers(never):
                    pass
            raise


class _Conversation:
    """What comes on the association after the request: instances to be kept, and responses to it."""

    def __init__(
        self, association: RequestedAssociation, operation: RetrieveOperation, access: DimseAccess, keeper: Keeper
    ) -> None:
        self._association, self._operation, self._keeper = association, operation, keeper
        self._caller = Caller(access.station.ae_title, access.station.host, access.calling_title)
        self._patience_s = access.patience.message_s
        self._came: set[str] = set()

    def answers(self, cancelled: Callable[[], bool]) -> Generator[Fetched | Counts, None, RetrieveEnd | None]:
        """Yield what comes, and return the last response; None when there is none after it was cancelled."""
        while self._operation.wait(cancelled, lambda: 0.0, self._patience_s):
            incoming = _Incoming(self._association, self._keeper, self._caller)
            try:
                message = self._association.receive_into(incoming.begin)
            except BaseException:
                incoming.abandon()
                raise
            if message.number(FIELD) == C_STORE_RQ:
                fetched = incoming.finish(message)
                self._came.add(fetched.sop_instance_uid)
                yield fetched
                continue
            answer = self._operation.answered(message)
            if isinstance(answer, RetrieveEnd):
                for uid in answer.failed:
                    if uid not in self._came:
                        yield Fetched(uid, reason=_("The archive could not send it"))
                return answer
            yield answer
        return None


class _Incoming:
    """One instance on its way from the connection to its keeper (a DataSink)."""

    def __init__(self, association: RequestedAssociation, keeper: Keeper, caller: Caller) -> None:
        self._association, self._keeper, self._caller = association, keeper, caller
        self._sink: InstanceSink | None = None
        self._refused: StoreRefused | None = None
        self._size = 0

    def begin(self, message: Message) -> DataSink | None:
        """Begin, if the message is an instance; responses come whole."""
        if message.number(FIELD) != C_STORE_RQ:
            return None
        self._guarded(lambda: self._begin(message))
        return self

    def write(self, piece: memoryview) -> None:
        """Pass a piece on; of what was refused the rest is read and dropped."""
        self._size += len(piece)
        sink = self._sink
        if sink is not None and self._refused is None:
            self._guarded(lambda: sink.write(piece))

    def finish(self, message: Message) -> Fetched:
        """Have it kept, and answer when it is."""
        answer: StoreAnswer | None = None
        sink = self._sink
        if sink is not None and self._refused is None:
            answer = self._guarded(sink.finish)
        refused = self._refused
        if answer is None:
            self.abandon()
            refused = refused or StoreRefused(CANNOT_UNDERSTAND, "There is no data set")
        command = Command(
            C_STORE_RQ,
            message.number(MESSAGE_ID),
            has_data_set=True,
            sop_class_uid=message.text(AFFECTED_CLASS),
            sop_instance_uid=message.text(AFFECTED_INSTANCE),
        )
        status, comment, reason = (answer.status, answer.comment, "") if answer else (0, "", "")
        if refused is not None:
            status, comment, reason = refused.status, str(refused), str(refused)
        self._association.send(message.context_id, dimse.response(command, status, comment))
        return Fetched(command.sop_instance_uid, command.sop_class_uid, answer, self._size, reason)

    def abandon(self) -> None:
        """Give up what is not kept."""
        sink, self._sink = self._sink, None
        if sink is not None:
            sink.abandon()

    def _begin(self, message: Message) -> None:
        context = self._association.contexts[message.context_id]
        class_uid, uid = message.text(AFFECTED_CLASS), message.text(AFFECTED_INSTANCE)
        if class_uid != context.abstract_syntax:
            raise StoreRefused(dimse.SOP_CLASS_NOT_SUPPORTED, "The SOP class is not that of the context")
        if not dimse.is_uid(uid):
            raise StoreRefused(dimse.INVALID_INSTANCE, "The SOP Instance UID is none")
        self._sink = self._keeper.begin(OfferedInstance(class_uid, uid, context.transfer_syntax), self._caller)

    def _guarded(self, step: Callable[[], _T]) -> _T | None:
        try:
            return step()
        except StoreRefused as error:
            self._refused = error
        except Exception as error:  # noqa: BLE001 - a bug must cost one instance, not the association
            logger.error("Keeping failed:\n%s", without_values(error))
            self._refused = StoreRefused(PROCESSING_FAILURE, "Processing failure")
        return None
