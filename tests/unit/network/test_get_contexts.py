"""What is proposed for C-GET: every transfer syntax that can be kept, apart where there is room for it."""

import pytest

from viewer.dicom.transfer_syntaxes import (
    EXPLICIT_VR_LITTLE_ENDIAN,
    IMPLICIT_VR_LITTLE_ENDIAN,
    TRANSFER_SYNTAXES,
    Codec,
)
from viewer.network.association_request import ProposedContext
from viewer.network.get_contexts import USUAL_CLASSES, kept_syntaxes, receiving_roles, storage_contexts
from viewer.network.peers import Quirks
from viewer.network.retrieve_operation import GET, proposed

ASKING = proposed(GET, Quirks())
CLASSES = [f"1.2.840.10008.5.1.4.1.1.{number}" for number in range(1, 200)]


def syntaxes_of(contexts: list[ProposedContext], uid: str) -> list[tuple[str, ...]]:
    return [each.transfer_syntaxes for each in contexts if each.abstract_syntax == uid]


def test_every_syntax_that_carries_a_data_set_is_kept() -> None:
    kept = kept_syntaxes()
    assert kept[:2] == (EXPLICIT_VR_LITTLE_ENDIAN, IMPLICIT_VR_LITTLE_ENDIAN)
    assert len(set(kept)) == len(kept)
    left_out = TRANSFER_SYNTAXES.keys() - set(kept)
    assert all(
        TRANSFER_SYNTAXES[uid].codec is Codec.JPIP or uid.startswith(("1.2.840.10008.1.2.6", "1.2.840.10008.1.2.7"))
        for uid in left_out
    )


@pytest.mark.parametrize("count", [1, 2])
def test_few_classes_have_a_context_for_each_syntax(count: int) -> None:
    contexts = storage_contexts(CLASSES[:count], ASKING)
    for uid in CLASSES[:count]:
        assert syntaxes_of(contexts, uid) == [(each,) for each in kept_syntaxes()]


@pytest.mark.parametrize("count", [3, 10, 25, 42, 63, 100, 126, 127, 199])
def test_never_more_than_128_and_the_commonest_apart(count: int) -> None:
    contexts = storage_contexts(CLASSES[:count], ASKING)
    numbers = [each.context_id for each in (*ASKING, *contexts)]
    assert len(numbers) <= 128
    assert numbers == list(range(1, 2 * len(numbers), 2))
    for uid in CLASSES[: min(count, 126)]:
        groups = syntaxes_of(contexts, uid)
        assert groups[0][0] == EXPLICIT_VR_LITTLE_ENDIAN
        assert all(0 < len(group) <= 32 for group in groups)  # DCMTK reads 50 at most
        if len(groups) > 2:
            assert groups[:2] == [(EXPLICIT_VR_LITTLE_ENDIAN,), (IMPLICIT_VR_LITTLE_ENDIAN,)]


def test_without_a_word_the_usual_classes_are_proposed() -> None:
    contexts = storage_contexts((), ASKING)
    assert tuple(dict.fromkeys(each.abstract_syntax for each in contexts)) == USUAL_CLASSES
    assert receiving_roles(contexts).keys() == set(USUAL_CLASSES)
    assert all(role.is_scp and not role.is_scu for role in receiving_roles(contexts).values())


def test_an_archive_may_be_left_to_choose() -> None:
    contexts = storage_contexts(CLASSES[:3], ASKING, is_each_apart=False)
    assert [each.abstract_syntax for each in contexts] == CLASSES[:3]
    assert all(len(each.transfer_syntaxes) == 32 for each in contexts)
