"""The decoder process: takes requests from a pipe, answers with facts in the pipe and pixels in shared memory.

Started by decoder_pool, fresh (spawned), with limits on memory and time. It imports neither Qt nor pydicom. Answers
are JSON: the window never unpickles what a process says that has been fed bytes from outside.
"""

import dataclasses
import json
import os
import sys
from multiprocessing.connection import Connection
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy: threads would count against the memory limit

import numpy as np
from numpy.typing import NDArray

from viewer.base.errors import DecodingError
from viewer.base.translation import _, current_language, set_language
from viewer.imaging.frame_decoding import DecodeRequest
from viewer.imaging.shared_arena import SharedArena
from viewer.imaging.stored_frame import StoredFrame

MEMORY_LIMIT = 6 << 30
"""Bytes of address space: several times what the largest accepted frame needs."""
FRAME_CPU_SECONDS = 30


def run_worker(connection: Connection, descriptor: int | None) -> None:
    """Answer requests until the pipe closes or an empty message comes.

    Args:
        connection: To the window.
        descriptor: Of the memory both share: the codestream goes in, the pixels come out; None to use the pipe.
    """
    _confine()
    arena = None if descriptor is None else SharedArena(descriptor)
    from viewer.imaging.codecs.decode_frame import decode_frame

    connection.send_bytes(b"ready")
    while True:
        try:
            message: tuple[DecodeRequest, int, str] | None = connection.recv()
        except (EOFError, OSError):
            return
        if message is None:
            return
        request, length, language = message
        if language != current_language():
            set_language(language)  # errors are told in the words of the window
        if arena is not None and length:
            request = dataclasses.replace(request, data=arena.read_bytes(length))
        _allow_cpu_seconds(FRAME_CPU_SECONDS)
        try:
            frame = decode_frame(request)
        except DecodingError as error:
            _answer(connection, {"error": str(error), "advice": error.advice})
        except Exception as error:  # noqa: BLE001 - hostile bytes may find a bug: it costs this frame and is logged
            _answer(connection, {"error": _bug(request, error), "is_bug": True})
        else:
            _answer_frame(connection, arena, frame)


def _bug(request: DecodeRequest, error: Exception) -> str:
    return _("The {codec} stream is damaged ({kind})").format(codec=request.codec, kind=type(error).__name__)


def _answer(connection: Connection, answer: dict[str, Any]) -> None:
    connection.send_bytes(json.dumps(answer).encode())


def _answer_frame(connection: Connection, arena: SharedArena | None, frame: StoredFrame) -> None:
    arrays: list[NDArray[Any]] = [frame.values]
    if frame.raw_words is not None:
        arrays.append(frame.raw_words)
    if arena is not None:
        arena.write(arrays)
    answer = {
        "arrays": [[list(array.shape), array.dtype.str] for array in arrays],
        "photometric_interpretation": frame.photometric_interpretation,
        "warnings": [warning.name for warning in frame.warnings],
        "missing_rows": frame.missing_rows,
        "has_lost_bits": frame.has_lost_bits,
    }
    _answer(connection, answer)
    if arena is None:
        for array in arrays:
            connection.send_bytes(np.ascontiguousarray(array).data)


def _confine() -> None:
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the window decides when to end
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 2)  # native decoders print what they find in the file
    os.close(quiet)
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core would hold pixels


def _allow_cpu_seconds(seconds: int) -> None:
    if sys.platform != "win32":
        import resource

        usage = resource.getrusage(resource.RUSAGE_SELF)
        _, hard = resource.getrlimit(resource.RLIMIT_CPU)
        resource.setrlimit(resource.RLIMIT_CPU, (int(usage.ru_utime + usage.ru_stime) + seconds, hard))
