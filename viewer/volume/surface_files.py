"""Surfaces as files other programs read: STL (binary), OBJ with its MTL, PLY (binary) and glTF 2.0 (GLB).

Coordinates are LPS millimetres in all of them; each says so where its format has a place for words. Nothing of the
patient's identity, nor any UID, is in them.
"""

import json
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

import viewer
from viewer.base.errors import MediaError, system_reason
from viewer.base.jobs import Progress
from viewer.base.translation import _
from viewer.base.whole_output import whole_file
from viewer.volume.surface import Surface
from viewer.volume.surface_mesh import vertex_normals

Color = tuple[int, int, int]

BONE: Color = (232, 217, 186)
SUFFIXES = (".stl", ".obj", ".ply", ".glb")

_AT_ONCE = 200_000
_PLACE = "LPS (+x left, +y posterior, +z superior)"
_UNIT = "millimetre"
_MATERIAL = "surface"

# From the patient (z up, facing -y) to glTF (y up, facing +z), in metres: PS3.3 C.7.6.2.1.1 and glTF 2.0, 3.4.
_TO_GLTF = (0.001, 0, 0, 0, 0, 0, -0.001, 0, 0, 0.001, 0, 0, 0, 0, 0, 1)
_GLB_MAGIC, _GLB_JSON, _GLB_BINARY = 0x46546C67, 0x4E4F534A, 0x004E4942
_FLOAT, _UNSIGNED_INT = 5126, 5125
_ARRAY_BUFFER, _ELEMENT_ARRAY_BUFFER = 34962, 34963

_STL_TRIANGLE = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])
_PLY_VERTEX = np.dtype([("place", "<f4", 3), ("normal", "<f4", 3), ("color", "u1", 3)])
_PLY_FACE = np.dtype([("count", "u1"), ("corners", "<i4", 3)])


@dataclass(frozen=True, slots=True, eq=False)
class _Writing:
    surface: Surface
    color: Color
    stream: BinaryIO
    path: Path
    progress: Progress

    def parts(self) -> Iterator[NDArray[np.int32]]:
        """Yield the triangles some at a time; stops when cancelled."""
        triangles = self.surface.triangles
        for start in range(0, len(triangles), _AT_ONCE):
            self.progress.report(start, len(triangles), _("Writing triangles"))
            yield triangles[start : start + _AT_ONCE]


def is_surface_file(path: Path) -> bool:
    """Return whether a file's name ends in a suffix that can be written."""
    return path.suffix.lower() in SUFFIXES


def write_surface(
    surface: Surface, path: Path, *, color: Color = BONE, is_replacing: bool = True, progress: Progress | None = None
) -> tuple[Path, ...]:
    """Write a surface in the format that the file's suffix names: whole or not at all.

    Args:
        surface: Its coordinates are written as they are.
        path: Ends in one of SUFFIXES.
        color: Red, green and blue, 0 to 255; STL has none.
        is_replacing: Whether files that are there already give way.
        progress: Gets counts; cancelling it leaves nothing behind.

    Returns:
        What was written: OBJ has its colour in a second file.

    Raises:
        MediaError: If it cannot be written, or the suffix names no such format.
        Cancelled: If progress was cancelled.
    """
    suffix = path.suffix.lower()
    if suffix not in _WRITERS:
        raise MediaError(
            _("A surface is written as .stl, .obj, .ply or .glb"), subject=str(path), advice=_("Choose another name")
        )
    written: tuple[Path, ...] = (path,)
    try:
        if suffix == ".obj":
            material = path.with_suffix(".mtl")
            with whole_file(material, is_replacing=is_replacing) as stream:
                stream.write(_material_text(color).encode())
            written = (path, material)
        with whole_file(path, is_replacing=is_replacing) as stream:
            _WRITERS[suffix](_Writing(surface, color, stream, path, progress or Progress()))
    except OSError as error:
        raise MediaError(system_reason(error), subject=str(path), advice=_("Choose another place")) from error
    return written


def _write_stl(writing: _Writing) -> None:
    # A header that began with "solid" would be taken for text.
    header = f"negatoscope {viewer.__version__} binary STL; UNITS=mm; SPACE=LPS"
    writing.stream.write(header.encode()[:80].ljust(80, b" ") + struct.pack("<I", len(writing.surface.triangles)))
    for part in writing.parts():
        corners = writing.surface.vertices[part]
        across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]).astype(np.float64)
        lengths = np.linalg.norm(across, axis=1)
        records = np.zeros(len(part), _STL_TRIANGLE)
        records["normal"] = across / np.where(lengths > 0, lengths, 1.0)[:, None]
        records["corners"] = corners
        writing.stream.write(records.tobytes())


def _write_obj(writing: _Writing) -> None:
    surface = writing.surface
    material = writing.path.with_suffix(".mtl").name
    comments = (f"# {words}" for words in _words())
    head = (*comments, f"mtllib {material}", f"o {_MATERIAL}", f"usemtl {_MATERIAL}")
    writing.stream.write("".join(f"{line}\n" for line in head).encode())
    for start in range(0, len(surface.vertices), _AT_ONCE):
        writing.progress.check()
        part = surface.vertices[start : start + _AT_ONCE]
        writing.stream.write(("v %.5f %.5f %.5f\n" * len(part) % tuple(part.reshape(-1).tolist())).encode())
    for triangles in writing.parts():
        numbers = (triangles.astype(np.int64) + 1).reshape(-1).tolist()
        writing.stream.write(("f %d %d %d\n" * len(triangles) % tuple(numbers)).encode())


