"""The partition maps of a UDF volume: which kinds of partition it has, and their tables (UDF 2.2.8 to 2.2.14)."""

import struct
import sys
from array import array
from collections.abc import Iterator, Mapping

from viewer.base.errors import MediaError, RefusedError
from viewer.base.translation import _
from viewer.media.problems import DamagedError
from viewer.media.udf_descriptors import Allocation, ExtentKind, FileType, TagId, entity_name, tag_of
from viewer.media.udf_partitions import (
    MetadataPartition,
    Partition,
    PlainPartition,
    UnreadPartition,
    VirtualPartition,
)
from viewer.media.udf_volume import UdfVolume, VolumeDescriptors

_BLOCK_SIZE_AT, _MAPS_LENGTH_AT, _MAPS_AT = 212, 264, 440
_VIRTUAL, _SPARABLE, _METADATA = b"*UDF Virtual Partition", b"*UDF Sparable Partition", b"*UDF Metadata Partition"
_SPARING_TABLE, _OLD_VIRTUAL_TABLE = b"*UDF Sparing Table", b"*UDF Virtual Alloc Tbl"
_LAST_PACKET_BLOCKS = 512
_EMPTY_END_BYTES = 64 << 20
_SEARCHED_AT_ONCE = 1 << 20
_OLD_TABLE_END = 36
_LEAST_SPECIAL_PACKET = 0xFFFFFFF0
_SPARING_TABLES = 4
_ENTRY_TAGS = tuple(tag.to_bytes(2, "little") for tag in (TagId.FILE_ENTRY, TagId.EXTENDED_FILE_ENTRY))


def add_partitions(volume: UdfVolume, described: VolumeDescriptors) -> list[str]:
    """Give a volume its partitions; returns what is wrong with them.

    Raises:
        MediaError: If the descriptors cannot be right.
    """
    (block_size,) = struct.unpack_from("<I", described.logical_volume, _BLOCK_SIZE_AT)
    if block_size != volume.block_size:
        raise DamagedError(_("The description of the UDF volume is damaged"))
    maps = list(_maps(described.logical_volume))
    plain: dict[int, int] = {}
    volume.partitions = [UnreadPartition(_("This kind of UDF partition is not read"))] * len(maps)
    for index, each in enumerate(maps):
        name = _name_of(each)
        number = _number_of(each)
        if number in described.partitions and name in (b"", _SPARABLE):
            volume.partitions[index] = _plain(volume, described.partitions[number], each)
            plain.setdefault(number, index)
    problems: list[str] = []
    for index, each in enumerate(maps):
        if _name_of(each) not in (_VIRTUAL, _METADATA):
            continue
        try:
            volume.partitions[index] = _derived(volume, each, plain, described.partitions, problems)
        except RefusedError:
            raise
        except MediaError as error:
            volume.partitions[index] = UnreadPartition(str(error))
            problems.append(str(error))
    return problems


def _maps(logical_volume: bytes) -> Iterator[bytes]:
    length, count = struct.unpack_from("<II", logical_volume, _MAPS_LENGTH_AT)
    table = logical_volume[_MAPS_AT : _MAPS_AT + length]
    for _number in range(count):
        if len(table) < 6 or table[1] < 6 or table[1] > len(table):
            return
        yield table[: table[1]]
        table = table[table[1] :]


def _name_of(map_: bytes) -> bytes | None:
    """Return the kind of a map: empty for a plain partition, None where there is no saying."""
    if map_[0] == 1 and len(map_) == 6:
        return b""
    return entity_name(map_, 4) if map_[0] == 2 and len(map_) == 64 else None


def _number_of(map_: bytes) -> int:
    return int.from_bytes(map_[4:6] if map_[0] == 1 else map_[38:40], "little")


def _plain(volume: UdfVolume, lies: tuple[int, int], map_: bytes) -> Partition:
    start, blocks = lies
    if map_[0] == 1:
        return PlainPartition(start, blocks, volume.block_size, volume.allowance)
    (packet,) = struct.unpack_from("<H", map_, 40)
    replaced = _replaced_packets(volume, map_, packet) if packet else None
    if replaced is None:
        return UnreadPartition(_("The table of replaced packets of the disc is damaged"))
    return PlainPartition(start, blocks, volume.block_size, volume.allowance, replaced, packet)


