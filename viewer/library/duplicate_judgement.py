"""Whether two files hold the same instance: the same data set in the same transfer syntax, byte for byte.

What precedes the data set (preamble and group 0002, PS3.10 7.1) is of whoever wrote the file: an instance that came on
a disc is received again with another one, and that is no alteration.
"""

import struct
from collections.abc import Iterable
from dataclasses import dataclass

from viewer.base.byte_source import ByteSource
from viewer.base.errors import LibraryError, MediaError
from viewer.library.instance_record import KeptFile
from viewer.library.instance_store import InstanceStore, ObjectState
from viewer.library.integrity import state_of

_PREAMBLE, _MARK = 128, b"DICM"
_LONGEST_META = 1 << 20
_META_BEGIN = _PREAMBLE + len(_MARK)
_LONG_VRS = frozenset({b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"})
_TRANSFER_SYNTAX = 0x0010
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class DataSetPart:
    """Where the data set of a file begins, and how it is encoded."""

    offset: int
    transfer_syntax_uid: str


def data_set_part(source: ByteSource) -> DataSetPart | None:
    """Return where a file's data set begins; None for a file that is not as PS3.10 7.1 wants it.

    Raises:
        MediaError: If the medium fails.
    """
    head = source.read_at(0, _META_BEGIN)
    if head[_PREAMBLE:] != _MARK:
        return None
    data = source.read_at(_META_BEGIN, _LONGEST_META)
    syntax, position = b"", 0
    while len(data) - position >= 8:
        group, element, vr, length = struct.unpack_from("<HH2sH", data, position)
        if group != 2:
            break
        position += 8
        if vr in _LONG_VRS:
            if len(data) - position < 4:
                return None
            (length,) = struct.unpack_from("<I", data, position)
            position += 4
        if length > len(data) - position:
            return None
        if element == _TRANSFER_SYNTAX:
            syntax = data[position : position + length]
        position += length
    if not syntax:
        return None
    return DataSetPart(_META_BEGIN + position, syntax.decode("ascii", "replace").strip(" \0"))


def is_same_data_set(one: ByteSource, other: ByteSource) -> bool:
    """Whether two files hold the same data set; False where that cannot be said, or one cannot be read."""
    try:
        first, second = data_set_part(one), data_set_part(other)
        if first is None or second is None or first.transfer_syntax_uid != second.transfer_syntax_uid:
            return False
        if one.size() - first.offset != other.size() - second.offset:
            return False
        with one.open() as left, other.open() as right:
            left.seek(first.offset)
            right.seek(second.offset)
            while piece := left.read(_PIECE):
                if piece != right.read(len(piece)):
                    return False
        return True
    except (MediaError, OSError):
        return False


class LastJudge:
    """Judges once more while instances are filed: since one was compared, another process may have filed the same.

    Args:
        store: With the files of both, which nobody takes away meanwhile.
        compared: Hashes of two files whose data sets are known to differ.

    Attributes:
        held: What is in force instead, by the hash of a file in the store that nothing needs by that.
    """

    def __init__(self, store: InstanceStore, compared: Iterable[tuple[str, str]] = ()) -> None:
        self.held: dict[str, KeptFile] = {}
        self._store = store
        self._compared = frozenset(compared)

    def __call__(self, held: KeptFile, arrived: KeptFile) -> bool:
        """Whether what is in force is whole, and the same data set as what arrived."""
        if (held.sha256, arrived.sha256) in self._compared:
            return False
        try:
            is_same = is_same_data_set(self._store.open(held), self._store.open(arrived))
        except LibraryError:
            return False
        if not is_same or state_of(self._store, held) is not ObjectState.WHOLE:
            return False
        if not held.is_in_place and not arrived.is_in_place:
            self.held[arrived.sha256] = held
        return True
