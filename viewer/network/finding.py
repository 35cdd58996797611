"""Asking an archive what it has (C-FIND SCU, PS3.4 C.4.1).

Archives know different parts of the Standard: what one refuses is asked again with less, and where it needs the levels
above named (PS3.4 C.4.1.2.1) they are asked first. What was done beside the plain way is said.
"""

import contextlib
import itertools
from collections.abc import Callable, Generator, Mapping, Sequence

from viewer.base.errors import NetworkError
from viewer.base.translation import N_, _
from viewer.dicom.text_encoding import UTF_8
from viewer.dicom.transfer_syntaxes import EXPLICIT_VR_LITTLE_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN
from viewer.network.access import DimseAccess
from viewer.network.asked_identifiers import national_sets, tag_of
from viewer.network.association_request import ProposedContext
from viewer.network.extended_negotiation import QueryOptions
from viewer.network.find_operation import FindOperation, FindRefusedError
from viewer.network.ports import QueryLevel
from viewer.network.query_model import REQUIRED_KEYS, UNIQUE_KEYS, USEFUL_KEYS, Root, is_single, level_of
from viewer.network.requesting import RequestedAssociation

FIND = "1"
"""Last component of the SOP classes (PS3.4 C.6.1.3)."""
UNREADABLE = N_("Some answers could not be read and are left out")
_MOST_QUERIES = 10_000
_TOLD_APART_BY: Mapping[QueryLevel, tuple[str, ...]] = {
    QueryLevel.PATIENT: ("IssuerOfPatientID", "PatientName", "PatientBirthDate"),
    QueryLevel.STUDY: ("PatientID", "IssuerOfPatientID"),
}
"""Beside the unique keys: archives have one ID for two people, and one study of two: neither may hide the other."""
Found = Generator[Mapping[str, str], None, None]


def never() -> bool:
    """Nobody cancels."""
    return False


def unheard(_words: str) -> None:
    """Nobody listens."""


def find(
    access: DimseAccess,
    level: QueryLevel,
    keys: Mapping[str, str],
    *,
    cancelled: Callable[[], bool] = never,
    most: int = 0,
    said: Callable[[str], None] = unheard,
) -> Found:
    r"""Yield what matches, as it is answered: text by keyword, decoded; each entity once.

    Args:
        access: Whom to ask.
        level: What is looked for.
        keys: Text by keyword, or by eight hexadecimal digits: a value, a pattern with * and ?, a range a-b, a list of
            UIDs a\b, or nothing for what is only wanted back. What a level must and what it can answer is added.
        cancelled: Asked often; when it says so the archive is told to end.
        most: How many are wanted; 0 for all.
        said: Told in plain words what is not quite as it was asked.

    Raises:
        NetworkError: If the archive cannot be called, does not offer queries, refuses this one, or breaks off; in the
            end also if some answers could not be read and `said` is not there to hear it. What was yielded stays good.
        UnknownKeyError: If a key is none.
    """
    for key in keys:
        for part in key.split("."):
            tag_of(part)
    quirks = access.quirks
    options = QueryOptions(relational=quirks.relational, fuzzy=quirks.fuzzy)
    contexts = _proposed(level, is_patient_first=quirks.patient_root)
    extended = {each.abstract_syntax: options.encoded() for each in contexts} if options.encoded() else {}
    association = RequestedAssociation(
        access.station, access.calling_title, contexts, extended=extended, tls=access.tls,
        patience=access.patience, most_pdu_bytes=quirks.most_pdu_bytes,
    )  # fmt: skip
    search = _Search(access, association, options, cancelled, said)
    with association, contextlib.closing(search.found(level, keys)) as found:
        yield from itertools.islice(found, most or None)
    if not search.is_readable:
        if said is unheard:
            raise NetworkError(_(UNREADABLE), subject=str(access.station))
        said(_(UNREADABLE))


