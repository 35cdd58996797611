"""What is there already of what is to be fetched."""

from pathlib import Path

from tests.builders.retrieving import OutLibrary, study_of
from viewer.network.ports import Caller, OfferedInstance


def test_what_is_in_the_trash_is_not_there(tmp_path: Path) -> None:
    (one,) = study_of(1, size=100)
    uid = one.sop_instance_uid
    with OutLibrary(tmp_path) as place:
        sink = place.keeper.begin(
            OfferedInstance(one.sop_class_uid, uid, one.transfer_syntax_uid), Caller("PEER", "127.0.0.1")
        )
        sink.write(one.data_set)
        sink.finish()
        assert place.held([uid]) == place.held_of_study(one.study_instance_uid) == {uid}
        place.library.catalogue.trash(one.study_instance_uid)
        assert place.held([uid]) == place.held_of_study(one.study_instance_uid) == set()
