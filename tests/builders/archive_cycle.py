"""The sample disc there and back: what it holds, the program's own commands, and whether what came back is the same."""

import contextlib
import io
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, cast

import numpy as np
import pydicom

from tests.builders.retrieving import data_set_of
from tests.flows.command_line import ROOT, Ended
from viewer.cli.main import WindowFaces, main

JPEG_LOSSLESS = {"1.2.840.10008.1.2.4.57", "1.2.840.10008.1.2.4.70"}
DISC = ROOT / "resources" / "sample_disc"


def run_here(folder: Path, *arguments: object) -> Ended:
    """Run a command in this process, with its settings in a folder of the test: much quicker than a process."""
    words = ["--config", str(folder / "config"), "--language", "en", *map(str, arguments)]
    printed, said = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(said):
        try:
            code = main(words, cast("WindowFaces", None))
        except SystemExit as ended:
            code = int(ended.code or 0)
    return Ended(code, printed.getvalue(), said.getvalue())


@dataclass(frozen=True, slots=True)
class DiscStudy:
    """A study of the disc.

    Attributes:
        files: By SOP Instance UID.
    """

    study_instance_uid: str
    patient_id: str
    patient_name: str
    files: Mapping[str, Path]

    @property
    def transfer_syntaxes(self) -> set[str]:
        """In which its images are."""
        return {data_set_of(path)[0] for path in self.files.values()}


@cache
def disc_studies() -> tuple[DiscStudy, ...]:
    """Return the studies of the sample disc, as pydicom reads them."""
    found: dict[str, DiscStudy] = {}
    for path in sorted((DISC / "DICOM").rglob("*")):
        if path.is_file():
            header = pydicom.dcmread(path, stop_before_pixels=True)
            uid = str(header.StudyInstanceUID)
            known = found.get(uid)
            files = {**(known.files if known else {}), str(header.SOPInstanceUID): path}
            found[uid] = DiscStudy(uid, str(header.PatientID), str(header.PatientName), files)
    return tuple(found.values())


@dataclass
class Compared:
    """How what came compares with what was sent.

    Attributes:
        same: How many have the very bytes of their data set.
        same_pixels: How many have another transfer syntax or encoding, and the very pixels, names and IDs.
        changed: UIDs of those that have other contents.
        missing: UIDs of those that did not come.
    """

    same: int = 0
    same_pixels: int = 0
    changed: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def is_right(self) -> bool:
        """Whether there is no hole and nothing wrong."""
        return not (self.changed or self.missing)


def compared(files: Mapping[str, Path], out: Path) -> Compared:
    """Hold a folder that `get` filled against the files that were sent."""
    result = Compared()
    for uid, path in files.items():
        came = out / f"{uid}.dcm"
        if not came.is_file():
            result.missing += (uid,)
        elif data_set_of(came) == data_set_of(path):
            result.same += 1
        elif _is_alike(path, came):
            result.same_pixels += 1
        else:
            result.changed += (uid,)
    return result


def _is_alike(sent: Path, came: Path) -> bool:
    """Whether two files say the same: all elements but those that say how pixels are encoded, and every pixel."""
    left = {0x7FE00010, 0x00280006, 0x00280004}  # pixels, and how colours lie in them
    one, other = (
        {each.tag: each for each in pydicom.dcmread(path) if each.tag not in left and each.tag.element}
        for path in (sent, came)
    )
    return one == other and bool(np.array_equal(_pixels(sent), _pixels(came)))


def _pixels(path: Path) -> "np.ndarray[Any, Any]":
    """Return every pixel, as pydicom or DCMTK decodes it."""
    data_set = pydicom.dcmread(path)
    if data_set.file_meta.TransferSyntaxUID not in JPEG_LOSSLESS:
        return data_set.pixel_array
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "plain.dcm"
        subprocess.run(("/usr/bin/dcmdjpeg", path, plain), check=True, capture_output=True, timeout=60)
        return pydicom.dcmread(plain).pixel_array


def sent_rows(folder: Path, name: str, *places: Path) -> list[dict[str, Any]]:
    """Send, and return what the command says of each instance; all of them are there then."""
    ended = run_here(folder, "send", name, *places, "--json")
    rows: list[dict[str, Any]] = ended.json()
    assert (ended.code, ended.errors) == (0, ""), [row for row in rows if not row["sent"]][:3]
    return rows


def found_rows(folder: Path, name: str, *keys: str) -> Sequence[Mapping[str, str]]:
    """Search, and return the answers."""
    ended = run_here(folder, "find", name, *keys, "--json")
    assert ended.code == 0, ended.errors
    rows: list[dict[str, str]] = ended.json()
    return rows
