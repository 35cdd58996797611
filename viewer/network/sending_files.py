"""Files made ready to be sent, ahead of their turn: read once, hashed, and in an encoding that the station takes."""

import contextlib
import hashlib
import io
import os
import queue
import struct
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from viewer.base.errors import NetworkError, ViewerError, system_reason
from viewer.base.translation import _
from viewer.dicom.transfer_syntaxes import EXPLICIT_VR_LITTLE_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN, transfer_syntax
from viewer.network.message_pdus import Piece
from viewer.network.negotiation import AcceptedContext
from viewer.network.ports import HeldInstance
from viewer.network.recoding import recoded
from viewer.network.sending_outcome import Outcome

OTHER_ENCODING: Mapping[str, str] = {
    EXPLICIT_VR_LITTLE_ENDIAN: IMPLICIT_VR_LITTLE_ENDIAN,
    IMPLICIT_VR_LITTLE_ENDIAN: EXPLICIT_VR_LITTLE_ENDIAN,
}
FALLBACKS = (EXPLICIT_VR_LITTLE_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN)
_PIECE = 1 << 20
_READ_WHOLE = 4 << 20
"""Files up to this are read once and held; longer ones are read again, by pieces, when they are sent."""
_AHEAD = 2
_EXPLICIT_HEADER = struct.Struct("<HHI"), struct.Struct("<HH2sH")
_PREFIX, _META_BYTES = 128, 65536
_STOP_S = 0.05


class Rewriter(Protocol):
    """Writes data sets in another transfer syntax without changing a value of a pixel."""

    def can_rewrite(self, transfer_syntax_uid: str) -> bool:
        """Whether instances in a syntax can be, as far as that tells."""

    def rewritten(self, instance: HeldInstance, *, to_implicit: bool) -> BinaryIO:
        """Return the data set in explicit or implicit VR little endian, native pixels, from its first byte on.

        Raises:
            ViewerError: If it cannot be; why, for who wants to send it.
        """


@dataclass(slots=True)
class Outgoing:
    """An instance that can be sent now.

    Attributes:
        context_id: The presentation context to send it in.
        pieces: Of its data set.
        close: Gives up what it holds.
        sha256: Of its file.
        sent_as: Transfer Syntax UID, where it is not its own.
    """

    instance: HeldInstance
    context_id: int
    pieces: Iterable[Piece]
    close: Callable[[], None]
    sha256: str
    sent_as: str = ""


def made_ready(
    instance: HeldInstance,
    contexts: Mapping[int, AcceptedContext],
    rewriter: Rewriter | None = None,
    *,
    wants_hash: bool = False,
) -> Outgoing | Outcome:
    """Open an instance, see that it is what it was, and find a way to send it; or return why there is none.

    Args:
        instance: With the hash that its file must have, if that is known.
        contexts: What the station takes.
        rewriter: Writes it in another transfer syntax where that is needed.
        wants_hash: Whether the file is hashed though nobody knows what it should be: that costs as much as all else.
    """
    found = context_for(instance, contexts, rewriter)
    if found is None:
        return Outcome(None, _unwanted(instance, contexts))
    context_id, syntax = found
    with contextlib.ExitStack() as held:
        try:
            stream, sha256 = _opened(instance, held, is_hashed=wants_hash or bool(instance.sha256))
            if instance.sha256 and sha256 != instance.sha256:
                return Outcome(None, _("The file was altered since it was kept; it is not sent"))
            pieces, sent_as = _pieces(instance, stream, syntax, rewriter, held)
        except OSError as error:
            return Outcome(None, _("The file cannot be read: {0}").format(system_reason(error)))
        except ViewerError as error:
            return Outcome(None, str(error), sha256="")
        return Outgoing(instance, context_id, pieces, held.pop_all().close, sha256, sent_as)


def context_for(
    instance: HeldInstance, contexts: Mapping[int, AcceptedContext], rewriter: Rewriter | None
) -> tuple[int, str] | None:
    """Return the context to send an instance in and its transfer syntax; None when there is none."""
    of_class = {
        context.transfer_syntax: number
        for number, context in contexts.items()
        if context.abstract_syntax == instance.sop_class_uid
    }
    own = instance.transfer_syntax_uid
    for syntax in (own, *fallbacks(own, rewriter)):
        if syntax in of_class:
            return of_class[syntax], syntax
    return None


def fallbacks(transfer_syntax_uid: str, rewriter: Rewriter | None) -> tuple[str, ...]:
    """Return in what other syntaxes instances can be sent, the best first."""
    if transfer_syntax_uid in OTHER_ENCODING:
        return (OTHER_ENCODING[transfer_syntax_uid],)
    return FALLBACKS if rewriter is not None and rewriter.can_rewrite(transfer_syntax_uid) else ()


def _opened(instance: HeldInstance, held: contextlib.ExitStack, *, is_hashed: bool) -> tuple[BinaryIO, str]:
    """Return a file opened, and the hash of all of it."""
    with instance.path.open("rb", buffering=0) as raw:  # a buffer would be made anew for each file
        if os.fstat(raw.fileno()).st_size <= _READ_WHOLE:
            content = raw.read()
            return io.BytesIO(content), hashlib.sha256(content).hexdigest() if is_hashed else ""
    stream = held.enter_context(instance.path.open("rb"))
    return stream, hashlib.file_digest(stream, "sha256").hexdigest() if is_hashed else ""


