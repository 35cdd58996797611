"""Queries of ours against a scripted station, and scripts that answer them."""

from collections.abc import Callable, Mapping
from typing import Any

from pydicom.dataset import Dataset

from tests.builders.scripted_dimse import Request, ScriptedDimse, Talk
from viewer.network.access import DimseAccess
from viewer.network.finding import find
from viewer.network.peers import Quirks
from viewer.network.ports import QueryLevel
from viewer.network.requesting import Patience
from viewer.network.stations import Station

STUDY_FIND, PATIENT_FIND = "1.2.840.10008.5.1.4.1.2.2.1", "1.2.840.10008.5.1.4.1.2.1.1"
STUDY = QueryLevel.STUDY


def access_to(port: int, quirks: Quirks | None = None, seconds: float = 20) -> DimseAccess:
    station = Station("SCRIPTED", "127.0.0.1", port)
    return DimseAccess(station, "FINDER", quirks=quirks or Quirks(), patience=Patience(5, 5, seconds, 5))


def study(number: int | str = 1, **more: Any) -> Dataset:
    data_set = Dataset()
    for keyword, value in {"QueryRetrieveLevel": "STUDY", "StudyInstanceUID": f"1.2.{number}", **more}.items():
        setattr(data_set, keyword, value)
    return data_set


def found_by(
    peer: ScriptedDimse, keys: Mapping[str, str] | None = None, level: QueryLevel = STUDY, **more: Any
) -> list[Mapping[str, str]]:
    quirks = more.pop("quirks", Quirks())
    return list(find(access_to(peer.port, quirks), level, keys or {}, **more))


def answering(*answers: Dataset | bytes, status: int = 0, pending: int = 0xFF00) -> Callable[[Talk, Request], None]:
    def script(talk: Talk, request: Request) -> None:
        for answer in answers:
            talk.respond(request, pending, answer)
        talk.respond(request, status)

    return script
