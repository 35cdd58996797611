"""A scripted archive that lists its instances honestly, and gives them as a test says."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from pydicom.dataset import Dataset

from tests.builders.scripted_dimse import (
    C_FIND,
    C_GET,
    C_MOVE,
    C_STORE,
    FIELD,
    STATUS,
    Request,
    Talk,
)
from tests.builders.sent_instances import SentInstance

GET_CLASS = "1.2.840.10008.5.1.4.1.2.2.3"
Answer = Callable[[Talk, Request], None]


@dataclass
class Archive:
    """A scripted archive that lists its instances honestly, and gives them as a test says.

    Attributes:
        gives: Answers C-GET and C-MOVE.
        refused_levels: Levels of which it refuses queries.
        statuses: Of the answers to its C-STOREs.
    """

    made: Sequence[SentInstance]
    gives: Answer
    refused_levels: Sequence[str] = ()
    statuses: list[int] = field(default_factory=list)

    def __call__(self, talk: Talk, request: Request) -> None:
        if request.number(FIELD) == C_FIND:
            self._list(talk, request)
        elif request.number(FIELD) in {C_GET, C_MOVE}:
            self.gives(talk, request)

    def wanted(self, request: Request) -> list[SentInstance]:
        """Return what a request names."""
        keys = request.identifier
        uids = keys.get("SOPInstanceUID", "")
        named = [uids] if isinstance(uids, str) else list(uids)
        return [
            one
            for one in self.made
            if keys.get("SeriesInstanceUID", "") in {"", one.series_instance_uid}
            and (named == [""] or one.sop_instance_uid in named)
        ]

    def store(self, talk: Talk, one: SentInstance, data: bytes | None = None, **changed: str) -> int:
        """Send an instance on the association; return the status that is answered."""
        sop_class = changed.get("sop_class", one.sop_class_uid)
        elements: dict[int, int | str | bytes] = {
            0x0002: sop_class, FIELD: C_STORE, 0x0700: 0, 0x1000: changed.get("uid", one.sop_instance_uid),
        }  # fmt: skip
        context_id = next(
            number for number, pair in talk.accepted.items() if pair == (one.sop_class_uid, one.transfer_syntax_uid)
        )
        talk.say(context_id, {0x0110: 77, **elements}, one.data_set if data is None else data)
        answer = talk.hear()
        while not answer.number(FIELD) & 0x8000:
            answer = talk.hear()
        self.statuses.append(answer.number(STATUS))
        return self.statuses[-1]

    def _list(self, talk: Talk, request: Request) -> None:
        level = str(request.identifier.QueryRetrieveLevel)
        if level in self.refused_levels:
            talk.respond(request, 0xA900)
            return
        seen = set()
        for one in self.wanted(request):
            uid = one.series_instance_uid if level == "SERIES" else one.sop_instance_uid
            if uid not in seen:
                seen.add(uid)
                talk.respond(request, 0xFF00, _answer(level, one, self.made))
        talk.respond(request, 0)


def _answer(level: str, one: SentInstance, made: Sequence[SentInstance]) -> Dataset:
    found = Dataset()
    found.QueryRetrieveLevel, found.StudyInstanceUID = level, one.study_instance_uid
    found.SeriesInstanceUID = one.series_instance_uid
    if level == "SERIES":
        found.Modality = "CT"
        found.NumberOfSeriesRelatedInstances = sum(each.series_instance_uid == one.series_instance_uid for each in made)
    else:
        found.SOPInstanceUID, found.SOPClassUID = one.sop_instance_uid, one.sop_class_uid
    return found
