"""A copy of a damaged index that SQLite opens: filled up to its length, with the table of contents of a new index.

An index is laid out by schema.sql in the same order each time and never rearranged, so its tables begin at the same
pages as those of a new one. What is read through a borrowed table of contents has to be judged value by value.
(The file format is SQLite's: https://www.sqlite.org/fileformat2.html, sections 1.3 and 1.6.)
"""

import shutil
from pathlib import Path

from viewer.library.database import DATABASE_NAME, Database

MENDED = "mended.sqlite"

_MAGIC = b"SQLite format 3\0"
_HEADER_BYTES, _PAGE_SIZE_AT, _PAGES_AT, _VERSION_AT = 100, 16, 28, 60
_INTERIOR_TABLE_PAGE = 5


def mend(database: Path, work: Path) -> None:
    """Write a mended copy as MENDED into a folder.

    Raises:
        OSError: If it cannot be written.
    """
    fresh_folder, copy = work / "fresh", work / MENDED
    Database(fresh_folder).close()
    fresh = (fresh_folder / DATABASE_NAME).read_bytes()
    page_bytes = _number(fresh, _PAGE_SIZE_AT, 2)
    shutil.copyfile(database, copy)
    if (log := Path(f"{database}-wal")).is_file():
        shutil.copyfile(log, f"{copy}-wal")
    with copy.open("r+b") as stream:
        header = stream.read(_HEADER_BYTES).ljust(_HEADER_BYTES, b"\0")
        is_known = header.startswith(_MAGIC)
        pages = -(-copy.stat().st_size // page_bytes)
        if is_known:  # what was cut off is told by the length that the header gives
            if header[_VERSION_AT : _VERSION_AT + 4] != fresh[_VERSION_AT : _VERSION_AT + 4]:
                return  # laid out by another version of the program
            pages = max(pages, min(_number(header, _PAGES_AT, 4), 2 * pages + len(fresh) // page_bytes))
        pages = max(pages, len(fresh) // page_bytes)
        stream.truncate(pages * page_bytes)
        for page in _contents_pages(fresh, page_bytes):
            stream.seek((page - 1) * page_bytes)
            stream.write(fresh[(page - 1) * page_bytes : page * page_bytes])
        stream.seek(_PAGES_AT)
        stream.write(pages.to_bytes(4, "big"))


def _contents_pages(content: bytes, page_bytes: int) -> list[int]:
    """Return the numbers of the pages that the table of contents of a sound database lies on."""
    found: list[int] = []
    waiting = [1]
    while waiting:
        page = waiting.pop()
        found.append(page)
        start = (page - 1) * page_bytes
        at = start + (_HEADER_BYTES if page == 1 else 0)
        if content[at] == _INTERIOR_TABLE_PAGE:
            waiting.append(_number(content, at + 8, 4))
            cells = (_number(content, at + 12 + 2 * cell, 2) for cell in range(_number(content, at + 3, 2)))
            waiting += [_number(content, start + cell, 4) for cell in cells]
    return found


def _number(content: bytes, at: int, length: int) -> int:
    return int.from_bytes(content[at : at + length], "big")
