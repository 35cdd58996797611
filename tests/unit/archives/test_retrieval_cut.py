"""A retrieve that is ended while the archive still lists what there is."""

import time
from pathlib import Path

from pydicom.dataset import Dataset

from tests.builders.retrieving import Fetching, OutFolder, dimse_access, fetching
from tests.builders.scripted_dimse import C_FIND, FIELD, Request, ScriptedDimse, Talk

_LONGER_THAN_A_LOOK_S = 0.3


def test_half_a_list_of_which_all_is_here_is_not_the_whole_study(tmp_path: Path) -> None:
    running: list[Fetching] = []

    def script(talk: Talk, request: Request) -> None:
        if request.number(FIELD) != C_FIND:
            return
        level = request.identifier.QueryRetrieveLevel
        answer = Dataset()
        answer.QueryRetrieveLevel, answer.StudyInstanceUID, answer.SeriesInstanceUID = level, "1.2", "1.2.1"
        if level == "IMAGE":
            answer.SOPInstanceUID = "1.2.1.1"
        talk.respond(request, 0xFF00, answer)
        if level == "IMAGE":  # more would come
            time.sleep(_LONGER_THAN_A_LOOK_S)
            running[0].retrieval.cancel()
            talk.is_cancelled(10)
        talk.respond(request, 0xFE00 if level == "IMAGE" else 0)

    (tmp_path / "1.2.1.1.dcm").write_bytes(b"here")
    with OutFolder(tmp_path) as place, ScriptedDimse(script) as peer:
        running.append(fetching(dimse_access(peer), place, "1.2", tries=1))
        report = running[0].run()
    assert (report.is_cancelled, report.is_whole) == (True, False)
