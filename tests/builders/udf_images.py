"""UDF images: empty volumes made by mkudffs, filled here without mounting; and bridges of genisoimage without ISO 9660.

7z reads what comes out (test_udf_images compares), so that the reader is not tested against its own beliefs.
"""

import re
import struct
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from tests.builders.udf_blocks import (
    DIRECTORY,
    EXTENDED_FILE_ENTRY,
    FILE,
    FILE_ENTRY,
    FILE_SET,
    IN_ENTRY,
    IS_DIRECTORY,
    LOGICAL_VOLUME,
    LONG,
    METADATA,
    METADATA_MIRROR,
    NEW_TABLE,
    OLD_TABLE,
    PARENT,
    PARTITION,
    SHORT,
    TIME,
    compressed,
    long_extent,
    retagged,
    tagged,
)

_FREE_AT, _METADATA_AT, _METADATA_BLOCKS = 400, 300, 64
Tree = dict[str, "bytes | Tree"]


def empty_volume(path: Path, *options: str, megabytes: int = 12) -> Path:
    """Let mkudffs write an empty volume; skips the test where it is not installed."""
    tool = Path("/usr/sbin/mkudffs")
    if not tool.exists():
        pytest.skip(f"{tool} is not installed")
    with path.open("wb") as image:
        image.truncate(megabytes << 20)
    subprocess.run([tool, "--utf8", *options, path], check=True, capture_output=True)
    return path


def without_iso_9660(image: Path) -> Path:
    """Wipe the ISO 9660 descriptors of a bridge, so that the UDF marks come first as on a disc of UDF alone."""
    data = bytearray(image.read_bytes())
    sectors = [bytes(data[at : at + 2048]) for at in range(32768, 32768 + 64 * 2048, 2048)]
    marks = [sector for sector in sectors if sector[1:6] in (b"BEA01", b"NSR02", b"NSR03", b"TEA01")]
    iso = [index for index, sector in enumerate(sectors) if sector[1:6] == b"CD001"]
    assert len(marks) == 3
    assert iso
    for index in range(max(iso) + 1 + len(marks)):
        data[32768 + index * 2048 : 32768 + (index + 1) * 2048] = marks[index] if index < len(marks) else bytes(2048)
    image.write_bytes(data)
    return image


