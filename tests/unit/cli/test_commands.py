import json
from pathlib import Path
from typing import cast

import pytest

from viewer.cli.main import WindowFaces, main
from viewer.workspace.commands.table import COMMANDS

NO_FACES = cast("WindowFaces", None)


def test_commands_as_json_are_a_list_of_id_title_and_keys(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["commands", "--json", "--config", str(tmp_path)], NO_FACES) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["id"] for row in rows] == [command.id for command in COMMANDS]
    assert all(set(row) == {"id", "title", "keys"} for row in rows)
    assert next(row for row in rows if row["id"] == "palette.show")["keys"] == ["Ctrl+K", "Ctrl+Shift+P"]


def test_the_keys_listed_are_those_in_force(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text('version = 1\n[keys]\nkeys = ["view.fit=F"]\n')
    assert main(["--config", str(tmp_path), "commands", "--json"], NO_FACES) == 0
    rows = json.loads(capsys.readouterr().out)
    assert next(row for row in rows if row["id"] == "view.fit")["keys"] == ["F"]


def test_without_json_there_is_a_line_a_command(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["commands", "--config", str(tmp_path)], NO_FACES) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(COMMANDS)
