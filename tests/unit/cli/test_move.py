"""What `move --to` makes of an archive's last word: nothing is called complete that may not be."""

import argparse
from pathlib import Path

import pytest
from pydicom.dataset import Dataset

from tests.builders.scripted_dimse import Request, ScriptedDimse, Talk
from viewer.base.errors import NetworkError
from viewer.cli import move

_COMPLETED, _FAILED = "e1021", "e1022"


def _moved(folder: Path, status: int, failed: str = "", **counts: int) -> int:
    def script(talk: Talk, request: Request) -> None:
        identifier = Dataset()
        identifier.FailedSOPInstanceUIDList = [failed]
        talk.respond(request, status, identifier if failed else b"", **counts)

    parser = argparse.ArgumentParser()
    move.add_parser(parser.add_subparsers())
    with ScriptedDimse(script) as peer:
        typed = ["move", f"SCRIPTED@127.0.0.1:{peer.port}", "--study", "1.2", "--to", "ELSEWHERE"]
        return move.run(parser.parse_args(typed, argparse.Namespace(folder=folder, library=folder / "library")))


def test_what_is_all_there_is(tmp_path: Path) -> None:
    assert _moved(tmp_path, 0, e1021=3, e1022=0, e1023=0) == 0
    assert _moved(tmp_path, 0xB000, e1021=2, e1022=0, e1023=1) == 0  # warnings of the other station


@pytest.mark.parametrize(
    ("status", "failed", "counts"),
    [
        (0xB000, "", {_COMPLETED: 3}),
        (0xB000, "1.2.3", {_COMPLETED: 3}),
        (0xB000, "", {_COMPLETED: 3, _FAILED: 1}),
        (0xFE00, "", {_COMPLETED: 3}),
        (0x0000, "", {}),
    ],
)
def test_what_may_not_be_all_there_is(tmp_path: Path, status: int, failed: str, counts: dict[str, int]) -> None:
    with pytest.raises(NetworkError):
        _moved(tmp_path, status, failed, **counts)
