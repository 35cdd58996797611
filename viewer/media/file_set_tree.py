"""The files of a folder, archive or disc image in reading order: by its DICOMDIR where it has a usable one (PS3.10 8).

The directory gives order and the first image; the files are believed more than the directory. What it names and is not
there, what is there and it names not, and names written otherwise are all listed.
"""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from viewer.base.byte_source import ByteSource
from viewer.base.errors import RefusedError, ViewerError
from viewer.base.translation import N_, _
from viewer.dicom.instance_header import InstanceHeader
from viewer.media.candidates import Candidate, Found
from viewer.media.directory_check import differences
from viewer.media.folder_tree import FoundFile
from viewer.media.problems import Problem, ProblemKind
from viewer.media.promises import broken_promise, promises_of, with_uppers
from viewer.media.safety import checked_components
from viewer.media.scan_results import scan_source

if TYPE_CHECKING:
    from viewer.dicom.file_set import DirectoryRecord, FileSet

_VERSION = re.compile(r";\d*$")
_FILE_ID = re.compile(rb"\x04\x00\x00\x15CS(..)", re.DOTALL)
_PEEKED_BYTES = 1 << 18
_PEEKED_FILES = 4
_DIRECTORY = "dicomdir"
_UNNAMED_FILES, _UNNAMED_SHARE = 2_000, 4
"""How many files are looked at though a DICOMDIR that the reader named does not name them: at least, and for each it
names."""
_OTHER_CASE = N_("Files named by DICOMDIR in another case than they are written: {count}")
_WITH_VERSION = N_("Files named by DICOMDIR without the version or dot they are written with: {count}")
_OTHER_EXTENSION = N_("Files named by DICOMDIR with another extension than they are written with: {count}")

_MISMATCH = ProblemKind.MISMATCH

Components = tuple[str, ...]


class FileTree(Protocol):
    """Folders and files with a common root: on a disc, in an archive, in a disc image."""

    @property
    def name(self) -> str:
        """What a person calls it."""

    def directory_file(self, folder: Components = ()) -> str | None:
        """Return the name of the folder's DICOMDIR as it is written there."""

    def source(self, components: Components) -> ByteSource:
        """Return the bytes of a file."""

    def listing(self, folder: Components) -> dict[str, bool]:
        """Return the names in a folder, with whether each is a folder itself."""

    def walk(self, within: Collection[str] | None = None) -> Iterator[FoundFile | Problem]:
        """Yield every file, and what was refused; only below the named folders of the root if any are given."""


def look_through_tree(
    tree: FileTree, nesting: int, moved: Callable[[], None], *, directory: str | None = None
) -> Iterator[Candidate | Found]:
    """Yield the files of a tree, those its DICOMDIR names first.

    A DICOMDIR that the reader names may lie anywhere, in a home folder even. Then files it does not name are looked
    for only beside it and below the folders of the root in which files it names lie, and not without an end. A
    DICOMDIR that is damaged, or names nothing that is there, leaves nothing but to look through the whole tree.

    Args:
        tree: Where to look.
        nesting: Archives around it.
        moved: Called whenever the medium has answered.
        directory: The name of the root's DICOMDIR where the reader named it.
    """
    look = _Look(tree, nesting, moved)
    if directory is None:
        yield from look.run(tree.directory_file())
    else:
        yield from look.run_beside(directory)


def plain_name(name: str) -> str:
    """Return a name for comparing: without case, the version `;1` and the trailing dot of ISO 9660."""
    return _VERSION.sub("", name).rstrip(".").casefold()


