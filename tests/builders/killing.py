"""Killing a receiver at random moments while several senders store, again and again on the same folder."""

import random
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from tests.builders.attackers import Load
from tests.builders.dimse_client import contexts_for
from tests.builders.receiver_process import ReceiverProcess
from tests.builders.sent_instances import SentInstance, endless, one_of_each

SENDERS = 3
LONGEST_LIFE_S = 0.4


class Running(Protocol):
    """A receiver that runs."""

    @property
    def address(self) -> tuple[str, int]: ...

    def kill(self) -> None: ...


@dataclass
class Promised:
    """What a receiver has promised over all its lives.

    Attributes:
        acknowledged: Everything that was answered with success, by SOP Instance UID.
        unanswered: What was under way when it was killed.
        kills: How often that was.
    """

    acknowledged: dict[str, SentInstance] = field(default_factory=dict)
    unanswered: list[SentInstance] = field(default_factory=list)
    kills: int = 0


def kill_often(
    start: Callable[[], AbstractContextManager[Running]],
    kills: int,
    *,
    seed: int,
    called: str = "NEGATOSCOPE",
    look: Callable[[Promised], None] = lambda _promised: None,
    look_every: int = 25,
) -> Promised:
    """Kill it so often, each time while instances are under way; look at what it holds every so many kills."""
    chance = random.Random(seed)
    promised = Promised()
    contexts = contexts_for(one_of_each().values())
    for _kill in range(kills):
        sources = [
            endless(f"{seed}.{promised.kills}.{number}", seed=chance.randrange(2**32)) for number in range(SENDERS)
        ]
        with start() as running:
            load = Load(running.address, sources, contexts, called=called, calling=("FIRST", "SECOND", "THIRD"))
            load.start()
            load.wait_for_some()
            time.sleep(chance.random() * LONGEST_LIFE_S)
            running.kill()
            load.join()
        assert load.acknowledged, load.lost
        assert load.answers == []
        promised.acknowledged |= load.acknowledged
        promised.unanswered += load.unanswered
        promised.kills += 1
        if promised.kills % look_every == 0 or promised.kills == kills:
            look(promised)
    return promised


def restarted(library: Path) -> None:
    """Let a receiver clear up behind the one that was killed, and end in order."""
    with ReceiverProcess(library) as receiver:
        assert receiver.address
        assert receiver.stop() == 0
        assert receiver.errors == b""
