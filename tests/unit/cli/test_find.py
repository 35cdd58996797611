"""What `find` says beside what it prints."""

import argparse
import json
from pathlib import Path

import pytest

from tests.builders.finding import answering, study
from tests.builders.scripted_dimse import ScriptedDimse
from viewer.cli import find


def test_a_study_of_which_archives_disagree_whose_it_is_is_told_of(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    parser = argparse.ArgumentParser()
    find.add_parser(parser.add_subparsers())
    with (
        ScriptedDimse(answering(study(1, PatientID="7", PatientName="Kim^A"))) as one,
        ScriptedDimse(answering(study(1, PatientID="8", PatientName="Lee^B"))) as two,
    ):
        names = ",".join(f"SCRIPTED@127.0.0.1:{peer.port}" for peer in (one, two))
        assert find.run(parser.parse_args(["find", names, "--json"], argparse.Namespace(folder=tmp_path))) == 0
    printed = capsys.readouterr()
    assert len(json.loads(printed.out)) == 1
    assert "Kim^A" in printed.err
    assert "Lee^B" in printed.err
