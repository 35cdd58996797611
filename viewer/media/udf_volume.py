"""A UDF volume: from its anchor through the volume descriptors to partitions and root folder (ECMA-167 3, UDF 2.2)."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from viewer.base.errors import MediaError, ViewerError
from viewer.base.translation import _
from viewer.media.image_files import CountedStream, Extent, merged
from viewer.media.problems import DamagedError
from viewer.media.udf_descriptors import (
    IN_ENTRY,
    Allocation,
    ExtentKind,
    FileEntry,
    TagId,
    allocations,
    file_entry,
    long_allocation,
    tag_of,
)
from viewer.media.udf_partitions import Allowance, Partition

SECTOR_SIZES = (2_048, 512, 4_096, 1_024)
_SEQUENCE_BLOCKS = 4_096
_SEQUENCE_LINKS = 16
_ROOT_AT = 400
_LOGICAL_VOLUME_AT = 84
_NEWER_ENTRIES = 64
_ALLOCATION_EXTENT_HEADER = 24
_CHANGED_BY_APPENDING = 4_096
"""ICB strategy: a changed entry is written behind the old one (UDF 2.3.5.1, for media that are written once)."""


@dataclass(slots=True)
class VolumeDescriptors:
    """What describes a volume: the prevailing descriptors of a sequence.

    Attributes:
        logical_volume: The block of the logical volume descriptor; empty if there was none.
        partitions: Where each partition number begins and how many blocks it has.
        is_damaged: Whether something in the sequence could not be read.
    """

    logical_volume: bytes = b""
    partitions: dict[int, tuple[int, int]] = field(default_factory=dict)
    is_damaged: bool = False

    @property
    def is_complete(self) -> bool:
        """Whether it names a volume and a partition."""
        return bool(self.logical_volume and self.partitions)


class UdfVolume:
    """Reads entries and their extents through the partitions."""

    def __init__(self, stream: CountedStream, block_size: int, size: int) -> None:
        self.stream = stream
        self.block_size = block_size
        self.size = size
        self.allowance = Allowance()
        self.partitions: list[Partition] = []

    def locate(self, allocation: Allocation) -> tuple[Extent, ...]:
        """Return where an allocation lies in the image.

        Raises:
            MediaError: If it is not in its partition.
        """
        if allocation.partition >= len(self.partitions):
            raise DamagedError(_("It names blocks that are not in its partition"))
        return self.partitions[allocation.partition].locate(allocation.block, allocation.length)

    def block(self, where: Allocation) -> tuple[int, bytes]:
        """Return the first block of an allocation: its offset in the image, and its bytes."""
        ((offset, length),) = self.locate(Allocation(self.block_size, where.kind, where.block, where.partition))
        return offset, self.stream.read_at(offset, length)

    def entry(self, where: Allocation) -> tuple[int, FileEntry]:
        """Return a file entry and its offset in the image; the newest, where newer ones are written behind it.

        Raises:
            MediaError: If it is damaged or not there.
        """
        newest: tuple[int, FileEntry] | None = None
        for _number in range(_NEWER_ENTRIES):
            offset, data = self.block(where)
            tag = tag_of(data, where.block)
            found = file_entry(data) if tag in (TagId.FILE_ENTRY, TagId.EXTENDED_FILE_ENTRY) else None
            if found is not None:
                newest = (offset, found)
                if found.strategy != _CHANGED_BY_APPENDING:
                    break
                where = Allocation(where.length, where.kind, where.block + 1, where.partition)
            elif tag == TagId.INDIRECT_ENTRY:
                where = long_allocation(data, 36)
            else:
                break
        if newest is None:
            raise DamagedError(_("Its entry in the disc image is damaged"))
        return newest

    def extents(self, where: Allocation) -> tuple[FileEntry, tuple[Extent, ...]]:
        """Return a file entry and where its file lies in the image, as long as it says it is.

        Raises:
            MediaError: If it is damaged, or parts of it were never written.
        """
        offset, entry = self.entry(where)
        if entry.form == IN_ENTRY:
            inside = (offset + entry.area[0], entry.length)
            return entry, (inside,) if entry.length else ()
        runs: list[Extent] = []
        left = entry.length
        for part in self._allocations(entry, where.partition):
            if not left:
                break
            if part.kind is not ExtentKind.RECORDED:
                raise DamagedError(_("Parts of it were never written to the disc"))
            length = min(part.length, left)
            runs.extend(self.locate(Allocation(length, part.kind, part.block, part.partition)))
            left -= length
        if left:
            raise DamagedError(_("The disc image is incomplete: this file is cut off"))
        return entry, merged(runs)

    def read(self, extents: tuple[Extent, ...]) -> bytes:
        """Return the bytes of runs, one after another; fewer where the image ends."""
        return b"".join([self.stream.read_at(offset, length) for offset, length in extents])

    def _allocations(self, entry: FileEntry, partition: int) -> Iterator[Allocation]:
        descriptors = entry.descriptors
        while descriptors:
            more: Allocation | None = None
            for each in allocations(descriptors, entry.form, partition):
                if each.kind is ExtentKind.MORE_DESCRIPTORS:
                    more = each
                    break
                yield each
            descriptors = b"" if more is None else self._more_descriptors(more)

    def _more_descriptors(self, where: Allocation) -> bytes:
        _offset, data = self.block(where)
        if tag_of(data, where.block) != TagId.ALLOCATION_EXTENT:
            raise DamagedError(_("Its entry in the disc image is damaged"))
        (length,) = struct.unpack_from("<I", data, 20)
        return data[_ALLOCATION_EXTENT_HEADER : _ALLOCATION_EXTENT_HEADER + length]


def open_volume(stream: CountedStream, size: int) -> tuple[UdfVolume, Allocation, list[str]]:
    """Return the volume of an image, where its root folder's entry is, and what is wrong with it in plain words.

    Raises:
        MediaError: If there is no volume that can be read.
    """
    from viewer.media.udf_maps import add_partitions

    error: ViewerError = DamagedError(_("No UDF volume is found in the disc image"))
    for block_size, anchor in _anchors(stream, size):
        try:
            described, problems = _described(stream, anchor, block_size)
            volume = UdfVolume(stream, block_size, size)
            problems += add_partitions(volume, described)
            return volume, _root(volume, described), problems
        except MediaError as found:
            error = found
    raise error


def _anchors(stream: CountedStream, size: int) -> Iterator[tuple[int, bytes]]:
    """Yield every anchor with the size of its blocks (ECMA-167 3/8.4.2.1; 512 on discs still open for writing)."""
    for block_size in SECTOR_SIZES:
        count = size // block_size
        for location in dict.fromkeys((256, count - 1, count - 257, count - 256, 512)):
            if location < 0:
                continue
            data = stream.read_at(location * block_size, 512)
            if tag_of(data, location) == TagId.ANCHOR:
                yield block_size, data


def _described(stream: CountedStream, anchor: bytes, block_size: int) -> tuple[VolumeDescriptors, list[str]]:
    main = _sequence(stream, anchor, 16, block_size)
    if main.is_complete and not main.is_damaged:
        return main, []
    reserve = _sequence(stream, anchor, 24, block_size)
    if not main.is_complete:
        main.logical_volume = main.logical_volume or reserve.logical_volume
        main.partitions = {**reserve.partitions, **main.partitions}
    if not main.is_complete:
        raise DamagedError(_("The description of the UDF volume is damaged"))
    return main, [_("The description of the UDF volume is damaged in one of its copies")]


def _sequence(stream: CountedStream, anchor: bytes, at: int, block_size: int) -> VolumeDescriptors:
    """Read a volume descriptor sequence; of equal descriptors the one numbered highest prevails (ECMA-167 3/8.4.3)."""
    found = VolumeDescriptors()
    numbers: dict[object, int] = {}
    length, start = struct.unpack_from("<II", anchor, at)
    for _link in range(_SEQUENCE_LINKS):
        following: tuple[int, int] | None = None
        for location in range(start, start + min(length // block_size, _SEQUENCE_BLOCKS)):
            data = stream.read_at(location * block_size, block_size)
            tag = tag_of(data, location)
            if tag == TagId.TERMINATING:
                break
            if tag == TagId.VOLUME_POINTER:
                following = struct.unpack_from("<II", data, 20)
                break
            found.is_damaged |= tag == TagId.DAMAGED and any(data[:16])
            _keep(found, numbers, tag, data)
        if following is None:
            break
        length, start = following
    return found


def _keep(found: VolumeDescriptors, numbers: dict[object, int], tag: int, data: bytes) -> None:
    if tag not in (TagId.LOGICAL_VOLUME, TagId.PARTITION):
        return
    (number,) = struct.unpack_from("<I", data, 16)
    partition, start, blocks = struct.unpack_from("<22xH164xII", data)
    key = tag if tag == TagId.LOGICAL_VOLUME else (tag, partition)
    if number < numbers.get(key, 0):
        return
    numbers[key] = number
    if tag == TagId.LOGICAL_VOLUME:
        found.logical_volume = data
    else:
        found.partitions[partition] = (start, blocks)


def _root(volume: UdfVolume, described: VolumeDescriptors) -> Allocation:
    where = long_allocation(described.logical_volume, 248)
    _offset, data = volume.block(where)
    if tag_of(data, where.block) != TagId.FILE_SET:
        raise DamagedError(_("The description of the UDF volume is damaged"))
    return long_allocation(data, _ROOT_AT)