def _pieces(
    instance: HeldInstance, stream: BinaryIO, syntax: str, rewriter: Rewriter | None, held: contextlib.ExitStack
) -> tuple[Iterable[Piece], str]:
    seek_data_set(stream)
    own = instance.transfer_syntax_uid
    if syntax == own:
        if isinstance(stream, io.BytesIO):
            return (stream.getbuffer()[stream.tell() :],), ""
        return iter(lambda: stream.read(_PIECE), b""), ""
    to_implicit = syntax == IMPLICIT_VR_LITTLE_ENDIAN
    if own in OTHER_ENCODING:
        # Whole before the first byte goes: what turns out to be damaged must not end the association.
        if isinstance(stream, io.BytesIO):
            return (b"".join(recoded(stream, to_implicit=to_implicit)),), syntax
        start = stream.tell()
        for _piece in recoded(stream, to_implicit=to_implicit):
            pass
        stream.seek(start)
        return recoded(stream, to_implicit=to_implicit), syntax
    if rewriter is None:
        raise NetworkError(_unwanted(instance, {}))
    rewritten = held.enter_context(contextlib.closing(rewriter.rewritten(instance, to_implicit=to_implicit)))
    return iter(lambda: rewritten.read(_PIECE), b""), syntax


def seek_data_set(stream: BinaryIO) -> None:
    """Go to where the data set begins, behind preamble and File Meta Information (PS3.10 7.1).

    Raises:
        NetworkError: If the file is none.
    """
    stream.seek(0)
    head = stream.read(_PREFIX + 4 + _META_BYTES)
    position = _PREFIX + 4 if head[_PREFIX : _PREFIX + 4] == b"DICM" else 0
    if position == 0 and head[:4] not in {b"\2\0\0\0", b"\x08\0\5\0", b"\x08\0\0\0", b"\x08\0\x08\0", b"\x08\0\x16\0"}:
        raise NetworkError(_("The file does not say what it is"))
    implicit, explicit = _EXPLICIT_HEADER
    while head[position : position + 2] == b"\2\0" and position + 12 <= len(head):
        _group, _element, vr, length = explicit.unpack_from(head, position)
        if not vr.isalpha():  # forbidden, but seen
            _group, _element, length = implicit.unpack_from(head, position)
        position += 8
        if vr in {b"OB", b"UN", b"OW", b"UT"}:
            length = int.from_bytes(head[position : position + 4], "little")
            position += 4
        position += length
    is_cut_off = head[position : position + 2] == b"\2\0"
    if is_cut_off or position >= stream.seek(0, 2) or position >= _META_BYTES:
        raise NetworkError(_("The file does not say what it is"))
    stream.seek(position)


def _unwanted(instance: HeldInstance, contexts: Mapping[int, AcceptedContext]) -> str:
    name = transfer_syntax(instance.transfer_syntax_uid).name
    if any(context.abstract_syntax == instance.sop_class_uid for context in contexts.values()):
        return _("It does not take objects in this encoding, and they cannot be sent in another one: {0}").format(name)
    return _("It does not take objects of this kind, or not in their encoding: {0}").format(name)


class Waiting:
    """Instances that wait to be sent, over one association or several."""

    def __init__(self, instances: Iterable[HeldInstance]) -> None:
        self._instances = deque(instances)
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._instances)

    def take(self) -> HeldInstance | None:
        """Return the next; None when there is none."""
        with self._lock:
            return self._instances.popleft() if self._instances else None

    def give_back(self, instances: Iterable[HeldInstance]) -> None:
        """Put instances that were not sent back to the front, in their order."""
        with self._lock:
            self._instances.extendleft(reversed(list(instances)))


class Ahead:
    """Makes instances ready on a thread of its own, a few ahead of those that are on their way.

    Args:
        waiting: Where they come from; what was not used goes back there at the end.
        make_ready: Opens one; must not raise.
    """

    def __init__(self, waiting: Waiting, make_ready: Callable[[HeldInstance], Outgoing | Outcome]) -> None:
        self._waiting, self._make_ready = waiting, make_ready
        self._ready: queue.Queue[tuple[HeldInstance, Outgoing | Outcome | BaseException] | None] = queue.Queue(_AHEAD)
        self._is_ended = threading.Event()
        self._thread = threading.Thread(target=self._work, name="sending ahead", daemon=True)
        self._thread.start()

    def __iter__(self) -> Iterator[tuple[HeldInstance, Outgoing | Outcome]]:
        while (ready := self._ready.get()) is not None:
            if isinstance(ready[1], BaseException):
                raise ready[1]
            yield ready[0], ready[1]

    def close(self) -> None:
        """Stop; instances that were made ready and not used wait again."""
        self._is_ended.set()
        left: list[HeldInstance] = []
        while True:
            is_alive = self._thread.is_alive()
            try:
                ready = self._ready.get(timeout=_STOP_S if is_alive else 0)
            except queue.Empty:
                if not is_alive:
                    break
                continue
            if ready is not None:
                left.append(ready[0])
                if isinstance(ready[1], Outgoing):
                    ready[1].close()
        self._thread.join()
        self._waiting.give_back(left)

    def _work(self) -> None:
        while not self._is_ended.is_set():
            instance = self._waiting.take()
            if instance is None:
                break
            try:
                self._ready.put((instance, self._make_ready(instance)))
            except BaseException as error:  # noqa: BLE001 - a bug: raised again where it is waited for
                self._ready.put((instance, error))
                break
        self._ready.put(None)
