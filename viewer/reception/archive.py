"""What the library answers to other stations that query and retrieve."""

from collections.abc import Iterator, Mapping, Sequence

from viewer.base.errors import LibraryError
from viewer.library import query
from viewer.library.library import Library
from viewer.library.query_matching import QueryError, QueryFault
from viewer.network.ports import (
    TOO_MANY_ANSWERS,
    UNABLE_TO_PROCESS,
    UNFIT_QUERY,
    HeldInstance,
    QueryLevel,
    QueryRefused,
)

_STATUSES: Mapping[QueryFault, int] = {
    QueryFault.UNFIT: UNFIT_QUERY,
    QueryFault.TOO_MANY: TOO_MANY_ANSWERS,
}


class LibraryArchive:
    """A library as an archive (network.ports.Archive)."""

    def __init__(self, library: Library) -> None:
        self._library = library

    def find(self, level: QueryLevel, keys: Mapping[str, str], *, is_patient_root: bool) -> Iterator[Mapping[str, str]]:
        """Yield what matches."""
        try:
            found = query.find(self._library.database, level.value, keys, is_patient_root=is_patient_root)
            for answer in found:
                # Everything that is answered lies in the library's own store, or where it was indexed.
                yield {**answer, "InstanceAvailability": "ONLINE"} if "InstanceAvailability" in keys else answer
        except LibraryError as error:
            raise _refused(error) from error

    def instances(self, level: QueryLevel, keys: Mapping[str, str], *, is_patient_root: bool) -> Sequence[HeldInstance]:
        """Return what the unique keys of a retrieve name."""
        try:
            named = query.instances(self._library.database, level.value, keys, is_patient_root=is_patient_root)
        except LibraryError as error:
            raise _refused(error) from error
        path_of = self._library.store.path_of
        return [
            HeldInstance(
                one.sop_class_uid, one.sop_instance_uid, one.transfer_syntax_uid, path_of(one.kept), one.kept.sha256
            )
            for one in named
        ]


def _refused(error: LibraryError) -> QueryRefused:
    if isinstance(error, QueryError):
        return QueryRefused(_STATUSES[error.fault], str(error))
    return QueryRefused(UNABLE_TO_PROCESS, "")
