"""The files inside an archive or disc image as a tree of names; sources know where their bytes are."""

from collections.abc import Collection, Iterator, Sequence

from viewer.base.byte_source import ByteSource
from viewer.base.translation import _
from viewer.media.folder_tree import FoundFile, natural_key
from viewer.media.problems import Problem, ProblemKind
from viewer.media.safety import printable

Components = tuple[str, ...]


class MemberTree:
    """Files by the components of their names, none of which leads out: they were checked where they were read."""

    def __init__(self, name: str, files: Sequence[FoundFile], problems: Sequence[Problem]) -> None:
        self.name = name
        self._files: list[FoundFile] = []
        self._sources: dict[Components, ByteSource] = {}
        text = _("Another file has the same name: the first one is opened")
        repeated: list[Problem] = []
        for file in sorted(files, key=_reading_order):
            if file.components in self._sources:
                repeated.append(Problem(printable(file.source.name), text, ProblemKind.REFUSED))
            else:
                self._files.append(file)
                self._sources[file.components] = file.source
        self._problems = (*problems, *repeated)
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

    def walk(self, within: Collection[str] | None = None) -> Iterator[FoundFile | Problem]:
        """Yield every file, and what was refused.

        Args:
            within: Names in the root folder: nothing below others is looked at.
        """
        yield from (
            file for file in self._files if within is None or not file.components[1:] or file.components[0] in within
        )
        yield from self._problems


def _reading_order(file: FoundFile) -> tuple[object, ...]:
    folder, name = file.components[:-1], file.components[-1]
    return ([natural_key(part) for part in folder], natural_key(name))