class _Search:
    """One question on one association, in as many queries as it takes.

    Attributes:
        is_readable: Whether every answer was.
    """

    def __init__(
        self,
        access: DimseAccess,
        association: RequestedAssociation,
        options: QueryOptions,
        cancelled: Callable[[], bool],
        said: Callable[[str], None],
    ) -> None:
        self._access, self._association, self._options = access, association, options
        self._cancelled = cancelled
        self._told: set[str] = set()
        self._said = said
        self.is_readable = True
        self._asked_before = 0
        self._fewer = False

    def found(self, level: QueryLevel, keys: Mapping[str, str]) -> Found:
        """Yield the answers of the first model that gives any; each entity once."""
        roots = self._roots(level)
        seen: set[str] = set()
        for number, root in enumerate(roots):
            try:
                for answer in self._descend(root, level, keys):
                    name = answer.get(UNIQUE_KEYS[level], "")
                    if name:
                        name = "\\".join((name, *(answer.get(key, "") for key in _TOLD_APART_BY.get(level, ()))))
                    if not name or name not in seen:
                        seen.add(name)
                        yield answer
                return
            except FindRefusedError as error:
                if not error.is_about_keys or seen or number + 1 == len(roots):
                    raise
                self._say(_("It refused the query in one information model and was asked in the other"))

    def _roots(self, level: QueryLevel) -> Sequence[Root]:
        agreed = {context.abstract_syntax for context in self._association.contexts.values()}
        order = (Root.PATIENT, Root.STUDY) if self._access.quirks.patient_root else (Root.STUDY, Root.PATIENT)
        roots = [root for root in order if root.value + FIND in agreed and level in root.levels]
        if not roots:
            raise NetworkError(
                _("It does not offer searches for patients") if agreed else _("It does not offer searches"),
                subject=str(self._association.station),
                advice=_("Search for studies instead") if agreed else _("Have this station allowed to search there"),
            )
        return roots

    def _descend(self, root: Root, level: QueryLevel, keys: Mapping[str, str]) -> Found:
        """Ask; where a level above is not named and must be, ask for it first."""
        above = root.levels[: root.levels.index(level)]
        missing = next((each for each in above if not is_single(keys.get(UNIQUE_KEYS[each], ""))), None)
        if missing is None or self._agreed(root).relational:
            yield from self._asked(root, level, keys)
            return
        self._say(_("It was asked level by level, since it answers no relational queries"))
        upper = {key: value for key, value in keys.items() if _is_for(key, missing, root)}
        unique = {UNIQUE_KEYS[each] for each in root.levels}
        lower = {key: value for key, value in keys.items() if key not in upper or key in unique}
        # All of them first: one association bears one query at a time.
        holders: dict[str, dict[str, str]] = {}
        for holder in self._asked(root, missing, upper):
            _take_holder(holders, holder.get(UNIQUE_KEYS[missing], ""), holder)
        for name, known in holders.items():
            if self._cancelled():
                return
            if not is_single(name):
                continue
            for answer in self._descend(root, level, {**lower, UNIQUE_KEYS[missing]: name}):
                if answer.get(UNIQUE_KEYS[missing], name) in {"", name}:  # else it is another's
                    yield {**known, **{key: value for key, value in answer.items() if value or key not in known}}

    def _asked(self, root: Root, level: QueryLevel, keys: Mapping[str, str]) -> Found:
        """Ask, in every character set that it takes; where the archive refuses its keys, again with the fewest."""
        quirks = self._access.quirks
        yield from self._one_way(root, level, keys, quirks.character_set or UTF_8)
        if not quirks.character_set:
            # Many archives compare bytes: a name is found only as it was written there.
            for other in national_sets(keys):
                if self._cancelled():
                    return
                try:
                    yield from self._one_way(root, level, keys, other)
                except FindRefusedError as error:
                    if error.answers or not error.is_about_keys:  # there is more that it did not come to
                        raise

    def _one_way(self, root: Root, level: QueryLevel, keys: Mapping[str, str], character_set: str) -> Found:
        unsupported = self._access.quirks.unsupported_keys
        if not self._fewer:
            try:
                yield from self._query(root, level, _whole(level, keys, unsupported), character_set)
                return
            except FindRefusedError as error:
                if not error.is_about_keys or error.answers:
                    raise
                self._fewer = True
                self._say(_("It refused the query and was asked again for less: some columns stay empty"))
        yield from self._query(root, level, _least(level, keys, unsupported), character_set)

    def _query(self, root: Root, level: QueryLevel, keys: Mapping[str, str], character_set: str) -> Found:
        context_id = next(
            number
            for number, context in self._association.contexts.items()
            if context.abstract_syntax == root.value + FIND
        )
        self._asked_before += 1
        if self._asked_before > _MOST_QUERIES:
            raise NetworkError(_("The search needs too many queries"), advice=_("Say more exactly what is wanted"))
        operation = FindOperation(self._association, self._access, context_id, self._asked_before)
        operation.ask({"QueryRetrieveLevel": level.value, **keys}, character_set, names_character_set=not self._fewer)
        try:
            while operation.wait(self._cancelled):
                answer = operation.next_answer()
                if answer is None:
                    break
                if operation.is_partly_supported:
                    self._say(_("It does not match every field that was asked for"))
                if answer:
                    yield answer
        finally:
            operation.end()
            if operation.unreadable:
                self.is_readable = False

    def _agreed(self, root: Root) -> QueryOptions:
        return self._options.agreed(self._association.extended.get(root.value + FIND, b""))

    def _say(self, words: str) -> None:
        if words not in self._told:
            self._told.add(words)
            self._said(words)


def _proposed(level: QueryLevel, *, is_patient_first: bool) -> list[ProposedContext]:
    roots = [root for root in (Root.STUDY, Root.PATIENT) if level in root.levels]
    if is_patient_first:
        roots.reverse()
    syntaxes = (EXPLICIT_VR_LITTLE_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN)
    return [ProposedContext(2 * number + 1, root.value + FIND, syntaxes) for number, root in enumerate(roots)]


def _take_holder(holders: dict[str, dict[str, str]], name: str, holder: Mapping[str, str]) -> None:
    """Note what is said of an entity above; what two of the same name do not agree on is said of neither."""
    known = holders.setdefault(name, dict(holder))
    for key in [key for key, value in known.items() if holder.get(key, "") != value]:
        del known[key]


def _is_for(key: str, level: QueryLevel, root: Root) -> bool:
    """Whether a key can be asked at a level: it is of that, or of one above."""
    of = level_of(key, root)
    return of is not None and root.levels.index(of) <= root.levels.index(level)


def _whole(level: QueryLevel, keys: Mapping[str, str], unsupported: Sequence[str]) -> dict[str, str]:
    wanted = dict.fromkeys((*REQUIRED_KEYS[level], *USEFUL_KEYS[level]), "")
    return {key: value for key, value in {**wanted, **keys}.items() if key not in unsupported}


def _least(level: QueryLevel, keys: Mapping[str, str], unsupported: Sequence[str]) -> dict[str, str]:
    wanted = dict.fromkeys(REQUIRED_KEYS[level], "")
    asked = {key: value for key, value in keys.items() if value}
    return {key: value for key, value in {**wanted, **asked}.items() if key not in unsupported}
