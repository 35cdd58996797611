"""The files of a UDF volume (1.02 to 2.60), also without ISO 9660 beside it: discs that Windows or DVD recorders wrote.

Read only, and bounded: nothing is believed that its check sums do not confirm, no folder is read twice, and what is
damaged is listed while the rest goes on.
"""

from collections.abc import Callable, Iterator

from viewer.base.byte_source import ByteSource
from viewer.base.errors import MediaError, RefusedError
from viewer.base.translation import _
from viewer.media.image_files import Components, CountedStream, ImageFile
from viewer.media.problems import ProblemKind
from viewer.media.safety import DEFAULT_QUOTAS, Quotas
from viewer.media.udf_descriptors import Allocation, Characteristic, FileEntry, FileType, file_identifiers
from viewer.media.udf_volume import UdfVolume, open_volume

_FILES = frozenset({FileType.FILE, FileType.UNSPECIFIED, FileType.REAL_TIME_FILE})


def udf_files(
    image: ByteSource, quotas: Quotas = DEFAULT_QUOTAS, moved: Callable[[], None] = lambda: None
) -> tuple[list[ImageFile], list[str]]:
    """Return what a UDF volume's folders name, and what is wrong with the volume as a whole.

    Args:
        image: The image, readable anywhere.
        quotas: Limits against hostile images.
        moved: Called whenever the medium has answered.

    Raises:
        MediaError: If there is no volume, or its root folder cannot be read.
        RefusedError: If its folders are larger than the quota.
    """
    size = image.size()
    stream = CountedStream(image.open(), size, quotas, moved)
    try:
        volume, root, problems = open_volume(stream, size)
        volume.entry(root)
        return list(_Walk(volume, quotas).files(root)), problems
    finally:
        stream.close()


class _Walk:
    """One walk through the folders of a volume."""

    def __init__(self, volume: UdfVolume, quotas: Quotas) -> None:
        self._volume = volume
        self._quotas = quotas
        self._count = 0
        self._seen: set[tuple[int, int]] = set()

    def files(self, root: Allocation) -> Iterator[ImageFile]:
        folders: list[tuple[Allocation, Components]] = [(root, ())]
        self._seen.add((root.partition, root.block))
        while folders:
            folder, path = folders.pop()
            try:
                _entry, extents = self._volume.extents(folder)
                data = self._volume.read(extents)
                is_whole = len(data) == sum(length for _offset, length in extents)
            except RefusedError:
                raise
            except MediaError as error:
                yield _lost(path, str(error))
                continue
            if not is_whole:
                yield _lost(path, _("The disc image is incomplete: this folder is cut off"))
            yield from self._folder(data, path, folders)
            if self._count > self._quotas.files:
                return

    def _folder(
        self, data: bytes, path: Components, folders: list[tuple[Allocation, Components]]
    ) -> Iterator[ImageFile]:
        for each in file_identifiers(data):
            if each is None:
                yield _lost(path, _("A part of this folder is damaged: files of it may be missing"))
                continue
            if each.characteristics & (Characteristic.DELETED | Characteristic.PARENT):
                continue
            self._count += 1
            if self._count > self._quotas.files:
                return
            components = (*path, each.name)
            try:
                entry, extents = self._volume.extents(each.entry)
            except RefusedError:
                raise
            except MediaError as error:
                yield _lost(components, str(error))
                continue
            if entry.file_type == FileType.DIRECTORY:
                refusal = self._refusal_of_folder(each.entry, components)
                if refusal:
                    yield ImageFile(components, (), refusal)
                else:
                    folders.append((each.entry, components))
            else:
                yield ImageFile(components, extents, _refusal(entry))

    def _refusal_of_folder(self, where: Allocation, components: Components) -> str:
        place = (where.partition, where.block)
        if place in self._seen:
            return _("A folder that is named twice is read once")
        self._seen.add(place)
        if len(components) > self._quotas.depth:
            return _("Folders are nested too deeply")
        return ""


def _refusal(entry: FileEntry) -> str:
    if entry.file_type == FileType.LINK:
        return _("A link inside a disc image is not followed")
    return "" if entry.file_type in _FILES else _("A device, pipe or socket is not opened")


def _lost(components: Components, text: str) -> ImageFile:
    return ImageFile(components or ("/",), (), text, ProblemKind.DAMAGED)
