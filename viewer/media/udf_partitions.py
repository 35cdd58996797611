"""Where the blocks of a UDF partition lie in the image (UDF 2.2.8 to 2.2.10).

Plain ones lie in a row. A virtual partition (CD-R, DVD-R) has a table of blocks, a sparable one (CD-RW) a table of
replaced packets, a metadata partition (UDF 2.50) is itself a file of another partition.
"""

import bisect
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from viewer.base.errors import RefusedError
from viewer.base.translation import _
from viewer.media.image_files import Extent, merged
from viewer.media.problems import DamagedError

_RUNS_ALLOWED = 4_000_000
_UNUSED_BLOCK = 0xFFFFFFFF


class Partition(Protocol):
    """Blocks by number."""

    def locate(self, block: int, length: int) -> tuple[Extent, ...]:
        """Return the runs of the image that hold so many bytes from a block on.

        Raises:
            MediaError: If they are not in the partition.
        """


@dataclass(slots=True)
class Allowance:
    """How many runs of blocks a volume may still name: against images whose files all share the same million runs."""

    runs: int = _RUNS_ALLOWED

    def take(self, count: int) -> None:
        """Take note of some.

        Raises:
            RefusedError: If there are too many.
        """
        self.runs -= count
        if self.runs < 0:
            raise RefusedError(_("The disc image's directories claim to be larger than is allowed"))


@dataclass(frozen=True, slots=True)
class PlainPartition:
    """Blocks in a row.

    Attributes:
        start: The first one, in blocks of the image.
        blocks: How many there are.
        block_size: In bytes.
        replaced: Packets that lie elsewhere: number in the partition → first block in the image; none but on CD-RW.
        packet: Blocks of a packet.
    """

    start: int
    blocks: int
    block_size: int
    allowance: Allowance
    replaced: Mapping[int, int] = field(default_factory=dict)
    packet: int = 1

    def locate(self, block: int, length: int) -> tuple[Extent, ...]:
        """Return the runs that hold so many bytes from a block on."""
        count = -(-length // self.block_size)
        if block + count > self.blocks:
            raise DamagedError(_("It names blocks that are not in its partition"))
        if not self.replaced:
            self.allowance.take(1)
            return (((self.start + block) * self.block_size, length),)
        self.allowance.take(count)
        return _pieces([self._placed(each) for each in range(block, block + count)], length, self.block_size)

    def _placed(self, block: int) -> int:
        packet, within = divmod(block, self.packet)
        first = self.replaced.get(packet)
        return self.start + block if first is None else first + within


@dataclass(frozen=True, slots=True)
class VirtualPartition:
    """Blocks by a table that is written anew with every change."""

    table: "array[int]"
    start: int
    block_size: int
    allowance: Allowance

    def locate(self, block: int, length: int) -> tuple[Extent, ...]:
        """Return the runs that hold so many bytes from a block on."""
        count = -(-length // self.block_size)
        if block + count > len(self.table):
            raise DamagedError(_("It names blocks that are not in its partition"))
        self.allowance.take(count)
        blocks = self.table[block : block + count]
        if _UNUSED_BLOCK in blocks:
            raise DamagedError(_("It names blocks that are not in its partition"))
        return _pieces([self.start + each for each in blocks], length, self.block_size)


class MetadataPartition:
    """Blocks of a file of another partition."""

    def __init__(self, extents: Sequence[Extent], block_size: int, allowance: Allowance) -> None:
        self._extents = extents
        self._block_size = block_size
        self._allowance = allowance
        self._starts: list[int] = []
        end = 0
        for _offset, length in extents:
            self._starts.append(end)
            end += length
        self._end = end

    def locate(self, block: int, length: int) -> tuple[Extent, ...]:
        """Return the runs that hold so many bytes from a block on."""
        at = block * self._block_size
        if at + length > self._end:
            raise DamagedError(_("It names blocks that are not in its partition"))
        index = bisect.bisect_right(self._starts, at) - 1
        runs: list[Extent] = []
        while length > 0:
            self._allowance.take(1)
            offset, size = self._extents[index]
            within = at - self._starts[index]
            part = min(length, size - within)
            runs.append((offset + within, part))
            at, length, index = at + part, length - part, index + 1
        return tuple(runs)


@dataclass(frozen=True, slots=True)
class UnreadPartition:
    """A partition that cannot be read; only what lies in it is lost."""

    reason: str

    def locate(self, block: int, length: int) -> tuple[Extent, ...]:  # noqa: ARG002 - asked like every partition
        """Say why this is not read; trying again will not help."""
        raise DamagedError(self.reason)


def _pieces(blocks: Sequence[int], length: int, block_size: int) -> tuple[Extent, ...]:
    runs = [(block * block_size, min(block_size, length - index * block_size)) for index, block in enumerate(blocks)]
    return merged(runs)
