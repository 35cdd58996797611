"""What other archives answer to our own requests for storage commitment: noted, if they are those that were asked."""

import logging
from datetime import UTC, datetime

from viewer.base.errors import LibraryError
from viewer.library.library import Library
from viewer.library.sent_instances import SentInstances
from viewer.network.commitment_results import INVALID_ARGUMENT
from viewer.network.ports import NOT_TAKEN, Caller, ReportedResult
from viewer.reception.events import COMMITMENT, ReceiverEvent, Tell, Told

logger = logging.getLogger(__name__)


class AskedCommitments:
    """Takes results (network.ports.CommitmentResults) into a library, on whatever association they come.

    Args:
        library: Whose instances were asked about, in this process or another, now or before the program was started.
        tell: Is told of each result that was taken.
    """

    def __init__(self, library: Library, tell: Tell) -> None:
        self._rows = SentInstances(library.database)
        self._tell = tell

    def take(self, result: ReportedResult, caller: Caller) -> int:
        """Note a result; return the status of the response. Who was not asked is told no more than that."""
        try:
            asked = self._rows.asked(result.transaction_uid)
            if asked is None or caller.ae_title not in asked.ae_titles:
                logger.info("A result of a storage commitment came that was not asked for there")
                return INVALID_ARGUMENT
            self._rows.take(result.transaction_uid, result.committed, result.failed, datetime.now(UTC))
        except LibraryError as error:
            logger.warning("A result of a storage commitment could not be noted: %s", type(error).__name__)
            return NOT_TAKEN
        details: dict[str, Told] = {
            "transaction_uid": result.transaction_uid,
            "study_instance_uid": asked.study_instance_uid,
            "aet": caller.ae_title,
            "state": "result",
            "committed": len(result.committed),
            "failed": len(result.failed),
        }
        self._tell(ReceiverEvent(COMMITMENT, details))
        return 0
