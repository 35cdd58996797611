"""What an archive says that there is: the instances of a study, by series, as it lists or only counts them."""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from viewer.archives.access import Access
from viewer.archives.search_filter import fits
from viewer.base.errors import NetworkError
from viewer.base.translation import _
from viewer.network.ports import QueryLevel
from viewer.network.retrieving import RetrieveRequest

Find = Callable[[QueryLevel, Mapping[str, str]], Iterator[Mapping[str, str]]]
"""Asks an archive, over DIMSE or over the web."""

_ROOT = "1.2.840.10008.5.1.4.1.1."
_REPORTS = "88.11 88.22 88.33 88.34 88.50 88.65 88.67 88.68 88.71 88.73"
_OF_MODALITY: Mapping[str, str] = {
    "CT": "2 2.1 2.2 7 7.2 7.4 66 88.67 88.22 104.1",
    "MR": "4 4.1 4.2 4.3 4.4 7 7.2 7.4 66 30",
    "US": "6.1 3.1 6.2 7 7.2 7.4 88.33",
    "CR": "1 7 1.1",
    "DX": "1.1 1.1.1 1 7",
    "MG": "1.2 1.2.1 13.1.3 13.1.4 13.1.5 7",
    "XA": "12.1 12.1.1 13.1.1 7 66",
    "RF": "12.2 12.2.1 7",
    "NM": "20 7",
    "PT": "128 130 128.1 7",
    "SR": _REPORTS,
    "KO": "88.59",
    "PR": "11.1 11.2 11.3 11.4 11.5 11.8",
    "DOC": "104.1 104.2 104.3",
    "SEG": "66.4 66.5 66.7",
    "REG": "66.1 66.3",
    "ECG": "9.1.1 9.1.2 9.1.3 104.1",
    "RTDOSE": "481.2", "RTSTRUCT": "481.3", "RTPLAN": "481.5 481.8", "RTIMAGE": "481.1",
    "OP": "77.1.5.1 77.1.5.2 7", "OPT": "77.1.5.4", "ES": "77.1.1 77.1.1.1 7", "GM": "77.1.2 77.1.2.1",
    "SM": "77.1.3 77.1.6", "XC": "77.1.4 77.1.4.1 7", "OT": "7 7.1 7.2 7.3 7.4 104.1", "SC": "7 7.1 7.2 7.3 7.4",
}  # fmt: skip
"""Suffixes of the classes that series of a modality are made of, for archives that list no instances."""


@dataclass(frozen=True, slots=True)
class ExpectedSeries:
    """A series as an archive tells of it.

    Attributes:
        instances: SOP Class UIDs by SOP Instance UID, in the order of the instance numbers; None where it lists none.
        announced: How many it says there are; None where it does not.
    """

    series_instance_uid: str
    modality: str = ""
    instances: Mapping[str, str] | None = None
    announced: int | None = None

    @property
    def sop_class_uids(self) -> tuple[str, ...]:
        """What has to be proposed for it, as far as that is known."""
        known = tuple(dict.fromkeys(uid for uid in (self.instances or {}).values() if uid))
        return known or tuple(_ROOT + suffix for suffix in _OF_MODALITY.get(self.modality, "").split())


@dataclass(frozen=True, slots=True)
class Expected:
    """What there is.

    Attributes:
        series: One without a UID where the archive does not even list series.
        reason: Why it lists no instances; empty where it does.
    """

    series: tuple[ExpectedSeries, ...] = field(default_factory=tuple)
    reason: str = ""

    @property
    def is_listed(self) -> bool:
        """Whether every instance is known by its UID."""
        return all(each.instances is not None for each in self.series)

    @property
    def count(self) -> int | None:
        """How many there are; None where nobody knows."""
        counts = [each.announced if each.instances is None else len(each.instances) for each in self.series]
        known = [count for count in counts if count is not None]
        return sum(known) if len(known) == len(counts) else None


def finders_of(access: Access, cancelled: Callable[[], bool]) -> list[Find]:
    """Return the ways in which an archive can be asked, the better one first."""
    finders: list[Find] = []
    if (door := access.web) is not None:
        from viewer.network.web import searching

        finders.append(lambda level, keys: searching.find(door, level, keys, cancelled=cancelled))
    if (dimse := access.dimse) is not None:
        from viewer.network import finding

        finders.append(lambda level, keys: finding.find(dimse, level, keys, cancelled=cancelled))
    return finders


