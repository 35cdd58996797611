"""Discs as people hand them over: folders with a DICOMDIR, ZIP archives, disc images; made by others' tools."""

import hashlib
import shutil
import subprocess
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.builders.ct_series import write_ct_series


def needed(tool: str) -> str:
    """Return the path of a system tool; skips the test where it is not installed."""
    path = f"/usr/bin/{tool}"
    if not Path(path).exists():
        pytest.skip(f"{path} is not installed")
    return path


def write_disc(folder: Path, count: int = 6, *, label: str = "disc") -> list[Path]:
    """Write a disc without a DICOMDIR: DICOM/S0/IM000000 … with a few other files."""
    paths = write_ct_series(folder / "DICOM" / "S0", count, size=16, label=label)
    (folder / "README.TXT").write_text("Read me")
    (folder / "AUTORUN.INF").write_text("[autorun]\nopen=VIEWER.EXE")
    (folder / "VIEWER.EXE").write_bytes(b"MZ" + bytes(500))
    (folder / "INDEX.HTM").write_text("<html></html>")
    return paths


OTHER_FILES = 4
"""Files of write_disc that are not DICOM."""


def make_directory(folder: Path) -> Path:
    """Let DCMTK's dcmmkdir write the DICOMDIR of a folder."""
    command = [needed("dcmmkdir"), "+r", "-W", "-Nxc", "+id", str(folder), "+D", str(folder / "DICOMDIR"), "DICOM"]
    subprocess.run(command, check=True, capture_output=True, cwd=folder)
    return folder / "DICOMDIR"


def make_zip(archive: Path, folder: Path, compression: int = zipfile.ZIP_DEFLATED) -> Path:
    """Pack a folder with the standard library."""
    with zipfile.ZipFile(archive, "w", compression) as packed:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                packed.write(path, path.relative_to(folder).as_posix())
    return archive


def make_image(image: Path, folder: Path, options: Sequence[str]) -> Path:
    """Let genisoimage write a disc image."""
    command = [needed("genisoimage"), "-quiet", *options, "-o", str(image), str(folder)]
    subprocess.run(command, check=True, capture_output=True)
    return image


def fingerprint(folder: Path) -> str:
    """Return a digest of a tree: names, contents, times of change and modes."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        digest.update(f"{path}|{status.st_mtime_ns}|{status.st_mode}|{status.st_size}".encode())
        if path.is_file() and not path.is_symlink():
            digest.update(path.read_bytes())
    return digest.hexdigest()


def copy_disc(source: Path, target: Path) -> Path:
    """Copy a disc so that a test can damage it."""
    shutil.copytree(source, target)
    return target
