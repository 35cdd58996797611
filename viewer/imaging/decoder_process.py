"""One decoder process, seen from the window: send a frame, get its values or learn that the process died."""

import contextlib
import dataclasses
import json
import logging
import multiprocessing
import os
import signal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from viewer.base.errors import DecodingError
from viewer.base.translation import current_language
from viewer.imaging.frame_decoding import DecodeRequest
from viewer.imaging.shared_arena import DescriptorForChild, SharedArena, new_arena_descriptor
from viewer.imaging.stored_frame import FrameWarning, StoredFrame

logger = logging.getLogger(__name__)

_START_SECONDS = 30.0
_END_SECONDS = 1.0
_DTYPES = frozenset(("|u1", "|i1", "<u2", "<i2", "<u4", "<i4", "<u8", "<i8", "<f4", "<f8"))
_FIRST_MESSAGE = 16
_LARGEST_ANSWER = 1 << 16
_LARGEST_ARRAY = 1 << 30


class ProcessDiedError(Exception):
    """The process is gone, or was ended because it took too long; never leaves the pool."""

    def __init__(self, *, was_slow: bool = False) -> None:
        super().__init__("A decoder process died")
        self.was_slow = was_slow


class DecoderProcess:
    """One process; used by one thread at a time."""

    def __init__(self) -> None:
        from viewer.imaging.decode_worker import run_worker

        context = multiprocessing.get_context("spawn")
        descriptor = new_arena_descriptor()
        self._arena = None if descriptor is None else SharedArena(descriptor)
        handed = None if descriptor is None else DescriptorForChild(descriptor)
        self._connection, theirs = context.Pipe()
        self._is_ready = False
        self.stream_path = ""
        self._process = context.Process(target=run_worker, args=(theirs, handed), name="decoder", daemon=True)
        self._process.start()
        theirs.close()

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid or 0

    @property
    def is_alive(self) -> bool:
        """Whether it still runs."""
        return self._process.is_alive()

    def wait_until_ready(self) -> None:
        """Wait for a process that was just started.

        Raises:
            ProcessDiedError: If it does not come up.
        """
        if self._is_ready:
            return
        try:
            if not self._connection.poll(_START_SECONDS) or self._connection.recv_bytes(_FIRST_MESSAGE) != b"ready":
                raise ProcessDiedError
        except (EOFError, OSError):
            raise ProcessDiedError from None
        self._is_ready = True

    def decode(self, request: DecodeRequest, seconds: float) -> StoredFrame:
        """Return the frame.

        Raises:
            DecodingError: If it cannot be decoded; the process lives on.
            ProcessDiedError: If the process died or was slow; it is of no more use.
        """
        self.stream_path = request.stream_path
        self.wait_until_ready()
        try:
            self._send(request)
            if not self._connection.poll(seconds):
                raise ProcessDiedError(was_slow=True)
            answer = json.loads(self._connection.recv_bytes(_LARGEST_ANSWER))
            if "error" in answer:
                if answer.get("is_bug"):
                    logger.error("A decoder failed in a way it should not: %s", answer["error"])
                raise DecodingError(answer["error"], subject=request.subject, advice=answer.get("advice", ""))
            return self._frame(answer)
        except (EOFError, OSError):
            self._process.join(_END_SECONDS)
            raise ProcessDiedError(was_slow=self._process.exitcode == -_CPU_SIGNAL) from None
        except (ValueError, KeyError, TypeError):
            raise ProcessDiedError from None  # an answer that makes no sense: its memory is no longer sound

    def interrupt(self) -> None:
        """End the process under the thread that uses it, which learns that it died."""
        with contextlib.suppress(ValueError):  # that thread was quicker
            self._process.kill()

    def end(self, *, is_forced: bool = False) -> None:
        """End the process and give back what it held."""
        if not is_forced:
            try:
                self._connection.send(None)
            except OSError:
                is_forced = True
        if not is_forced:
            self._process.join(_END_SECONDS)
        if self._process.is_alive():
            self._process.kill()
        self._process.join()
        self._connection.close()
        self._process.close()
        if self._arena is not None:
            self._arena.close()

    def _send(self, request: DecodeRequest) -> None:
        if self._arena is None or not request.data:
            self._connection.send((request, 0, current_language()))
            return
        self._arena.write_bytes(request.data)
        self._connection.send((dataclasses.replace(request, data=b""), len(request.data), current_language()))

    def _frame(self, answer: dict[str, Any]) -> StoredFrame:
        arrays: list[NDArray[Any]] = []
        offset = 0
        for shape, dtype_name in answer["arrays"]:
            if dtype_name not in _DTYPES or any(not isinstance(extent, int) or extent < 1 for extent in shape):
                raise ValueError("An array of a kind that no frame has")
            dtype = np.dtype(dtype_name)
            if self._arena is not None:
                arrays.append(self._arena.read(offset, tuple(shape), dtype))
            else:
                data = self._connection.recv_bytes(_LARGEST_ARRAY)
                arrays.append(np.frombuffer(data, dtype).reshape(shape))
            offset += arrays[-1].nbytes
        return StoredFrame(
            arrays[0],
            str(answer["photometric_interpretation"]),
            frozenset(FrameWarning[name] for name in answer["warnings"]),
            int(answer["missing_rows"]),
            arrays[1] if len(arrays) > 1 else None,
            bool(answer["has_lost_bits"]),
        )


_CPU_SIGNAL = signal.SIGXCPU if os.name == "posix" else 0
