"""What is proposed so that an archive can send instances on our own association (C-GET, PS3.4 C.5.3).

Each transfer syntax has a context of its own, as far as 128 contexts go: the archive can then send every instance as it
has it, and need not choose one syntax for all of a class.
"""

from collections.abc import Iterable, Mapping, Sequence

from viewer.dicom.transfer_syntaxes import (
    DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN,
    EXPLICIT_VR_BIG_ENDIAN,
    EXPLICIT_VR_LITTLE_ENDIAN,
    IMPLICIT_VR_LITTLE_ENDIAN,
    RLE_LOSSLESS,
    TRANSFER_SYNTAXES,
    Codec,
)
from viewer.network.association_request import ProposedContext, ProposedRoles

_ROOT = "1.2.840.10008.5.1.4.1.1."
_USUAL = (
    "2 4 1 1.1 1.2 7 6.1 3.1 12.1 12.2 128 20 2.1 4.1 13.1.3 88.59 11.1 88.22 88.33 88.67 104.1 66.4 481.3 481.2 481.5"
)
"""Suffixes of the storage classes that are met most often, for archives that do not say what they hold: few enough for
the commonest transfer syntaxes to be asked for apart."""
USUAL_CLASSES = tuple(_ROOT + suffix for suffix in _USUAL.split())
_FIRST = (
    EXPLICIT_VR_LITTLE_ENDIAN,
    IMPLICIT_VR_LITTLE_ENDIAN,
    "1.2.840.10008.1.2.4.70",
    "1.2.840.10008.1.2.4.90",
    "1.2.840.10008.1.2.4.80",
    "1.2.840.10008.1.2.4.50",
    "1.2.840.10008.1.2.4.91",
    RLE_LOSSLESS,
    "1.2.840.10008.1.2.4.51",
    "1.2.840.10008.1.2.4.57",
    "1.2.840.10008.1.2.4.81",
    DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN,
    EXPLICIT_VR_BIG_ENDIAN,
    "1.2.840.10008.1.2.4.201",
    "1.2.840.10008.1.2.4.202",
    "1.2.840.10008.1.2.4.203",
)
_WITHOUT_DATA_SET = ("1.2.840.10008.1.2.6.", "1.2.840.10008.1.2.7.")
"""MIME, XML and real-time video; JPIP keeps its pixels at the sender."""
_MOST = 128
_FEWEST_APART = 2
_MOST_TOGETHER = 32
"""In one context: more than 50 are more than some archives can read."""


def kept_syntaxes() -> tuple[str, ...]:
    """Return every transfer syntax in which an instance can be kept, those that are met most often first."""
    known = (
        uid
        for uid, syntax in TRANSFER_SYNTAXES.items()
        if syntax.codec is not Codec.JPIP and not uid.startswith(_WITHOUT_DATA_SET)
    )
    return tuple(dict.fromkeys((*_FIRST, *known)))


def storage_contexts(
    sop_class_uids: Sequence[str], first: Sequence[ProposedContext], *, is_each_apart: bool = True
) -> list[ProposedContext]:
    """Return what to propose for instances of classes, behind the contexts that ask for them.

    Args:
        sop_class_uids: Of what is expected, the most important first; empty for the usual ones.
        first: Contexts that come before; 128 in all are possible.
        is_each_apart: Whether each transfer syntax has a context of its own. Some archives use the first context of a
            class, whatever they hold: these are better asked to choose one.
    """
    classes = list(dict.fromkeys(sop_class_uids or USUAL_CLASSES))
    room = _MOST - len(first)
    del classes[room:]
    apart, more = divmod(room, len(classes)) if is_each_apart else (1, 0)
    pairs = [
        (uid, together)
        for number, uid in enumerate(classes)
        for together in _grouped(kept_syntaxes(), apart + (number < more))
    ]
    return [
        ProposedContext(2 * (len(first) + number) + 1, uid, together) for number, (uid, together) in enumerate(pairs)
    ]


def receiving_roles(contexts: Iterable[ProposedContext]) -> Mapping[str, ProposedRoles]:
    """Return that we take instances of all these classes (PS3.7 D.3.3.4)."""
    return {context.abstract_syntax: ProposedRoles(is_scu=False, is_scp=True) for context in contexts}


def _grouped(syntaxes: Sequence[str], count: int) -> list[tuple[str, ...]]:
    """Return transfer syntaxes in so many groups: each alone, and what is left over together in the last."""
    if count >= len(syntaxes):
        return [(uid,) for uid in syntaxes]
    if count == _FEWEST_APART:  # what is compressed, and what is not, each in its own
        plain = tuple(uid for uid in syntaxes if not TRANSFER_SYNTAXES[uid].is_encapsulated)
        return [plain, tuple(uid for uid in syntaxes if uid not in plain)[:_MOST_TOGETHER]]
    return [*((uid,) for uid in syntaxes[: count - 1]), tuple(syntaxes[count - 1 :][:_MOST_TOGETHER])]
