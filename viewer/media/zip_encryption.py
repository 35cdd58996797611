"""Encrypted ZIP members: ZipCrypto and AES, through pyzipper; and finding out whether a password is right."""

import functools
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

from viewer.base.byte_source import ByteSource, SourceStream
from viewer.base.errors import PasswordNeededError
from viewer.base.translation import _
from viewer.media.problems import DamagedError

_PASSWORD_ENCODINGS = ("utf-8", "cp949", "cp437")
_PROVED_BY = 4 << 20
_READ_AT_ONCE = 1 << 16


def open_encrypted(container: ByteSource, header_offset: int, password: bytes) -> IO[bytes]:
    """Return a stream over a member, decrypted and unpacked.

    Raises:
        PasswordNeededError: If the password is wrong.
        DamagedError: If the archive is not as it was, or encrypted in a way nobody here knows.
    """
    archive, members = _archive(container)  # type: ignore[arg-type]  # every source is a frozen value
    with reading_errors():
        stream: IO[bytes] = archive.open(members[header_offset], pwd=password)
        return stream


def right_password(container: ByteSource, header_offset: int, length: int, typed: str) -> bytes | None:
    """Return the password as the bytes that open a member; None when it is wrong.

    Older programs write a password in the code page of their system, so these are tried too.
    """
    tried: set[bytes] = set()
    for encoding in _PASSWORD_ENCODINGS:
        try:
            password = typed.encode(encoding)
        except UnicodeEncodeError:
            continue
        if password in tried:
            continue
        tried.add(password)
        if password and _opens(container, header_offset, length, password):
            return password
    return None


@contextmanager
def reading_errors() -> Iterator[None]:
    """Turn what pyzipper raises into errors a reader understands."""
    try:
        yield
    except RuntimeError as error:
        if isinstance(error, NotImplementedError):
            raise DamagedError(_("It is encrypted or packed in a way that is not supported")) from error
        raise PasswordNeededError(_("The password is wrong")) from error
    except (zlib.error, EOFError, KeyError, ValueError) as error:
        raise DamagedError(_("The packed data is damaged")) from error
    except Exception as error:
        if type(error).__name__ == "BadZipFile":
            raise DamagedError(_("The check sum is wrong: the packed data is damaged")) from error
        raise


def _opens(container: ByteSource, header_offset: int, length: int, password: bytes) -> bool:
    # The quick test of ZipCrypto lets one wrong password in 256 through; the check sum at the end does not.
    try:
        with open_encrypted(container, header_offset, password) as stream, reading_errors():
            left = length if length <= _PROVED_BY else 1
            while left > 0 and (part := stream.read(min(left, 1 << 16))):
                left -= len(part)
            if length <= _PROVED_BY:
                stream.read(1)
    except (PasswordNeededError, DamagedError):
        return False
    return True


@functools.lru_cache(maxsize=4)
def _archive(container: ByteSource) -> tuple[Any, dict[int, Any]]:
    import pyzipper

    try:
        # Not container.open(): a file held open would keep a disc from being taken out.
        stream = io.BufferedReader(SourceStream(container), _READ_AT_ONCE)
        archive = pyzipper.AESZipFile(stream)
    except (pyzipper.BadZipFile, ValueError, NotImplementedError) as error:
        raise DamagedError(_("The archive is damaged"), subject=container.name) from error
    return archive, {info.header_offset: info for info in archive.infolist()}
