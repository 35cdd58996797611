"""The files inside an archive or disc image as a tree of names; sources know where their bytes are."""

from collections.abc import Iterator, Sequence

from viewer.base.byte_source import ByteSource
from viewer.media.folder_tree import FoundFile, natural_key
from viewer.media.problems import Problem

Components = tuple[str, ...]


class MemberTree:
    """Files by the components of their names, none of which leads out: they were checked where they were read."""

    def __init__(self, name: str, files: Sequence[FoundFile], problems: Sequence[Problem]) -> None:
        self.name = name
        self._problems = problems
        self._files = sorted(files, key=_reading_order)
        self._sources = {file.components: file.source for file in self._files}
        self._listings: dict[Components, dict[str, bool]] = {(): {}}
        for components in self._sources:
            for depth in range(1, len(components) + 1):
                folder = self._listings.setdefault(components[: depth - 1], {})
                folder.setdefault(components[depth - 1], depth < len(components))

    def directory_file(self, folder: Components = ()) -> str | None:
        """Return the name of the folder's DICOMDIR as it is written there."""
        for name, is_folder in self._listings.get(folder, {}).items():
            if not is_folder and name.partition(";")[0].rstrip(".").casefold() == "dicomdir":
                return name
        return None

    def source(self, components: Components) -> ByteSource:
        """Return the bytes of a file."""
        return self._sources[components]

    def listing(self, folder: Components) -> dict[str, bool]:
        """Return the names in a folder, with whether each is a folder itself."""
        return self._listings.get(folder, {})

    def walk(self) -> Iterator[FoundFile | Problem]:
        """Yield every file, and what was refused."""
        yield from self._files
        yield from self._problems


def _reading_order(file: FoundFile) -> tuple[object, ...]:
    folder, name = file.components[:-1], file.components[-1]
    return ([natural_key(part) for part in folder], natural_key(name))
