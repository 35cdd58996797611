"""The files of a ZIP archive as byte sources; nothing is ever extracted by name.

Stored members are read where they lie, packed ones unpacked as far as they are read. Names that lead anywhere, members
that overlap or claim absurd lengths are refused and listed.
"""

import stat
import struct
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from viewer.base.byte_source import ByteSource
from viewer.base.errors import MediaError, PasswordNeededError, RefusedError, ViewerError, system_reason
from viewer.base.translation import _
from viewer.media.container_bytes import slice_of, with_random_access
from viewer.media.folder_tree import FoundFile
from viewer.media.member_tree import MemberTree
from viewer.media.problems import DamagedError, OtherFileError, Problem, kind_of
from viewer.media.safety import DEFAULT_QUOTAS, Quotas, check_expansion, member_components, printable
from viewer.media.zip_encryption import right_password
from viewer.media.zip_member import ZipMemberBytes, data_offset
from viewer.media.zip_methods import DEFLATED, STORED, SUPPORTED_METHODS, method_name

_ENCRYPTED, _UTF8 = 0x1, 0x800
_AES_METHOD, _AES_EXTRA = 99, 0x9901
_END_RECORD, _END_RECORD_BYTES, _LONGEST_COMMENT = b"PK\x05\x06", 22, 65_535
_END_RECORD_64, _LOCATOR_64, _LOCATOR_BYTES = b"PK\x06\x06", b"PK\x06\x07", 20
_TRIES = 5
_OTHER_KINDS = frozenset({"META-INF/MANIFEST.MF", "[Content_Types].xml", "mimetype", "AndroidManifest.xml"})

Ask = Callable[[str, bool], str | None]


@dataclass(frozen=True, slots=True)
class _Entry:
    """One line of the archive's directory that is a file."""

    info: zipfile.ZipInfo
    components: tuple[str, ...]
    method: int
    has_crc: bool

    @property
    def is_encrypted(self) -> bool:
        return bool(self.info.flag_bits & _ENCRYPTED)

    @property
    def member(self) -> str:
        return "/".join(self.components)


def open_archive(
    source: ByteSource,
    ask: Ask,
    quotas: Quotas = DEFAULT_QUOTAS,
    nesting: int = 0,
    moved: Callable[[], None] = lambda: None,
) -> MemberTree:
    """Return the files of a ZIP archive.

    Args:
        source: The archive.
        ask: Called with the archive's name and whether the last password was wrong; returns None to give up.
        quotas: Limits against bombs.
        nesting: Archives around this one.
        moved: Called whenever the medium has answered.

    Raises:
        RefusedError: If the archive as a whole is hostile.
        PasswordNeededError: If it is encrypted and no right password was given.
        DamagedError: If it is no archive any more.
        OtherFileError: If it is the archive of a program or document.
    """
    if nesting >= quotas.nesting:
        raise RefusedError(_("An archive inside archives is not opened"), subject=source.name)
    container = with_random_access(source, quotas, moved)
    _check_directory(container, quotas)
    infos = _directory(container)
    if any(info.filename in _OTHER_KINDS for info in infos):
        raise OtherFileError(_("An archive of a program or document, not of images"), subject=source.name)
    _check_overlaps(infos, source.name)
    problems: list[Problem] = []
    entries = list(_checked(infos, source.name, quotas, problems))
    password = _password(container, source.name, entries, ask)
    files = list(_files(container, entries, password, problems, moved))
    return MemberTree(source.name, files, problems)


def _directory(container: ByteSource) -> list[zipfile.ZipInfo]:
    try:
        with container.open() as stream, zipfile.ZipFile(stream) as archive:
            return archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, struct.error, EOFError, OverflowError) as error:
        raise DamagedError(
            _("The archive is incomplete or damaged"), subject=container.name, advice=_("Copy or download it again")
        ) from error
    except OSError as error:
        raise MediaError(system_reason(error), subject=container.name) from error


def _check_directory(container: ByteSource, quotas: Quotas) -> None:
    """Look at the size of the directory before anything makes objects of it."""
    size = container.size()
    tail_length = min(size, _END_RECORD_BYTES + _LONGEST_COMMENT + _LOCATOR_BYTES)
    tail = container.read_at(size - tail_length, tail_length)
    at = tail.rfind(_END_RECORD)
    if at < 0 or len(tail) - at < _END_RECORD_BYTES:
        return  # zipfile says what is wrong
    declared = int.from_bytes(tail[at + 12 : at + 16], "little")
    locator = tail[max(0, at - _LOCATOR_BYTES) : at]
    if locator.startswith(_LOCATOR_64):
        record = container.read_at(int.from_bytes(locator[8:16], "little"), 56)
        if record.startswith(_END_RECORD_64):
            declared = max(declared if declared != 0xFFFFFFFF else 0, int.from_bytes(record[40:48], "little"))
    if min(declared, size) > quotas.directory_bytes:
        raise RefusedError(_("The archive's directory claims to be larger than is allowed"), subject=container.name)


