"""Surface files, read back by trimesh and by what their formats say."""

import json
import math
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.builders.plain_volumes import geometry_of, plain_volume, sampled, turned
from viewer.base.errors import Cancelled, MediaError
from viewer.base.jobs import Progress
from viewer.volume.surface import Surface, surface_of
from viewer.volume.surface_files import SUFFIXES, write_surface

RADIUS = 8.0
RED = (200, 30, 40)


@pytest.fixture(scope="module")
def surface() -> Surface:
    geometry = geometry_of((24, 26, 22), (1.0, 0.9, 1.2), (-310.0, 92.0, -1204.0), turned((20.0, 10.0, -35.0)))
    center = np.array(geometry.center_mm)
    distances = sampled(geometry, lambda places: np.linalg.norm(places - center, axis=-1))
    return surface_of(plain_volume((RADIUS - distances).astype(np.float32), geometry), 0.0)


def read(path: Path) -> Any:
    trimesh = pytest.importorskip("trimesh")
    return trimesh.load(path, force="mesh")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_an_independent_reader_finds_the_same_body(surface: Surface, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"ball{suffix}"
    write_surface(surface, path, color=RED)
    mesh = read(path)
    metres = 0.001 if suffix == ".glb" else 1.0
    assert mesh.is_watertight
    assert mesh.is_winding_consistent
    assert len(mesh.faces) == len(surface.triangles)
    assert mesh.volume == pytest.approx(surface.volume_mm3 * metres**3, rel=1e-4)  # positive: turned outwards
    assert mesh.volume == pytest.approx(4 / 3 * math.pi * RADIUS**3 * metres**3, rel=0.02)  # chords of few triangles
    assert mesh.area == pytest.approx(surface.area_mm2 * metres**2, rel=1e-4)


@pytest.mark.parametrize("suffix", [".stl", ".obj", ".ply"])
def test_coordinates_are_patient_millimetres(surface: Surface, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"ball{suffix}"
    write_surface(surface, path)
    assert read(path).bounds.reshape(-1).tolist() == pytest.approx(
        [*surface.bounds_mm[0], *surface.bounds_mm[1]], abs=1e-4
    )


def test_gltf_holds_patient_millimetres_and_turns_them_to_metres_with_y_up(surface: Surface, tmp_path: Path) -> None:
    path = tmp_path / "ball.glb"
    write_surface(surface, path, color=RED)
    content = path.read_bytes()
    magic, version, length = struct.unpack("<4sII", content[:12])
    size, kind = struct.unpack("<I4s", content[12:20])
    text = json.loads(content[20 : 20 + size])
    assert (magic, version, length, kind) == (b"glTF", 2, len(content), b"JSON")
    assert text["asset"]["extras"]["units"] == "mm"
    assert text["asset"]["extras"]["space"] == "LPS"
    assert text["accessors"][0]["min"] == pytest.approx(surface.bounds_mm[0])
    assert text["accessors"][0]["max"] == pytest.approx(surface.bounds_mm[1])
    low, high = surface.bounds_mm
    # The head is up (+y), the face looks along +z, the patient's left is +x.
    wanted = [[low[0], low[2], -high[1]], [high[0], high[2], -low[1]]]
    assert np.allclose(read(path).bounds, np.array(wanted) / 1000, atol=1e-6)
    red = text["materials"][0]["pbrMetallicRoughness"]["baseColorFactor"][0]
    assert red == pytest.approx(((200 / 255 + 0.055) / 1.055) ** 2.4)


def test_an_stl_is_binary_and_says_its_unit_and_space(surface: Surface, tmp_path: Path) -> None:
    path = tmp_path / "ball.stl"
    assert write_surface(surface, path) == (path,)
    content = path.read_bytes()
    assert len(content) == 84 + 50 * len(surface.triangles)
    assert not content.startswith(b"solid")
    assert b"UNITS=mm" in content[:80]
    assert b"SPACE=LPS" in content[:80]
    normal = np.frombuffer(content[84:96], "<f4")
    a, b, c = surface.vertices[surface.triangles[0]].astype(np.float64)
    across = np.cross(b - a, c - a)
    assert np.allclose(normal, across / np.linalg.norm(across), atol=1e-3)


def test_words_and_colours_stand_where_formats_have_a_place(surface: Surface, tmp_path: Path) -> None:
    obj, ply = tmp_path / "my ball.obj", tmp_path / "ball.ply"
    assert write_surface(surface, obj, color=RED) == (obj, tmp_path / "my ball.mtl")
    write_surface(surface, ply, color=RED)
    for head in (obj.read_bytes()[:400], ply.read_bytes()[:400]):
        assert b"units millimetre" in head
        assert b"LPS" in head
    assert b"mtllib my ball.mtl" in obj.read_bytes()[:400]
    assert "Kd 0.7843 0.1176 0.1569" in (tmp_path / "my ball.mtl").read_text()
    assert read(ply).visual.vertex_colors[0].tolist()[:3] == list(RED)


def test_normals_in_a_ply_look_outwards(surface: Surface, tmp_path: Path) -> None:
    path = tmp_path / "ball.ply"
    write_surface(surface, path)
    content = path.read_bytes()
    start = content.index(b"end_header\n") + len(b"end_header\n")
    layout = np.dtype([("place", "<f4", 3), ("normal", "<f4", 3), ("color", "u1", 3)])
    vertices = np.frombuffer(content, layout, len(surface.vertices), start)
    away = vertices["place"].astype(np.float64) - surface.vertices.mean(axis=0, dtype=np.float64)
    away /= np.linalg.norm(away, axis=1)[:, None]
    assert np.einsum("ij,ij->i", away, vertices["normal"]).min() > 0.9


def test_a_file_is_there_whole_or_not_at_all(surface: Surface, tmp_path: Path) -> None:
    progress = Progress()
    progress.cancel()
    with pytest.raises(Cancelled):
        write_surface(surface, tmp_path / "ball.stl", progress=progress)
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_gives_way_only_when_it_may(surface: Surface, tmp_path: Path) -> None:
    path = tmp_path / "ball.stl"
    path.write_bytes(b"mine")
    with pytest.raises(MediaError, match="File exists"):
        write_surface(surface, path, is_replacing=False)
    assert path.read_bytes() == b"mine"
    write_surface(surface, path)
    assert path.stat().st_size == 84 + 50 * len(surface.triangles)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["ball.xyz", "ball"])
def test_other_formats_are_refused_in_words(surface: Surface, tmp_path: Path, name: str) -> None:
    with pytest.raises(MediaError, match=r"\.stl, \.obj, \.ply or \.glb"):
        write_surface(surface, tmp_path / name)


def test_a_folder_that_is_not_there_is_said(surface: Surface, tmp_path: Path) -> None:
    with pytest.raises(MediaError) as raised:
        write_surface(surface, tmp_path / "nowhere" / "ball.stl")
    assert raised.value.advice
