"""Fetching instances on an association of our own (C-GET SCU, PS3.4 C.4.3): nothing has to be opened or configured.

The data sets go from the connection to their keeper as they come and bit for bit; no more than a small piece of each
is held in memory.
"""

import contextlib
import logging
from collections import deque
from collections.abc import Callable, Generator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import TypeVar

from viewer.base.errors import NetworkError
from viewer.base.logs import without_values
from viewer.base.translation import _
from viewer.network import dimse_commands as dimse
from viewer.network.access import DimseAccess
from viewer.network.dimse_commands import Command
from viewer.network.get_contexts import receiving_roles, storage_contexts
from viewer.network.held_sink import HeldSink
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

_AT_ONCE = 8
"""How many instances are brought to the disk together."""
_LOOK_S = 0.02


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
    with (
        ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="keeping") as pool,
        RequestedAssociation(
            access.station,
            access.calling_title,
            [*asking, *taking],
            roles=receiving_roles(taking),
            tls=access.tls,
            patience=access.patience,
            most_pdu_bytes=access.quirks.most_pdu_bytes,
        ) as association,
    ):
        operation = RetrieveOperation(association, access.quirks, request, GET)
        if not any(number > len(asking) * 2 for number in association.contexts):
            raise NetworkError(
                _("It does not send objects of this kind on the association that asks for them"),
                subject=str(access.station), advice=_("Fetch in another way"),
            )  # fmt: skip
        operation.ask()
        conversation = _Conversation(association, operation, access, keeper, pool)
        try:
            return (yield from conversation.answers(cancelled))
        except GeneratorExit:
            with contextlib.suppress(NetworkError):
                operation.cancel()
                for _left in conversation.answers(never):
                    pass
            raise


class _Conversation:
    """What comes on the association after the request: instances to be kept, and responses to it.

    A few instances are brought to the disk together while the next ones come, each as a whole already: waiting for one
    after another would take twice as long. The archive, which has them still, is told that they came; what is yielded
    is kept. When one could not be kept, each that follows is waited for, and answered with what became of it.
    """

    def __init__(
        self,
        association: RequestedAssociation,
        operation: RetrieveOperation,
        access: DimseAccess,
        keeper: Keeper,
        pool: Executor,
    ) -> None:
        self._association, self._operation, self._keeper, self._pool = association, operation, keeper, pool
        self._caller = Caller(access.station.ae_title, access.station.host, access.calling_title)
        self._patience_s = access.patience.message_s
        self._came: set[str] = set()
        self._being_kept: deque[tuple[_Incoming, Future[None]]] = deque()
        self._is_careful = False

    def answers(self, cancelled: Callable[[], bool]) -> Generator[Fetched | Counts, None, RetrieveEnd | None]:
        """Yield what comes, and return the last response; None when there is none after it was cancelled."""
        try:
            end = yield from self._told(cancelled)
        except NetworkError:
            yield from self._kept(0)
            raise
        yield from self._kept(0)
        for uid in end.failed if end is not None else ():
            if uid not in self._came:
                yield Fetched(uid, reason=_("The archive could not send it"))
        return end

    def _told(self, cancelled: Callable[[], bool]) -> Generator[Fetched | Counts, None, RetrieveEnd | None]:
        while True:
            while self._being_kept and not self._association.has_more(_LOOK_S):
                yield from self._kept(_AT_ONCE)
            if not self._operation.wait(cancelled, lambda: 0.0, self._patience_s):
                return None
            incoming = _Incoming(self._association, self._keeper, self._caller)
            try:
                message = self._association.receive_into(incoming.begin)
            except BaseException:
                incoming.abandon()
                raise
            if message.number(FIELD) != C_STORE_RQ:
                answer = self._operation.answered(message)
                if isinstance(answer, RetrieveEnd):
                    return answer
                yield answer
                continue
            if self._is_careful or incoming.is_refused:
                self._keep(incoming, message)
                yield from self._kept(0)
                incoming.respond(message)
                continue
            try:
                incoming.respond(message)  # first: the archive need not wait for what is done beside it
            finally:
                self._keep(incoming, message)
            yield from self._kept(_AT_ONCE)

    def _keep(self, incoming: "_Incoming", message: Message) -> None:
        self._being_kept.append((incoming, self._pool.submit(incoming.finish, message)))

    def _kept(self, most: int) -> Generator[Fetched, None, None]:
        """Yield what became of instances that came; return when no more than so many are being kept."""
        while self._being_kept and (len(self._being_kept) > most or self._being_kept[0][1].done()):
            incoming, future = self._being_kept.popleft()
            future.result()
            self._is_careful = self._is_careful or incoming.is_refused
            self._came.add(incoming.fetched.sop_instance_uid)
            yield incoming.fetched


class _Incoming:
    """One instance on its way from the connection to its keeper (a DataSink).

    Attributes:
        fetched: What became of it, when it is finished.
    """

    def __init__(self, association: RequestedAssociation, keeper: Keeper, caller: Caller) -> None:
        self.fetched = Fetched("")
        self._association, self._keeper, self._caller = association, keeper, caller
        self._sink: InstanceSink | None = None
        self._refused: StoreRefused | None = None
        self._answer: StoreAnswer | None = None
        self._size = 0

    @property
    def is_refused(self) -> bool:
        """Whether it is not kept, or not in its place."""
        return self._refused is not None or (self._answer is not None and self._answer.status != 0)

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

    def finish(self, message: Message) -> None:
        """Have it kept; on any thread."""
        sink = self._sink
        if sink is None and self._refused is None:
            self._refused = StoreRefused(CANNOT_UNDERSTAND, "There is no data set")
        if sink is not None and self._refused is None:
            self._answer = self._guarded(sink.finish)
        if self._answer is None:
            self.abandon()
        reason = str(self._refused) if self._refused is not None else ""
        uid, class_uid = message.text(AFFECTED_INSTANCE), message.text(AFFECTED_CLASS)
        self.fetched = Fetched(uid, class_uid, self._answer, self._size, reason)

    def respond(self, message: Message) -> None:
        """Tell the archive what became of it, as far as that is known: it came."""
        command = Command(
            C_STORE_RQ,
            message.number(MESSAGE_ID),
            has_data_set=True,
            sop_class_uid=message.text(AFFECTED_CLASS),
            sop_instance_uid=message.text(AFFECTED_INSTANCE),
        )
        status, comment = 0, ""
        if (refused := self._refused) is not None:
            status, comment = refused.status, str(refused)
        elif (answer := self._answer) is not None:
            status, comment = answer.status, answer.comment
        self._association.send(message.context_id, dimse.response(command, status, comment))

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
        offered = OfferedInstance(class_uid, uid, context.transfer_syntax)
        self._sink = HeldSink(self._keeper.begin(offered, self._caller))

    def _guarded(self, step: Callable[[], _T]) -> _T | None:
        try:
            return step()
        except StoreRefused as error:
            self._refused = error
        except Exception as error:  # noqa: BLE001 - a bug must cost one instance, not the association
            logger.error("Keeping failed:\n%s", without_values(error))
            self._refused = StoreRefused(PROCESSING_FAILURE, "Processing failure")
        return None