def _material_text(color: Color) -> str:
    red, green, blue = (part / 255 for part in color)
    return f"newmtl {_MATERIAL}\nKd {red:.4f} {green:.4f} {blue:.4f}\nKa 0 0 0\nKs 0.1 0.1 0.1\nNs 20\nd 1\nillum 2\n"


def _write_ply(writing: _Writing) -> None:
    surface = writing.surface
    lines = [
        "ply",
        "format binary_little_endian 1.0",
        *(f"comment {words}" for words in _words()),
        f"element vertex {len(surface.vertices)}",
        *(f"property float {name}" for name in ("x", "y", "z", "nx", "ny", "nz")),
        *(f"property uchar {name}" for name in ("red", "green", "blue")),
        f"element face {len(surface.triangles)}",
        "property list uchar int vertex_indices",
        "end_header",
    ]
    writing.stream.write("".join(f"{line}\n" for line in lines).encode())
    normals = vertex_normals(surface.vertices, surface.triangles)
    for start in range(0, len(surface.vertices), _AT_ONCE):
        writing.progress.check()
        part = surface.vertices[start : start + _AT_ONCE]
        vertices = np.zeros(len(part), _PLY_VERTEX)
        vertices["place"], vertices["normal"] = part, normals[start : start + _AT_ONCE]
        vertices["color"] = writing.color
        writing.stream.write(vertices.tobytes())
    for triangles in writing.parts():
        faces = np.zeros(len(triangles), _PLY_FACE)
        faces["count"], faces["corners"] = 3, triangles
        writing.stream.write(faces.tobytes())


def _write_glb(writing: _Writing) -> None:
    surface = writing.surface
    normals = vertex_normals(surface.vertices, surface.triangles)
    arrays = (
        surface.vertices.astype("<f4", copy=False),
        normals.astype("<f4", copy=False),
        surface.triangles.astype("<u4"),
    )
    text = json.dumps(_gltf(surface, writing.color), separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    size = sum(array.nbytes for array in arrays)  # all of them in fours of bytes already
    writing.stream.write(struct.pack("<III", _GLB_MAGIC, 2, 12 + 8 + len(text) + 8 + size))
    writing.stream.write(struct.pack("<II", len(text), _GLB_JSON) + text)
    writing.stream.write(struct.pack("<II", size, _GLB_BINARY))
    for array in arrays:
        for start in range(0, len(array), _AT_ONCE):
            writing.progress.report(start, len(array), _("Writing triangles"))
            writing.stream.write(array[start : start + _AT_ONCE].tobytes())


def _gltf(surface: Surface, color: Color) -> dict[str, object]:
    vertices, triangles = len(surface.vertices), len(surface.triangles)
    low, high = surface.bounds_mm
    sizes = (vertices * 12, vertices * 12, triangles * 12)
    targets = (_ARRAY_BUFFER, _ARRAY_BUFFER, _ELEMENT_ARRAY_BUFFER)
    views = [
        {"buffer": 0, "byteOffset": sum(sizes[:index]), "byteLength": sizes[index], "target": target}
        for index, target in enumerate(targets)
    ]
    place = {"bufferView": 0, "componentType": _FLOAT, "count": vertices, "type": "VEC3", "min": low, "max": high}
    normal = {"bufferView": 1, "componentType": _FLOAT, "count": vertices, "type": "VEC3"}
    corner = {"bufferView": 2, "componentType": _UNSIGNED_INT, "count": triangles * 3, "type": "SCALAR"}
    primitive = {"attributes": {"POSITION": 0, "NORMAL": 1}, "indices": 2, "material": 0}
    shine = {
        "baseColorFactor": [*(_linear(part / 255) for part in color), 1.0],
        "metallicFactor": 0.0,
        "roughnessFactor": 0.6,
    }
    words = {"accessors": "coordinates in " + _UNIT + "s, " + _PLACE, "node": "their turn to metres with y up"}
    return {
        "asset": {
            "version": "2.0",
            "generator": f"negatoscope {viewer.__version__}",
            "extras": {"units": "mm", "space": "LPS", **words},
        },
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0, "name": _MATERIAL, "matrix": _TO_GLTF}],
        "meshes": [{"name": _MATERIAL, "primitives": [primitive]}],
        "materials": [{"name": _MATERIAL, "pbrMetallicRoughness": shine}],
        "accessors": [place, normal, corner],
        "bufferViews": views,
        "buffers": [{"byteLength": sum(sizes)}],
    }


def _linear(part: float) -> float:
    """Return a part of an sRGB colour as light (IEC 61966-2-1), which is what glTF counts in."""
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4


def _words() -> tuple[str, str]:
    return f"negatoscope {viewer.__version__}", f"units {_UNIT}; space {_PLACE}"


_WRITERS: dict[str, Callable[[_Writing], None]] = {
    ".stl": _write_stl,
    ".obj": _write_obj,
    ".ply": _write_ply,
    ".glb": _write_glb,
}