class FilledVolume:
    """An empty volume of mkudffs being filled.

    Attributes:
        entries: The offset of every entry written in the image, by path; that of the root is empty.
    """

    def __init__(
        self,
        path: Path,
        *,
        form: int = SHORT,
        pieces: int = 1,
        said: Mapping[str, int] = {},
        kinds: Mapping[str, int] = {},
        also: Sequence[tuple[str, str, str]] = (),
    ) -> None:
        """Take an empty volume.

        Args:
            path: Of the image, which fill() writes anew.
            form: Of the allocation descriptors of files: IN_ENTRY where they fit, SHORT or LONG.
            pieces: In how many runs with gaps between them each file lies.
            said: Characteristics of names besides, by path.
            kinds: File types, by path; FILE otherwise.
            also: Further folder names: the folder they are in, the name, the path of what they mean.
        """
        self.path = path
        self.data = bytearray(path.read_bytes())
        self._form = form
        self._pieces = pieces
        self._said, self._kinds, self._also = said, kinds, also
        self._blocks: dict[str, int] = {}
        self.entries: dict[str, int] = {}
        self.block_size = next(size for size in (2048, 512, 4096) if self._tag_at(256 * size) == 2)
        self.tag_version = int.from_bytes(self.data[256 * self.block_size + 2 :][:2], "little")
        (partition,) = (block for block in self._descriptors(PARTITION, 1))
        self.start = int.from_bytes(self.data[partition * self.block_size + 188 :][:4], "little")
        self.volume = next(self._descriptors(LOGICAL_VOLUME, 1))
        maps = self.data[self.volume * self.block_size + 440 :][:80]
        self.table: list[int] | None = [] if b"*UDF Virtual" in maps else None
        self.free = _FREE_AT
        self.free_metadata: int | None = None
        file_set = next(self._descriptors(FILE_SET, 1)) * self.block_size
        root = struct.unpack_from("<I", self.data, file_set + 404)[0]
        self.file_set, self.root = file_set, root
        if self.table is not None:
            self.root_partition = 1
            self.table = [file_set // self.block_size - self.start, 1]
            self.root = 1
        else:
            self.root_partition = 0

    def with_metadata_partition(self) -> "FilledVolume":
        """Give the volume a metadata partition (UDF 2.50), with the file set and the root folder in it."""
        size = self.block_size
        name = struct.pack("<B23sHBB4x", 0, b"*UDF Metadata Partition", 0x0250, 4, 5)
        mirror = _METADATA_AT + _METADATA_BLOCKS + 8
        map_ = struct.pack("<BB2x32sHHIIIIHB5x", 2, 64, name, 1, 0, _METADATA_AT - 2, mirror, 0xFFFFFFFF, 32, 1, 0)
        for volume in list(self._descriptors(LOGICAL_VOLUME, 4)):
            block = bytearray(self.data[volume * size : (volume + 1) * size])
            block[440 : 440 + 70] = b"\x01\x06\x01\x00\x00\x00" + map_
            struct.pack_into("<II", block, 264, 70, 2)
            block[248:264] = long_extent(size, 0, 1)
            struct.pack_into("<H", block, 10, 440 + 70 - 16)
            struct.pack_into("<H", block, 240, 0x0250)
            self.data[volume * size : (volume + 1) * size] = retagged(bytes(block))
        length = _METADATA_BLOCKS * size
        extents = struct.pack("<II", length // 2, _METADATA_AT) + struct.pack(
            "<II", length // 2, _METADATA_AT + _METADATA_BLOCKS // 2 + 2
        )
        for at, kind in ((_METADATA_AT - 2, METADATA), (mirror, METADATA_MIRROR)):
            self._put(self.start + at, self._entry(at, kind, SHORT, length, extents))
        self.free_metadata = 2
        self.root, self.root_partition = 1, 1
        file_set = bytearray(self.data[self.file_set : self.file_set + 512])
        file_set[400:416] = long_extent(size, 1, 1)
        struct.pack_into("<I", file_set, 12, 0)
        self.data[self._metadata(0) * size : self._metadata(0) * size + 512] = retagged(bytes(file_set))
        self.data[self.file_set : self.file_set + size] = bytes(size)
        return self

    def fill(self, tree: Tree) -> Path:
        """Write the tree into the root folder, and the image to its file."""
        self._directory(tree, self.root, self.root, "")
        if self.table is not None:
            self._finish_table()
        self.path.write_bytes(self.data)
        return self.path

    def replace_packet(self, path: str, *, blocks: int = 32) -> None:
        """Move the packet that holds an entry to the spare area of a sparable volume; garbage stays behind."""
        size = self.block_size
        at = self.volume * size + 440
        _count, length, *locations = struct.unpack_from("<BxIII", self.data, at + 42)
        first = (self.entries[path] // size - self.start) // blocks * blocks
        spare = struct.unpack_from("<I", self.data, locations[0] * size + 60)[0]
        begin, end = (self.start + first) * size, (self.start + first + blocks) * size
        self.data[spare * size : (spare + blocks) * size] = self.data[begin:end]
        self.data[begin:end] = b"\xa5" * (end - begin)
        for location in locations:
            table = bytearray(self.data[location * size : location * size + length])
            struct.pack_into("<II", table, 56, first, spare)
            self.data[location * size : location * size + length] = retagged(bytes(table))

    def identifier(self, name: str, block: int, characteristics: int) -> bytes:
        """Return a file identifier descriptor."""
        raw = compressed(name) if name else b""
        where = long_extent(self.block_size, block, self.root_partition)
        body = struct.pack("<HBB16sH", 1, characteristics, len(raw), where, 0) + raw
        return tagged(257, 0, body + bytes(-len(body) % 4), self.tag_version)

    def _directory(self, tree: Tree, block: int, parent: int, path: str) -> None:
        self._blocks[path] = block
        content = self.identifier("", parent, PARENT | IS_DIRECTORY)
        for name, value in tree.items():
            inner = self._new_entry()
            full = f"{path}/{name}".lstrip("/")
            said = self._said.get(full, 0)
            if isinstance(value, dict):
                self._directory(value, inner, block, full)
                content += self.identifier(name, inner, IS_DIRECTORY | said)
            else:
                self._file(value, inner, full)
                content += self.identifier(name, inner, said)
        for folder, name, meant in self._also:
            if folder == path:
                content += self.identifier(name, self._blocks[meant], IS_DIRECTORY)
        self._write(content, block, path, DIRECTORY, 1)

    def _file(self, content: bytes, block: int, path: str) -> None:
        self._write(content, block, path, self._kinds.get(path, FILE), self._pieces)

    def _write(self, content: bytes, block: int, path: str, kind: int, pieces: int) -> None:
        if len(content) < self.block_size - 300 and (self._form == IN_ENTRY or kind == DIRECTORY):
            entry = self._entry(block, kind, IN_ENTRY, len(content), content)
        else:
            form = self._form if self._form != IN_ENTRY else LONG
            entry = self._entry(block, kind, *self._stored(content, form, pieces))
        self._put_entry(block, entry, path)

    def _stored(self, content: bytes, form: int, pieces: int) -> tuple[int, int, bytes]:
        """Write a file's bytes; returns form, length and descriptors, the later ones in an allocation extent."""
        if self.root_partition == 1:
            form = LONG  # short ones would count in the partition of the entries
        size = self.block_size
        blocks = -(-len(content) // size)
        each = max(1, -(-blocks // pieces)) * size
        found = []
        for at in range(0, len(content), each):
            part = content[at : at + each]
            first = self._new_data(-(-len(part) // size))
            begin = (self.start + first) * size
            self.data[begin : begin + len(part)] = part
            found.append(self._extent(form, len(part), first))
        if len(found) <= 3:
            return form, len(content), b"".join(found)
        more = self._new_data(1)
        body = struct.pack("<II", 0, len(b"".join(found[2:]))) + b"".join(found[2:])
        self._put(self.start + more, tagged(258, more, body, self.tag_version))
        return form, len(content), b"".join(found[:2]) + self._extent(form, size | 3 << 30, more)

    @staticmethod
    def _extent(form: int, length: int, block: int) -> bytes:
        return struct.pack("<II", length, block) if form == SHORT else long_extent(length, block, 0)

    def _entry(self, block: int, kind: int, form: int, length: int, descriptors: bytes) -> bytes:
        icb = struct.pack("<IHHHBB6sH", 0, 4, 0, 1, 0, kind, bytes(6), form)
        owner = struct.pack("<IIIHBBIQ", 0, 0, 0x14A5, 1, 0, 0, 0, length)
        blocks = 0 if form == IN_ENTRY else -(-length // self.block_size)
        implementation = struct.pack("<B23s8x", 0, b"*Negatoscope tests")
        tail = struct.pack("<QII", 16 + block, 0, len(descriptors)) + descriptors
        if self.tag_version == 3:
            middle = struct.pack("<QQ", length, blocks) + TIME * 4 + struct.pack("<II", 1, 0) + bytes(32)
            return tagged(EXTENDED_FILE_ENTRY, block, icb + owner + middle + implementation + tail, 3)
        middle = struct.pack("<Q", blocks) + TIME * 3 + struct.pack("<I", 1) + bytes(16)
        return tagged(FILE_ENTRY, block, icb + owner + middle + implementation + tail, 2)

    def _new_data(self, blocks: int) -> int:
        first = self.free
        self.free += blocks + 1
        assert (self.start + self.free + 1) * self.block_size <= len(self.data), "the volume is too small"
        return first

    def _new_entry(self) -> int:
        if self.table is not None:
            self.table.append(self._new_data(1))
            return len(self.table) - 1
        if self.free_metadata is not None:
            self.free_metadata += 1
            assert self.free_metadata <= _METADATA_BLOCKS
            return self.free_metadata - 1
        return self._new_data(1)

    def _metadata(self, block: int) -> int:
        gap = 2 if block >= _METADATA_BLOCKS // 2 else 0
        return self.start + _METADATA_AT + block + gap

    def _put_entry(self, block: int, entry: bytes, path: str) -> None:
        if self.table is not None:
            where = self.start + self.table[block]
        elif self.free_metadata is not None:
            where = self._metadata(block)
        else:
            where = self.start + block
        self.entries[path] = where * self.block_size
        self._put(where, entry)

    def _put(self, block: int, data: bytes) -> None:
        assert len(data) <= self.block_size
        at = block * self.block_size
        self.data[at : at + self.block_size] = data.ljust(self.block_size, b"\0")

    def _finish_table(self) -> None:
        """Write the new table of blocks behind everything, and end the image there."""
        assert self.table is not None
        entries = struct.pack(f"<{len(self.table)}I", *self.table)
        block = self._new_data(1)
        if self.tag_version == 3:
            content = (
                struct.pack("<HH128sIIIHHHH", 152, 0, bytes(128), 0xFFFFFFFF, 1, 1, 0x201, 0x201, 0x201, 0) + entries
            )
            kind = NEW_TABLE
        else:
            content = entries + struct.pack("<B23sHBB4xI", 0, b"*UDF Virtual Alloc Tbl", 0x150, 4, 5, 0xFFFFFFFF)
            kind = OLD_TABLE
        self._put(self.start + block, self._entry(block, kind, IN_ENTRY, len(content), content))
        del self.data[(self.start + block + 1) * self.block_size :]

    def _tag_at(self, offset: int) -> int:
        return int.from_bytes(self.data[offset : offset + 2], "little")

    def _descriptors(self, identifier: int, most: int) -> Iterator[int]:
        """Yield the blocks that begin with a tag whose check sum is right."""
        pattern = re.compile(re.escape(identifier.to_bytes(2, "little")) + rb"[\x02\x03]\x00")
        count = 0
        for match in pattern.finditer(self.data):
            block, within = divmod(match.start(), self.block_size)
            head = self.data[match.start() : match.start() + 16]
            if not within and (sum(head) - head[4]) & 0xFF == head[4] and count < most:
                count += 1
                yield block
