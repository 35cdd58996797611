"""The whole disc, in the order in which it is burnt."""

from collections.abc import Callable, Iterable
from pathlib import Path

from tests.builders.sample_disc.ct import head_and_chest, localizers, prior_chest, tilted_head
from tests.builders.sample_disc.file_set import FileSetWriter
from tests.builders.sample_disc.instance import MadeInstance
from tests.builders.sample_disc.projection import chest_radiograph, mammograms
from tests.builders.sample_disc.ultrasound import duplex_cine
from tests.builders.sample_disc.xa import angiogram

PARTS: tuple[Callable[[], Iterable[MadeInstance]], ...] = (
    localizers,
    head_and_chest,
    chest_radiograph,
    prior_chest,
    tilted_head,
    angiogram,
    mammograms,
    duplex_cine,
)

README = """NEGATOSCOPE SAMPLE DISC

A DICOM file-set with made images of people who do not exist. Nothing on it
comes from a patient: the bodies are geometry, the names are textbook names.
Not for diagnosis; for trying and testing a viewer.

DICOMDIR    the directory of the file-set
DICOM\\      the images

Patient     Name              Images
PHANTOM-01  Hong^Gildong      CT head and chest with localizer, an earlier
                              chest CT (one lung sphere has grown since),
                              chest radiograph
PHANTOM-02  Yamada^Tarou      head CT with a tilted gantry
PHANTOM-03  Aeneas^Ruediger   angiography cine
PHANTOM-04  Fairweather^Emily mammograms, carotid duplex cine

Known truths (HU of the rods, volumes of the spheres, sides, regions) are in
tests/builders/sample_disc/truth.py of the source, which also made this disc:
    python -m tests.builders.sample_disc FOLDER
"""


def build(folder: Path) -> None:
    """Write the disc into an empty or absent folder."""
    if folder.exists() and any(folder.iterdir()):
        raise FileExistsError(f"{folder} is not empty")
    writer = FileSetWriter(folder)
    for part in PARTS:
        writer.add(part())
    writer.finish()
    (folder / "README.TXT").write_bytes(README.replace("\n", "\r\n").encode("ascii"))
