"""Where things lie: the data the program reads, and the folders it may write."""

import functools
import os
import tempfile
from pathlib import Path

APPLICATION = "negatoscope"


@functools.cache
def _data_root() -> Path:
    package = Path(__file__).resolve().parent.parent
    installed = package / "_data"
    return installed if installed.is_dir() else package.parent


def resources_path(*parts: str) -> Path:
    """Return a path under resources/."""
    return _data_root().joinpath("resources", *parts)


def icons_path(*parts: str) -> Path:
    """Return a path under icons/."""
    return _data_root().joinpath("icons", *parts)


def config_folder(override: Path | None = None) -> Path:
    """Return the folder of the settings: --config, NEGATOSCOPE_CONFIG, or the system's place for it."""
    if override is not None:
        return override
    if from_environment := os.environ.get("NEGATOSCOPE_CONFIG"):
        return Path(from_environment)
    import platformdirs

    return Path(platformdirs.user_config_dir(APPLICATION))


def library_folder(override: Path | None = None) -> Path:
    """Return the folder of the library: --library, NEGATOSCOPE_LIBRARY, or the user's data folder."""
    if override is not None:
        return override
    if from_environment := os.environ.get("NEGATOSCOPE_LIBRARY"):
        return Path(from_environment)
    import platformdirs

    return Path(platformdirs.user_data_dir(APPLICATION)) / "library"


@functools.cache
def private_temporary_folder() -> Path:
    """Return this process's own temporary folder, readable by its owner alone; removed when the process ends."""
    import atexit
    import shutil

    folder = Path(tempfile.mkdtemp(prefix=f"{APPLICATION}-{os.getpid()}-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
