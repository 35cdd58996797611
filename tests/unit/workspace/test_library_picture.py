"""Pictures of the library's series on the disk: of nothing that is not held any more."""

from pathlib import Path
from typing import TYPE_CHECKING

from tests.builders.ct_series import write_ct_series
from viewer.base.jobs import Progress
from viewer.imaging.frame_decoding import InlineDecoder
from viewer.library.browsing import series_entries
from viewer.library.keeping import erase_patient
from viewer.library.library import Library
from viewer.library.picture_cache import PictureCache, PictureKey
from viewer.workspace.importing import ImportPlaces
from viewer.workspace.library_picture import MakeLibraryPicture

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class _ErasedMeanwhile(PictureCache):
    """The patient is erased by the time the picture is to be kept."""

    def __init__(self, library: Library) -> None:
        super().__init__(library.folder)
        self._library = library

    def put(self, key: PictureKey, picture: "NDArray[np.uint8]") -> None:
        erase_patient(self._library, "P1")
        super().put(key, picture)


def test_no_picture_outlives_an_erasure_that_came_while_it_was_drawn(tmp_path: Path) -> None:
    write_ct_series(tmp_path / "in", 1, 32, elements={"PatientID": "P1"})
    with Library(tmp_path / "library", reserve_bytes=0) as library:
        ImportPlaces((tmp_path / "in",), library).run(Progress())
        (study,) = library.catalogue.studies()
        middle = series_entries(library, study)[0].middle
        assert middle is not None
        for cache, left in ((PictureCache(library.folder), 1), (_ErasedMeanwhile(library), 0)):
            job = MakeLibraryPicture(library, cache, middle, 40 + left, InlineDecoder())
            assert job.run(Progress()).shape == (40 + left, 40 + left)
            assert len(list(library.folder.glob("pictures/*/*"))) == left
