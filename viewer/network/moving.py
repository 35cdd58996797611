"""Having an archive send instances to a station (C-MOVE SCU, PS3.4 C.4.2): to ourselves, or to another one."""

import contextlib
import time
from collections.abc import Callable, Generator

from viewer.base.errors import NetworkError
from viewer.network.access import DimseAccess
from viewer.network.requesting import RequestedAssociation
from viewer.network.retrieve_operation import MOVE, RetrieveEnd, RetrieveOperation, proposed
from viewer.network.retrieving import Counts, RetrieveRequest


def never() -> bool:
    """Nobody cancels."""
    return False


def move(
    access: DimseAccess,
    request: RetrieveRequest,
    destination: str,
    cancelled: Callable[[], bool] = never,
    *,
    last_sign: Callable[[], float] = lambda: 0.0,
) -> Generator[Counts, None, RetrieveEnd | None]:
    """Yield how far the archive says it is, and return how it ended.

    Args:
        access: Whom to ask.
        request: What is to be sent.
        destination: AE title that the archive knows.
        cancelled: Asked often; when it says so the archive is asked to end, and its last word is waited for.
        last_sign: When something came of what is moved, in seconds of time.monotonic(): many archives say nothing else
            before the end, and are not given up while they send.

    Returns:
        None where it was cancelled and there was no last word.

    Raises:
        RetrieveRefusedError: If the archive ends it with a failure.
        NetworkError: If it cannot be called or gives no sign of life for as long as its access bears.
    """
    patience = access.patience
    with RequestedAssociation(
        access.station,
        access.calling_title,
        proposed(MOVE, access.quirks),
        tls=access.tls,
        patience=patience,
        most_pdu_bytes=access.quirks.most_pdu_bytes,
    ) as association:
        operation = RetrieveOperation(association, access.quirks, request, MOVE)
        operation.ask(destination)
        try:
            while operation.wait(cancelled, last_sign, patience.message_s):
                answer = operation.answered(association.receive())
                if isinstance(answer, RetrieveEnd):
                    return answer
                yield answer
        except GeneratorExit:
            _end(operation, association)
            raise
    return None


def _end(operation: RetrieveOperation, association: RequestedAssociation) -> None:
    """Nobody listens any more: the archive is asked to end."""
    with contextlib.suppress(NetworkError):
        operation.cancel()
        while operation.wait(never, time.monotonic, 0.0):
            if isinstance(operation.answered(association.receive()), RetrieveEnd):
                return
