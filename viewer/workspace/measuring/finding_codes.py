"""What is found and where, as short lists of codes (resources/finding_codes.toml), searched by words.

Words of the reader's own are codes too: of this program's private scheme, so that reports keep them.
"""

import functools
import tomllib
import unicodedata

from viewer.base.paths import resources_path
from viewer.base.translation import _
from viewer.dicom.codes import Code
from viewer.measurement.private_codes import SCHEME, private_code

_FILE = "finding_codes.toml"
_SNOMED = "SCT"
_OWN = "own-"
"""What values of codes begin with that stand for words of the reader's own."""
_LONGEST = 64
"""Of a Code Meaning (LO)."""


@functools.cache
def _listed(part: str) -> tuple[Code, ...]:
    table = tomllib.loads(resources_path(_FILE).read_text("utf-8"))[part]
    return tuple(Code(value, _SNOMED, meaning) for value, meaning in table.items())


def findings() -> tuple[Code, ...]:
    """Return what can be found, the commonest first."""
    return _listed("findings")


def sites() -> tuple[Code, ...]:
    """Return where, from head to foot."""
    return _listed("sites")


def words_of(code: Code | None) -> str:
    """Return a code's meaning in the reader's language; empty for none."""
    return _(code.meaning) if code is not None and code.meaning else ""


def code_of(typed: str, codes: tuple[Code, ...]) -> Code | None:
    """Return the code that was typed by its English or translated name; else words of one's own; None for nothing."""
    wanted = folded(typed)
    if not wanted:
        return None
    for code in codes:
        if wanted in {folded(code.meaning), folded(_(code.meaning))}:
            return code
    words = " ".join(typed.replace("\\", "/").split())[:_LONGEST]  # a backslash would part values in files
    return private_code(_own_value(words), words)


def is_own(code: Code) -> bool:
    """Return whether a code stands for words of the reader's own."""
    return code.scheme == SCHEME and code.value.startswith(_OWN)


def found(typed: str, codes: tuple[Code, ...]) -> tuple[Code, ...]:
    """Return the codes in whose English or translated name every typed word occurs."""
    words = folded(typed).split()
    return tuple(code for code in codes if all(word in folded(f"{code.meaning} {_(code.meaning)}") for word in words))


def folded(text: str) -> str:
    """Return a text as it is compared."""
    return unicodedata.normalize("NFKC", text).casefold().strip()


def _own_value(words: str) -> str:
    """Return a Code Value (at most 16 characters) that is the same for the same words."""
    import hashlib

    return _OWN + hashlib.blake2b(folded(words).encode(), digest_size=6).hexdigest()
