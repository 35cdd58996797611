"""Many senders at once, who note what they were promised."""

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from tests.builders.dimse_client import SUCCESS, AssociationLostError, Context, Reply, StoreClient
from tests.builders.sent_instances import SentInstance


@dataclass
class Load:
    """Several senders at once, each storing what it is given until it runs out or its association is lost.

    Args:
        address: Of the peer.
        sources: What each of them sends.
        calling: Their titles, one after another and from the start again.

    Attributes:
        acknowledged: What was answered with success, by SOP Instance UID.
        answers: Everything else that was answered.
        unanswered: What was under way when an association was lost.
        lost: Why associations were lost.
    """

    address: tuple[str, int]
    sources: Sequence[Iterable[SentInstance]]
    contexts: Sequence[Context]
    called: str = "NEGATOSCOPE"
    calling: Sequence[str] = ("SENDER",)
    acknowledged: dict[str, SentInstance] = field(default_factory=dict)
    answers: list[tuple[SentInstance, Reply]] = field(default_factory=list)
    unanswered: list[SentInstance] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    _threads: list[threading.Thread] = field(default_factory=list)
    _some: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        """Begin to send."""
        for number, source in enumerate(self.sources):
            thread = threading.Thread(target=self._send, args=(number, source), daemon=True)
            self._threads.append(thread)
            thread.start()

    def wait_for_some(self, seconds: float = 60) -> None:
        """Return when the first one was acknowledged, or could not be."""
        assert self._some.wait(seconds), "nothing was answered"

    def join(self, seconds: float = 100) -> None:
        """Return when all of them have ended."""
        for thread in self._threads:
            thread.join(seconds)
            assert not thread.is_alive(), "a sender hangs"

    def _send(self, number: int, source: Iterable[SentInstance]) -> None:
        calling = self.calling[number % len(self.calling)]
        try:
            client = StoreClient(self.address, self.contexts, calling=calling, called=self.called)
        except AssociationLostError as error:
            self.lost.append(str(error))
            self._some.set()
            return
        try:
            for instance in source:
                if not self._stored(client, instance):
                    return
        finally:
            client.release()
            self._some.set()

    def _stored(self, client: StoreClient, instance: SentInstance) -> bool:
        try:
            reply = client.store(instance)
        except AssociationLostError as error:
            self.unanswered.append(instance)
            self.lost.append(str(error))
            return False
        if reply.status == SUCCESS:
            self.acknowledged[instance.sop_instance_uid] = instance
        else:
            self.answers.append((instance, reply))
        self._some.set()
        return True


def sent(load: Load) -> Load:
    """Return a load that has been sent to its end."""
    load.start()
    load.join()
    return load
