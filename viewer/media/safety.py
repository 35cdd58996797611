"""What is let in from a medium: path rules and quotas (PS3.10 8.5 says what names should be; discs say otherwise).

Nothing is ever written where a medium's names say, so a hostile name could at most mislead; it is refused all the same,
and listed. Quotas are checked on what is declared and again on what really comes.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from viewer.base.errors import RefusedError
from viewer.base.translation import _

_DRIVE = re.compile(r"[A-Za-z]:")
_RESERVED = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|clock\$|com[0-9¹²³]|lpt[0-9¹²³]) *(\..*)?", re.IGNORECASE)
_CONTROL_CATEGORIES = frozenset({"Cc", "Cs", "Zl", "Zp"})
_DIRECTION_MARKS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_MEGABYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class Quotas:
    """How much one opening may hold; generous for real discs, small against bombs.

    Attributes:
        files: Files of all places together.
        depth: Folders within folders.
        nesting: Archives within archives: 1 is a ZIP, 2 a ZIP inside it.
        directory_bytes: Of a ZIP's central directory.
        member_bytes: Of one member, inflated.
        ratio: Of inflated to packed bytes, for members beyond ratio_from bytes.
        ratio_from: In bytes; small members may be as empty as they like.
        spooled_bytes: Temporary files of one process together.
        name_length: Characters of one component.
        path_length: Characters of a whole path inside an archive.
        image_bytes_read: Of an ISO image's own directories and descriptors.
    """

    files: int = 1_000_000
    depth: int = 64
    nesting: int = 2
    directory_bytes: int = 24 * _MEGABYTE
    member_bytes: int = 16_384 * _MEGABYTE
    ratio: int = 250
    ratio_from: int = 256 * _MEGABYTE
    spooled_bytes: int = 32_768 * _MEGABYTE
    name_length: int = 255
    path_length: int = 1_024
    image_bytes_read: int = 256 * _MEGABYTE


DEFAULT_QUOTAS = Quotas()


def member_components(name: str, quotas: Quotas = DEFAULT_QUOTAS) -> tuple[str, ...]:
    r"""Return the components of a member's name inside an archive or disc image.

    Backslashes separate too: some archivers for Windows write them.

    Raises:
        RefusedError: If the name is absolute, names a drive, a share or a device, leaves its container, or is
            longer or deeper than the quotas.
    """
    if len(name) > quotas.path_length:
        raise RefusedError(_("The path is too long"))
    unified = name.replace("\\", "/")
    if unified.startswith("/"):
        raise RefusedError(_("An absolute path leads out of the archive"))
    if _DRIVE.match(unified):
        raise RefusedError(_("A drive letter leads out of the archive"))
    components = tuple(part for part in unified.split("/") if part not in ("", "."))
    if not components:
        raise RefusedError(_("The name is empty"))
    return checked_components(components, quotas)


def checked_components(components: Sequence[str], quotas: Quotas = DEFAULT_QUOTAS) -> tuple[str, ...]:
    """Return the components if each of them is a plain name.

    Raises:
        RefusedError: If one is not, or there are too many.
    """
    if not components:
        raise RefusedError(_("The name is empty"))
    if len(components) > quotas.depth:
        raise RefusedError(_("Folders are nested too deeply"))
    for component in components:
        _check_component(component, quotas)
    return tuple(components)


def check_expansion(packed: int, inflated: int, quotas: Quotas = DEFAULT_QUOTAS) -> None:
    """Let pass what a member claims to become.

    Raises:
        RefusedError: If it is beyond the quotas.
    """
    if inflated > quotas.member_bytes:
        raise RefusedError(_("It claims to hold {bytes} bytes, more than is allowed").format(bytes=inflated))
    if inflated > quotas.ratio_from and inflated > quotas.ratio * max(packed, 1):
        raise RefusedError(
            _("{packed} bytes claim to become {inflated}: this looks like a bomb").format(
                packed=packed, inflated=inflated
            )
        )


def printable(text: str) -> str:
    """Return text that cannot steer a terminal or turn a line around: control characters are shown as escapes."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_escaped(character) for character in text)


def _escaped(character: str) -> str:
    if character in _DIRECTION_MARKS or unicodedata.category(character) in _CONTROL_CATEGORIES:
        return character.encode("unicode_escape").decode("ascii")
    return character


def _check_component(component: str, quotas: Quotas) -> None:
    if len(component) > quotas.name_length:
        raise RefusedError(_("The name is too long"))
    # Full-width look-alikes of dots and slashes become the real ones when some systems normalise names.
    plain = component if component.isascii() else unicodedata.normalize("NFKC", component)
    if not plain.strip(" ."):
        raise RefusedError(_("The path leads out of its medium"))
    if "/" in plain or "\\" in plain:
        raise RefusedError(_("The name holds a path separator"))
    if any(
        character in _DIRECTION_MARKS or unicodedata.category(character) in _CONTROL_CATEGORIES for character in plain
    ):
        raise RefusedError(_("The name holds control characters"))
    if ":" in plain:
        raise RefusedError(_("The name holds a colon: a drive or a hidden stream"))
    if _RESERVED.fullmatch(plain.rstrip(" .")):
        raise RefusedError(_("The name is that of a device"))