def _check_overlaps(infos: Iterable[zipfile.ZipInfo], name: str) -> None:
    """Members that share packed bytes are how a few KiB become terabytes."""
    end = 0
    for info in sorted(infos, key=lambda info: info.header_offset):
        if info.header_offset < end:
            raise RefusedError(_("Members of the archive overlap: this looks like a bomb"), subject=name)
        end = info.header_offset + info.compress_size


def _checked(
    infos: Iterable[zipfile.ZipInfo], archive_name: str, quotas: Quotas, problems: list[Problem]
) -> Iterable[_Entry]:
    for info in infos:
        name = _member_name(info)
        if name.endswith(("/", "\\")) and not info.file_size:
            continue
        try:
            components = member_components(name, quotas)
            if stat.S_ISLNK(info.external_attr >> 16):
                raise RefusedError(_("A link inside an archive is not followed"))
            if "\0" in info.orig_filename:
                raise RefusedError(_("The name holds control characters"))
            check_expansion(info.compress_size, info.file_size, quotas)
            method, has_crc = _method(info)
            _check_method(method, is_encrypted=bool(info.flag_bits & _ENCRYPTED))
        except ViewerError as error:
            problems.append(Problem(f"{archive_name}!/{printable(name)}", str(error), kind_of(error)))
        else:
            yield _Entry(info, components, method, has_crc)


def _member_name(info: zipfile.ZipInfo) -> str:
    """Return the name, in whichever of UTF-8, Korean or IBM code page it was written without saying so."""
    name = info.orig_filename
    if info.flag_bits & _UTF8 or name.isascii():
        return name
    try:
        raw = name.encode("cp437")
    except UnicodeEncodeError:
        return name
    for encoding in ("utf-8", "euc_kr", "cp949"):
        try:
            decoded = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if encoding != "cp949" or _is_mostly_korean(decoded):
            return decoded
    return name


def _is_mostly_korean(text: str) -> bool:
    """Tell Korean from Latin text that happens to be possible in the wider Korean code page."""
    wide = [each for each in text if not each.isascii()]
    return sum(_is_common_korean(each) for each in wide) * 2 > len(wide)


def _is_common_korean(character: str) -> bool:
    try:
        # Syllables outside KS X 1001 are written as eight bytes there.
        return len(character.encode("euc_kr")) == 2
    except UnicodeEncodeError:
        return False


def _method(info: zipfile.ZipInfo) -> tuple[int, bool]:
    """Return how a member is packed, and whether its check sum is kept, looking under an AES wrapping."""
    if info.compress_type != _AES_METHOD:
        return info.compress_type, True
    extra = info.extra
    while len(extra) >= 4:
        identifier, length = struct.unpack_from("<HH", extra)
        if identifier == _AES_EXTRA and length >= 7 and len(extra) >= 11:
            version, _vendor, _strength, method = struct.unpack_from("<H2sBH", extra, 4)
            return method, version == 1
        extra = extra[4 + length :]
    raise DamagedError(_("It is encrypted or packed in a way that is not supported"))


def _check_method(method: int, *, is_encrypted: bool) -> None:
    # bzip2 and LZMA under encryption are unpacked without a bound by the library that decrypts.
    if method not in SUPPORTED_METHODS or (is_encrypted and method not in (STORED, DEFLATED)):
        text = _("It is encrypted and packed by {method}") if is_encrypted else _("It is packed by {method}")
        name = text.format(method=method_name(method))
        raise DamagedError(_("{packing}, which is not read here: unpack the archive first").format(packing=name))


def _password(container: ByteSource, name: str, entries: Iterable[_Entry], ask: Ask) -> bytes:
    encrypted = sorted((entry for entry in entries if entry.is_encrypted), key=lambda entry: entry.info.file_size)
    if not encrypted:
        return b""
    # The smallest member with something in it is enough to prove a password.
    proof = next((entry.info for entry in encrypted if entry.info.file_size), encrypted[0].info)
    for number in range(_TRIES):
        typed = ask(name, number > 0)
        if typed is None:
            break
        password = right_password(container, proof.header_offset, proof.file_size, typed)
        if password is not None:
            return password
    raise PasswordNeededError(
        _("The archive is encrypted and was not opened: no right password was given"), subject=name
    )


def _files(
    container: ByteSource,
    entries: Iterable[_Entry],
    password: bytes,
    problems: list[Problem],
    moved: Callable[[], None],
) -> Iterable[FoundFile]:
    for entry in entries:
        info, member = entry.info, entry.member
        moved()
        try:
            if entry.method == STORED and not entry.is_encrypted:
                start = data_offset(container, info.header_offset)
                if start + info.file_size > container.size():
                    raise DamagedError(_("The archive is incomplete: this member is cut off"))
                source = slice_of(container, start, info.file_size, member)
            else:
                crc = info.CRC if entry.has_crc else None
                key = password if entry.is_encrypted else b""
                source = ZipMemberBytes(
                    container, member, info.header_offset, info.compress_size, info.file_size, crc, entry.method, key
                )
        except ViewerError as error:
            problems.append(Problem(f"{container.name}!/{printable(member)}", str(error), kind_of(error)))
            continue
        yield FoundFile(source, entry.components)
