"""Refusals are told one by one until there are too many, and none is lost from the count."""

from collections.abc import Mapping

import pytest

from viewer.network.refusal_log import RefusalLog
from viewer.network.serving import Told


def test_a_flood_is_counted_and_not_told_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Mapping[str, Told]] = []
    now = [100.0]
    monkeypatch.setattr("viewer.network.refusal_log.time.monotonic", lambda: now[0])
    log = RefusalLog(lambda event, details: told.append(details) if event == "refused" else None)
    for _number in range(20):
        log.refused("called AE title not recognised", "10.0.0.1", "CT1")
    assert told == [{"reason": "called AE title not recognised", "aet": "CT1", "address": "10.0.0.1"}] * 20
    for _number in range(4000):
        now[0] += 0.0025
        log.refused("no request in time", "10.0.0.2")
    log.tell_rest()
    flood = told[20:]
    assert len(flood) < 30
    assert sum(int(details.get("count") or 1) for details in flood) == 4000
    now[0] += 60
    told.clear()
    log.refused("malformed request", "10.0.0.3")
    assert [details["address"] for details in told] == ["10.0.0.3"]
