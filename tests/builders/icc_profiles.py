"""ICC profiles made byte by byte (ICC.1:2001, version 2.1): the truth about them is ours and not LittleCMS's."""

import struct
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

D50 = np.array([0.9642, 1.0, 0.8249])
D65 = np.array([0.95047, 1.0, 1.08883])
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])

ADOBE_RGB = ((0.64, 0.33), (0.21, 0.71), (0.15, 0.06))
ADOBE_GAMMA = 2.19921875
DISPLAY_P3 = ((0.68, 0.32), (0.265, 0.69), (0.15, 0.06))
SRGB = ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06))

Primaries = Sequence[tuple[float, float]]


def colorants(primaries: Primaries) -> NDArray[np.float64]:
    """Return the columns XYZ of red, green and blue, adapted from D65 to D50 by Bradford."""
    columns = np.array([[x / y, 1.0, (1 - x - y) / y] for x, y in primaries]).T
    to_xyz = columns * np.linalg.solve(columns, D65)
    cones = (_BRADFORD @ D50) / (_BRADFORD @ D65)
    adapted: NDArray[np.float64] = np.linalg.inv(_BRADFORD) @ np.diag(cones) @ _BRADFORD @ to_xyz
    return adapted


def matrix_profile(primaries: Primaries, curve: float | Sequence[float]) -> bytes:
    """Return a monitor profile of a matrix and one curve for all channels.

    Args:
        primaries: x and y of red, green and blue; the white is D65.
        curve: A gamma; or linear light 0..1 at evenly spaced levels.
    """
    matrix = colorants(primaries)
    if isinstance(curve, float):
        shape = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(curve * 256)) + b"\0\0"
    else:
        words = [round(65535 * each) for each in curve]
        shape = b"curv\0\0\0\0" + struct.pack(f">I{len(words)}H", len(words), *words)
        shape += b"\0" * (-len(shape) % 4)
    return _profile(
        b"XYZ ",
        {
            b"wtpt": _xyz(D50),
            **{name: _xyz(matrix[:, index]) for index, name in enumerate((b"rXYZ", b"gXYZ", b"bXYZ"))},
            **dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), shape),
        },
    )


def one_way_profile(side: int = 33) -> bytes:
    """Return a profile of an sRGB monitor whose red and green are exchanged: a table from Lab, and no way back.

    Args:
        side: Of the table.
    """
    whole = np.arange(side) / (side - 1) * 65535
    light, green_red, blue_yellow = np.meshgrid(whole / 652.8, whole / 256 - 128, whole / 256 - 128, indexing="ij")
    y = (light + 16) / 116
    bent = np.stack([y + green_red / 500, y, y - blue_yellow / 200], axis=-1)
    xyz = D50 * np.where(bent > 6 / 29, bent**3, 3 * (6 / 29) ** 2 * (bent - 4 / 29))
    linear = np.clip(xyz @ np.linalg.inv(colorants(SRGB)).T, 0, 1)
    coded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    corners = np.rint(coded[..., [1, 0, 2]] * 65535).astype(">u2").tobytes()
    straight = struct.pack(">2H", 0, 65535) * 3
    table = b"mft2\0\0\0\0" + bytes([3, 3, side, 0])
    table += struct.pack(">9i", *(np.eye(3, dtype=int).ravel() * 65536).tolist()) + struct.pack(">2H", 2, 2)
    return _profile(b"Lab ", {b"wtpt": _xyz(D50), b"B2A0": table + straight + corners + straight})


def _profile(connection_space: bytes, parts: dict[bytes, bytes]) -> bytes:
    title = b"Test\0"
    described = b"desc\0\0\0\0" + struct.pack(">I", len(title)) + title + b"\0" * (4 + 4 + 2 + 1 + 67)
    parts = {b"desc": described, b"cprt": b"text\0\0\0\0none\0\0\0\0", **parts}
    table, body, offset = b"", b"", 128 + 4 + 12 * len(parts)
    for name, data in parts.items():
        padded = data + b"\0" * (-len(data) % 4)
        table += name + struct.pack(">II", offset + len(body), len(padded))
        body += padded
    size = offset + len(body)
    header = struct.pack(">I4sI4s4s4s", size, b"\0" * 4, 0x02100000, b"mntr", b"RGB ", connection_space)
    header += struct.pack(">6H4s", 2026, 1, 1, 0, 0, 0, b"acsp")
    header += b"\0" * (68 - len(header)) + _fixed(D50)
    header += b"\0" * (128 - len(header))
    return header + struct.pack(">I", len(parts)) + table + body


def _xyz(values: NDArray[np.float64]) -> bytes:
    return b"XYZ \0\0\0\0" + _fixed(values)


def _fixed(values: NDArray[np.float64]) -> bytes:
    return struct.pack(">3i", *(round(65536 * each) for each in values))


def adobe_rgb_like() -> bytes:
    """Return a profile with the primaries and gamma of Adobe RGB (1998)."""
    return matrix_profile(ADOBE_RGB, ADOBE_GAMMA)
