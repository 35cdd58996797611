"""Sheets of a mesh that were pinched together along an edge, parted again: every edge joins two triangles then.

Runs after thinning out, which may let two walls of a thin part meet.
"""

import numpy as np
from numpy.typing import NDArray

MOST_EDGES = 50_000
"""More of them are no pinches of a surface but a mesh of something else."""
_ROUNDS = 30
_APART = 0.02
"""How far the middle of an edge that is parted moves into its triangles, as a part of the way to their far corners."""

Vertices = NDArray[np.float32]
Triangles = NDArray[np.int32]


def parted(vertices: Vertices, triangles: Triangles) -> tuple[Vertices, Triangles] | None:
    """Return a mesh whose edges join two triangles each; None where that cannot be had.

    Where four triangles meet at an edge, it is two edges between the same corners: one of them gets another corner in
    its middle.

    Args:
        vertices: Of a mesh without borders, whose triangles run along every edge as often forth as back.
        triangles: Of the mesh.
    """
    triangles = _without_flaps(triangles)
    for _round in range(_ROUNDS):
        pinched = _pinched(triangles, len(vertices))
        if not pinched:
            return vertices, triangles
        if len(pinched) > MOST_EDGES:
            return None
        made = _split(vertices, triangles, pinched)
        if made is None:
            return None
        vertices, triangles = made
    return None


def _without_flaps(triangles: Triangles) -> Triangles:
    """Leave out pairs of triangles that lie back to back between the same corners: nothing is between them."""
    corners = np.sort(triangles, axis=1)
    _found, inverse, sizes = np.unique(corners, axis=0, return_inverse=True, return_counts=True)
    return triangles if sizes.max(initial=1) == 1 else triangles[sizes[inverse.reshape(-1)] != 2]


def _pinched(triangles: Triangles, count: int) -> list[list[int]]:
    """Return the half-edges (three times the triangle, and the side) of every edge that joins more than two."""
    starts, ends = triangles.ravel(), triangles[:, [1, 2, 0]].ravel()
    edges = np.minimum(starts, ends).astype(np.int64) * count + np.maximum(starts, ends)
    found, sizes = np.unique(edges, return_counts=True)
    (half_edges,) = np.nonzero(np.isin(edges, found[sizes != 2]))
    groups: dict[int, list[int]] = {}
    for half_edge in half_edges.tolist():
        groups.setdefault(int(edges[half_edge]), []).append(half_edge)
    return list(groups.values())


def _split(vertices: Vertices, triangles: Triangles, pinched: list[list[int]]) -> tuple[Vertices, Triangles] | None:
    """Split one pair of triangles at each pinched edge, each triangle once; None where they do not run in pairs."""
    changed, corners, more = triangles.copy(), [vertices], []
    number, used = len(vertices), set[int]()
    for half_edges in pinched:
        pair = _pair(triangles, half_edges)
        if pair is None:
            return None
        if used & {half_edge // 3 for half_edge in pair}:
            continue  # in the next round
        used |= {half_edge // 3 for half_edge in pair}
        far = []
        for half_edge in pair:
            triangle, side = divmod(half_edge, 3)
            first, second, third = (int(triangles[triangle, (side + turn) % 3]) for turn in range(3))
            changed[triangle] = first, number, third
            more.append((number, second, third))
            far.append(vertices[third])
        middle = (vertices[first] + vertices[second]) / 2
        corners.append((middle + _APART * (np.mean(far, axis=0) - middle))[None].astype(np.float32))
        number += 1
    return np.concatenate(corners), np.concatenate([changed, np.array(more, np.int32).reshape(-1, 3)])


def _pair(triangles: Triangles, half_edges: list[int]) -> tuple[int, int] | None:
    """Return two half-edges that run against each other, of triangles with other far corners."""
    for one in half_edges:
        for other in half_edges:
            runs_back = _corner(triangles, one, 0) == _corner(triangles, other, 1)
            if one < other and runs_back and _corner(triangles, one, 2) != _corner(triangles, other, 2):
                return one, other
    return None


def _corner(triangles: Triangles, half_edge: int, turn: int) -> int:
    triangle, side = divmod(half_edge, 3)
    return int(triangles[triangle, (side + turn) % 3])
