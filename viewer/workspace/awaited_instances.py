"""The instances that directories name and that have not come, by series; completeness counts them."""

from collections.abc import Iterable, Sequence

from viewer.media.promises import Promise
from viewer.workspace.study_nodes import Series


class AwaitedInstances:
    """SOP Instance UIDs by Series Instance UID; each series holds the set that stands for it."""

    def __init__(self) -> None:
        self._by_series: dict[str, set[str]] = {}

    def of(self, series_uid: str) -> set[str]:
        """Return what a series still waits for: the set itself, which lives as long as this does."""
        return self._by_series.setdefault(series_uid, set())

    def promise(self, promises: Sequence[Promise], series: Iterable[Series]) -> set[str]:
        """Wait for instances that are not among the series; returns the keys of series that wait for others now."""
        if not promises:
            return set()
        by_uid: dict[str, list[Series]] = {}
        for each in series:
            by_uid.setdefault(each.series_instance_uid, []).append(each)
        touched: set[str] = set()
        for promise in promises:
            there = by_uid.get(promise.series_instance_uid, [])
            came = {header.sop_instance_uid for each in there for header in each.headers}
            self.of(promise.series_instance_uid).update(promise.sop_instance_uids - came)
            touched.update(each.key for each in there)
        return touched

    def give_up(self, broken: Sequence[Promise], series: Iterable[Series]) -> set[str]:
        """Wait no more for some; returns the keys of series that wait for others now."""
        if not broken:
            return set()
        for promise in broken:
            self.of(promise.series_instance_uid).difference_update(promise.sop_instance_uids)
        uids = {promise.series_instance_uid for promise in broken}
        return {each.key for each in series if each.series_instance_uid in uids}

    def forget(self, series_uid: str) -> None:
        """Take note that a series was closed."""
        self._by_series.pop(series_uid, None)

    def clear(self) -> None:
        """Take note that everything was closed."""
        self._by_series.clear()
