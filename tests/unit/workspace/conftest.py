"""Headers made up for a test: only the values it is about, the rest an ordinary CT slice."""

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from viewer.base.byte_source import FileBytes
from viewer.dicom.instance_header import InstanceHeader, PixelDataLocation

CT = "1.2.840.10008.5.1.4.1.1.2"
MakeHeader = Callable[..., InstanceHeader]

_KEYWORDS: dict[str, int] = {
    "character_set": 0x00080005,
    "image_type": 0x00080008,
    "sop_class": 0x00080016,
    "sop_instance": 0x00080018,
    "study_date": 0x00080020,
    "acquisition_time": 0x00080032,
    "modality": 0x00080060,
    "study_description": 0x00081030,
    "series_description": 0x0008103E,
    "name": 0x00100010,
    "patient_id": 0x00100020,
    "birth_date": 0x00100030,
    "thickness": 0x00180050,
    "echo_time": 0x00180081,
    "echo_number": 0x00180086,
    "cine_rate": 0x00180040,
    "frame_time": 0x00181063,
    "frame_vector": 0x00181065,
    "trigger_time": 0x00181060,
    "playback": 0x00181244,
    "recommended_rate": 0x00082144,
    "start_trim": 0x00082142,
    "stop_trim": 0x00082143,
    "study": 0x0020000D,
    "series": 0x0020000E,
    "series_number": 0x00200011,
    "acquisition": 0x00200012,
    "number": 0x00200013,
    "position": 0x00200032,
    "orientation": 0x00200037,
    "temporal": 0x00200100,
    "temporal_positions": 0x00200105,
    "images_in_acquisition": 0x00201002,
    "frames": 0x00280008,
    "spacing": 0x00280030,
}


@pytest.fixture
def make_header() -> MakeHeader:
    """Return a function that makes a header of values by the names above; bytes are taken as they are."""
    count = 0

    def make(*, has_pixels: bool = True, path: str = "", raw: dict[int, bytes] | None = None, **values: Any) -> Any:
        nonlocal count
        count += 1
        ordinary: dict[str, Any] = {
            "sop_class": CT,
            "sop_instance": f"1.2.3.{count}",
            "modality": "CT",
            "name": "HONG^GILDONG",
            "patient_id": "4711",
            "birth_date": "19610203",
            "study": "1.2.3",
            "series": "1.2.3.4",
            "series_number": "2",
            "study_date": "20260301",
        }
        elements = {_KEYWORDS[key]: _encoded(value) for key, value in (ordinary | values).items() if value is not None}
        elements |= {0x00280010: struct.pack("<H", 4), 0x00280011: struct.pack("<H", 4)}
        elements |= {0x00280100: struct.pack("<H", 16), 0x00280002: struct.pack("<H", 1)} | (raw or {})
        length = 32 * int(values.get("frames") or 1)
        pixels = PixelDataLocation(0x7FE00010, 2000, length) if has_pixels else None
        return InstanceHeader(FileBytes(Path(path or f"/nowhere/{count}")), "1.2.840.10008.1.2.1", elements, pixels)

    return make


@pytest.fixture
def make_stack(make_header: MakeHeader) -> Callable[..., list[InstanceHeader]]:
    """Return a function that makes an axial stack of a number of slices, 5 mm apart."""

    def make(count: int, *, first: float = -100.0, step: float = 5.0, **values: Any) -> list[InstanceHeader]:
        return [
            make_header(
                **{
                    "orientation": "1\\0\\0\\0\\1\\0",
                    "position": f"-100\\-100\\{first + step * index:.3f}",
                    "spacing": "0.5\\0.5",
                    "number": str(index + 1),
                    **values,
                }
            )
            for index in range(count)
        ]

    return make


def _encoded(value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode("ascii")
