"""One instance of the disc on its way to a file."""

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray
from pydicom.dataset import Dataset


@dataclass(frozen=True, slots=True)
class MadeInstance:
    """A data set with its encoded pixels, its transfer syntax, and the frames as they were before encoding."""

    data_set: Dataset
    transfer_syntax_uid: str
    frames: tuple[NDArray[Any], ...]