def _replaced_packets(volume: UdfVolume, map_: bytes, packet: int) -> Mapping[int, int] | None:
    """Return where replaced packets lie, by the newest sound table; None if there is none."""
    count, size = struct.unpack_from("<BxI", map_, 42)
    newest: tuple[int, Mapping[int, int]] | None = None
    for number in range(min(count, _SPARING_TABLES)):
        (location,) = struct.unpack_from("<I", map_, 48 + 4 * number)
        data = volume.stream.read_at(location * volume.block_size, min(size, 1 << 20))
        if len(data) < 56 or tag_of(data, location) or entity_name(data, 16) != _SPARING_TABLE:
            continue
        length, sequence = struct.unpack_from("<H2xI", data, 48)
        pairs = struct.iter_unpack("<II", data[56 : 56 + 8 * min(length, (len(data) - 56) // 8)])
        table = {original // packet: placed for original, placed in pairs if original < _LEAST_SPECIAL_PACKET}
        if newest is None or sequence > newest[0]:
            newest = (sequence, table)
    return None if newest is None else newest[1]


def _derived(
    volume: UdfVolume,
    map_: bytes,
    plain: Mapping[int, int],
    places: Mapping[int, tuple[int, int]],
    problems: list[str],
) -> Partition:
    number = _number_of(map_)
    if number not in plain:
        raise DamagedError(_("The description of the UDF volume is damaged"))
    if _name_of(map_) == _METADATA:
        return _metadata(volume, map_, plain[number])
    return _virtual(volume, plain[number], places[number][0], problems)


def _metadata(volume: UdfVolume, map_: bytes, base: int) -> Partition:
    """Return the metadata partition by its file, or the mirror of that."""
    for location in struct.unpack_from("<II", map_, 40):
        try:
            where = Allocation(volume.block_size, ExtentKind.RECORDED, location, base)
            _entry, extents = volume.extents(where)
            return MetadataPartition(extents, volume.block_size, volume.allowance)
        except RefusedError:
            raise
        except MediaError:
            continue
    raise DamagedError(_("The description of the UDF volume is damaged: its metadata file is not found"))


def _virtual(volume: UdfVolume, base: int, start: int, problems: list[str]) -> Partition:
    """Return the virtual partition by its table, whose entry is the last thing written."""
    for block, is_last in _last_written(volume):
        if block < start:
            break
        where = Allocation(volume.block_size, ExtentKind.RECORDED, block - start, base)
        try:
            entry, extents = volume.extents(where)
        except RefusedError:
            raise
        except MediaError:
            continue
        if entry.file_type in (FileType.VIRTUAL_TABLE, FileType.UNSPECIFIED):
            table = _table(volume.read(extents), is_new=entry.file_type == FileType.VIRTUAL_TABLE)
            if table is not None:
                if not is_last:
                    problems.append(
                        _("The disc image goes on behind its table of blocks: its newest files may be missing")
                    )
                return VirtualPartition(table, start, volume.block_size, volume.allowance)
    raise DamagedError(_("The table of the disc's blocks (VAT) is not found at its end: the disc image is incomplete"))


def _last_written(volume: UdfVolume) -> Iterator[tuple[int, bool]]:
    """Yield the blocks that may hold a file entry, the last first, and whether nothing is written behind it.

    Images may be filled up with zeros, and drives add a few blocks.
    """
    size = volume.block_size
    empty = bytes(size)
    end = volume.size // size * size
    least, looked_at = max(0, end - _EMPTY_END_BYTES), 0
    while end > least and looked_at < _LAST_PACKET_BLOCKS:
        begin = max(0, end - _SEARCHED_AT_ONCE)
        data = volume.stream.read_at(begin, end - begin)
        for at in range(len(data) - size, -1, -size):
            block = data[at : at + size]
            if block[:2] in _ENTRY_TAGS:
                yield (begin + at) // size, not looked_at
            looked_at += bool(looked_at) or block != empty
            if looked_at >= _LAST_PACKET_BLOCKS:
                return
        end = begin


def _table(data: bytes, *, is_new: bool) -> "array[int] | None":
    """Return the entries of a virtual allocation table of UDF 2.00 or 1.50; None if it is none."""
    if is_new:
        header = int.from_bytes(data[:2], "little")
        entries = data[header:]
    else:
        if entity_name(data[-_OLD_TABLE_END:], 0) != _OLD_VIRTUAL_TABLE:
            return None
        entries = data[:-_OLD_TABLE_END]
    table = array("I", entries[: len(entries) // 4 * 4])
    if sys.byteorder == "big":
        table.byteswap()
    return table
