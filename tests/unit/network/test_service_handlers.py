"""The result of a commitment on its way from who found it to who asked."""

import pytest

from viewer.network import service_handlers
from viewer.network.ports import CommitmentResult


def test_who_found_a_result_does_not_wait_for_ever_for_it_to_be_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_handlers, "_ANSWER_S", 0.01)
    reply = service_handlers._ReplyHere()
    assert not reply.reply(CommitmentResult("1.2.3", (), ()))