def expected_of(finders: list[Find], request: RetrieveRequest) -> Expected:
    """Return what there is of a request, as far as an archive says it in any of the ways."""
    unlisted = Expected((ExpectedSeries(request.series_instance_uid),))
    for find in finders:
        try:
            return _listed(find, request)
        except NetworkError as error:
            unlisted = replace(unlisted, reason=unlisted.reason or error.one_line())
    return unlisted


def patient_id_of(finders: list[Find], study_instance_uid: str) -> str:
    """Return whose a study is, for archives that have to be told; empty where none of them says it."""
    for find in finders:
        with contextlib.suppress(NetworkError):
            for answer in find(QueryLevel.STUDY, {"StudyInstanceUID": study_instance_uid, "PatientID": ""}):
                if answer.get("StudyInstanceUID") == study_instance_uid and answer.get("PatientID"):
                    return answer["PatientID"]
    return ""


def _listed(find: Find, request: RetrieveRequest) -> Expected:
    study = {"StudyInstanceUID": request.study_instance_uid}
    if request.patient_id:
        study["PatientID"] = request.patient_id
    reason = ""
    listed: list[ExpectedSeries] = []
    for each in _series(find, study, request):
        try:
            instances = _instances(find, study, each, request)
            unsaid = "" if request.sop_instance_uids else _unsaid(len(instances), each.announced)
            reason = reason or unsaid
            listed.append(each if unsaid else replace(each, instances=instances))
        except NetworkError as error:
            reason = reason or error.one_line()
            listed.append(each)
    if not listed:
        return Expected((ExpectedSeries(request.series_instance_uid),), reason)
    if request.sop_instance_uids:
        listed = _with_named(listed, request)
    return Expected(tuple(listed), reason)


def _unsaid(named: int, announced: int | None) -> str:
    """Return in what a list of instances falls short: whoever names fewer than it announces hides what is missing."""
    if named >= (1 if announced is None else announced):
        return ""
    return f"{named}/{announced}" if named else _("it names none")


def _with_named(listed: list[ExpectedSeries], request: RetrieveRequest) -> list[ExpectedSeries]:
    """Return the series of the instances that are wanted; those that the archive does not list are missing."""
    found = {uid for each in listed for uid in each.instances or ()}
    kept = [each for each in listed if each.instances or (each.instances is None and request.series_instance_uid)]
    unknown = dict.fromkeys((uid for uid in request.sop_instance_uids if uid not in found), "")
    if not unknown or any(each.instances is None for each in kept):
        return kept
    first = next((each for each in kept if each.series_instance_uid == request.series_instance_uid), None)
    if first is None:
        return [*kept, ExpectedSeries(request.series_instance_uid, instances=unknown)]
    kept[kept.index(first)] = replace(first, instances={**(first.instances or {}), **unknown})
    return kept


def _asked(find: Find, level: QueryLevel, keys: Mapping[str, str]) -> Iterator[Mapping[str, str]]:
    """Yield what is of that study or series: some archives answer more, which must not be fetched with it."""
    return (answer for answer in find(level, keys) if fits(answer, keys))


def _series(find: Find, study: Mapping[str, str], request: RetrieveRequest) -> list[ExpectedSeries]:
    keys = {
        **study, "SeriesInstanceUID": request.series_instance_uid, "Modality": "", "NumberOfSeriesRelatedInstances": "",
    }  # fmt: skip
    found: dict[str, ExpectedSeries] = {}
    for answer in _asked(find, QueryLevel.SERIES, keys):
        uid = answer.get("SeriesInstanceUID", "")
        if uid and request.series_instance_uid in {"", uid}:
            count = answer.get("NumberOfSeriesRelatedInstances", "").strip()
            announced = int(count) if count.isdecimal() and len(count) < 8 else None
            found[uid] = ExpectedSeries(uid, answer.get("Modality", "").strip(), announced=announced)
    return list(found.values())


def _instances(
    find: Find, study: Mapping[str, str], series: ExpectedSeries, request: RetrieveRequest
) -> Mapping[str, str]:
    keys = {
        **study, "SeriesInstanceUID": series.series_instance_uid, "SOPInstanceUID": "", "SOPClassUID": "",
        "InstanceNumber": "",
    }  # fmt: skip
    wanted = frozenset(request.sop_instance_uids)
    numbered: list[tuple[float, str, str]] = []
    for answer in _asked(find, QueryLevel.IMAGE, keys):
        uid = answer.get("SOPInstanceUID", "")
        if uid and (not wanted or uid in wanted):
            number = answer.get("InstanceNumber", "").strip().lstrip("+")
            order = float(number) if number.lstrip("-").isdecimal() else float("inf")
            numbered.append((order, uid, answer.get("SOPClassUID", "")))
    return {uid: class_uid for _order, uid, class_uid in sorted(numbered)}