@dataclass(slots=True)
class _Look:
    """One look through a tree."""

    tree: FileTree
    nesting: int
    moved: Callable[[], None]
    emitted: set[Components] = field(default_factory=set)
    with_directory: set[Components] = field(default_factory=set)
    is_sound: bool = False
    peeked: dict[Components, InstanceHeader] = field(default_factory=dict)
    named: set[Components] = field(default_factory=set)
    names: dict[Components, dict[str, str]] = field(default_factory=dict)
    oddities: Counter[str] = field(default_factory=Counter)

    def run(self, directory: str | None) -> Iterator[Candidate | Found]:
        """Yield what a DICOMDIR names, then all else."""
        if directory is not None:
            yield from self._file_set((), directory)
        for each in self.tree.walk():
            yield from self._walked(each)

    def run_beside(self, directory: str) -> Iterator[Candidate | Found]:
        """Yield what a DICOMDIR names, then what lies with it."""
        yield from self._file_set((), directory)
        if not self.is_sound or not self.named:
            for each in self.tree.walk():
                yield from self._walked(each)
            return
        limit = max(_UNNAMED_FILES, _UNNAMED_SHARE * len(self.named))
        seen: Counter[bool] = Counter()
        for each in self.tree.walk(frozenset(components[0] for components in self.named if components[1:])):
            if isinstance(each, FoundFile) and each.components not in self.emitted:
                is_beside = len(each.components) == 1
                seen[is_beside] += 1
                if seen[is_beside] == limit + 1:
                    text = _(
                        "There are many more files than DICOMDIR names; the rest was not looked at: open the folder"
                    )
                    yield Found(problems=[Problem(each.source.name, text, ProblemKind.EXTRA)])
                if seen[is_beside] > limit:
                    if not is_beside:
                        return
                    continue
            yield from self._walked(each)

    def _walked(self, each: FoundFile | Problem) -> Iterator[Candidate | Found]:
        if isinstance(each, Problem):
            yield Found(problems=[each], files=1 if each.kind is not ProblemKind.UNREADABLE else 0)
        elif each.components not in self.emitted:
            folder, name = each.components[:-1], each.components[-1]
            if plain_name(name) == _DIRECTORY and folder not in self.with_directory:
                yield from self._file_set(folder, name)
            else:
                yield self._candidate(each.components, each.source)

    def _candidate(
        self, components: Components, source: ByteSource, records: "tuple[DirectoryRecord, ...]" = ()
    ) -> Candidate:
        self.emitted.add(components)
        is_extra = not records and self._has_directory_above(components)
        return Candidate(source, self.nesting, records, is_extra)

    def _has_directory_above(self, components: Components) -> bool:
        if not self.with_directory:
            return False
        return any(components[:depth] in self.with_directory for depth in range(len(components)))

    def _file_set(self, folder: Components, name: str) -> Iterator[Candidate | Found]:
        from viewer.dicom.file_set import read_file_set

        components = (*folder, name)
        source = self.tree.source(components)
        self.emitted.add(components)
        yield from self._first_images(folder, source)
        try:
            file_set = read_file_set(source)
        except ViewerError as error:
            text = _("The disc's directory cannot be used: {reason}. The whole medium was searched instead")
            problem = Problem(source.name, text.format(reason=error), ProblemKind.DAMAGED)
            yield Found(problems=[problem], files=1)
            return
        self.moved()
        self.with_directory.add(folder)
        self.is_sound = not file_set.problems
        yield from self._directory_problems(source, file_set)
        yield from self._named_files(folder, source, file_set)

    def _first_images(self, folder: Components, source: ByteSource) -> Iterator[Found]:
        """Look at the first files a directory names before reading all of it."""
        try:
            start = source.read_at(0, _PEEKED_BYTES)
        except ViewerError:
            return
        for number, match in enumerate(_FILE_ID.finditer(start)):
            if number == _PEEKED_FILES:
                return
            length = int.from_bytes(match[1], "little")
            file_id = start[match.end() : match.end() + length].decode("ascii", "replace")
            components = self._resolved(folder, tuple(part.strip(" \0") for part in file_id.split("\\")))
            if components is None or components in self.emitted:
                continue
            result = scan_source(self.tree.source(components))
            self.moved()
            if not isinstance(result, InstanceHeader):
                continue
            self.emitted.add(components)
            self.peeked[components] = result
            yield Found(scanned=[(Candidate(result.source, self.nesting), result)])
            if result.pixel_data is not None:
                return

    def _directory_problems(self, source: ByteSource, file_set: "FileSet") -> Iterator[Found]:
        used = Problem(
            source.name, _("The disc's directory (DICOMDIR): it names the other files"), ProblemKind.DIRECTORY
        )
        found = [Problem(source.name, text, _MISMATCH) for text in file_set.problems]
        yield Found(problems=[used, *found], files=1, promises=promises_of(file_set))

    def _named_files(self, folder: Components, source: ByteSource, file_set: "FileSet") -> Iterator[Candidate | Found]:
        self.oddities.clear()
        for record in file_set.records:
            if not record.referenced_file_id:
                continue
            shown = "/".join(record.referenced_file_id)
            try:
                checked_components(record.referenced_file_id)
            except RefusedError as error:
                text = _("DICOMDIR names a file that is refused: {reason}").format(reason=error)
                yield Found(problems=[Problem(f"{source.name} → {shown}", text, ProblemKind.REFUSED)])
                continue
            components = self._resolved(folder, record.referenced_file_id)
            if components is None:
                path = "/".join((self.tree.name, *folder, shown))
                yield Found(problems=[Problem(path, _("Named by DICOMDIR, but not there"), ProblemKind.MISSING)])
                continue
            self.named.add(components)
            if (header := self.peeked.get(components)) is not None:
                records = with_uppers(record, file_set)
                found = [Problem(header.source.name, text, _MISMATCH) for text in differences(records, header)]
                yield Found(problems=found, broken=broken_promise(records, header))
            elif components not in self.emitted:
                yield self._candidate(components, self.tree.source(components), with_uppers(record, file_set))
        yield Found(problems=[Problem(source.name, text, _MISMATCH) for text in self._oddity_texts()])

    def _oddity_texts(self) -> Iterator[str]:
        for template, count in self.oddities.items():
            yield _(template).format(count=count)

    def _resolved(self, folder: Components, file_id: Components) -> Components | None:
        """Return the path of the file an ID means, as written on the medium; None when it is not there.

        Names come only from listings of the medium, so no ID can lead out of it.
        """
        path = folder
        for depth, part in enumerate(file_id):
            is_last = depth == len(file_id) - 1
            name = self._match(path, part, is_folder=not is_last)
            if name is None:
                return None
            path = (*path, name)
        return path if file_id else None

    def _match(self, folder: Components, part: str, *, is_folder: bool) -> str | None:
        try:
            listing = self.tree.listing(folder)
        except OSError:
            return None
        if listing.get(part) is is_folder:
            return part
        if folder not in self.names:
            self.names[folder] = _alternatives(listing)
        plain = plain_name(part)
        stem = plain.partition(".")[0]
        for key in (plain, f"{stem}.*"):
            name = self.names[folder].get(key)
            if name is not None and listing[name] is is_folder:
                if not is_folder:
                    self.oddities[_oddity(part, name)] += 1
                return name
        return None


def _oddity(said: str, found: str) -> str:
    if plain_name(said) != plain_name(found):
        return _OTHER_EXTENSION
    if said.casefold() == found.casefold():
        return _OTHER_CASE
    return _WITH_VERSION


def _alternatives(listing: dict[str, bool]) -> dict[str, str]:
    """Map plain names, and stems that only one file has, to the names as written."""
    names: dict[str, str] = {}
    stems: Counter[str] = Counter()
    for name, is_folder in listing.items():
        plain = plain_name(name)
        names.setdefault(plain, name)
        if not is_folder:
            stem = f"{plain.partition('.')[0]}.*"
            stems[stem] += 1
            names[stem] = name
    return {key: name for key, name in names.items() if stems.get(key, 1) == 1}
