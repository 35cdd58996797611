"""Labels of display sets: the few words that tell one from its neighbours in the same series."""

from collections.abc import Callable, Hashable, Mapping

from viewer.base.translation import N_, _
from viewer.workspace.display_set import DisplaySetKind
from viewer.workspace.image_facts import normal_of
from viewer.workspace.slice_order import Run

# Beyond this the normal is called by its axis (C.23.2: the plane class of a hanging protocol).
_PLANE_COSINE = 0.85

KIND_TITLES: Mapping[DisplaySetKind, str] = {
    DisplaySetKind.STACK: N_("Slices"),
    DisplaySetKind.LOCALIZER: N_("Localizer"),
    DisplaySetKind.TIME_RUN: N_("One slice in time"),
    DisplaySetKind.IMAGES: N_("Images"),
    DisplaySetKind.MULTI_FRAME: N_("Multi-frame"),
    DisplaySetKind.ENHANCED: N_("Enhanced multi-frame"),
    DisplaySetKind.MOSAIC: N_("Mosaic"),
    DisplaySetKind.NUCLEAR: N_("Nuclear medicine"),
    DisplaySetKind.VIDEO: N_("Video"),
    DisplaySetKind.REPEATED: N_("Repeated files"),
    DisplaySetKind.REPORT: N_("Report"),
    DisplaySetKind.KEY_OBJECTS: N_("Key objects"),
    DisplaySetKind.PRESENTATION_STATE: N_("Presentation state"),
    DisplaySetKind.DOCUMENT: N_("Document"),
    DisplaySetKind.WAVEFORM: N_("Waveform"),
    DisplaySetKind.RADIOTHERAPY: N_("Radiotherapy"),
    DisplaySetKind.OTHER: N_("Other object"),
}


def _plain(title: str) -> Callable[[Hashable], str]:
    return lambda value: f"{_(title)} {_number(value)}"


def label_of(kind: DisplaySetKind, differing: Mapping[str, Hashable], run: Run | None) -> str:
    """Return the label of a display set.

    Args:
        kind: What it is; named only where nothing else tells it from the others.
        differing: Attributes in which it differs from other display sets of its series.
        run: The run it was made of; None where it has no positions.
    """
    parts = [_VALUE_TEXTS[name](value) for name, value in differing.items() if name in _VALUE_TEXTS]
    if run is not None:
        parts += [_VALUE_TEXTS[name](value) for name, value in run.split_values if name in _VALUE_TEXTS]
        if run.phase is not None:
            parts.append(_("Phase {0}/{1}").format(*run.phase))
    if kind in {DisplaySetKind.LOCALIZER, DisplaySetKind.REPEATED}:
        parts.insert(0, _(KIND_TITLES[kind]))
    return " · ".join(part for part in parts if part)


def plane_name(orientation: tuple[float, ...]) -> str:
    """Return the plane of an orientation in the reader's language."""
    normal = [abs(part) for part in normal_of(orientation)]
    largest = max(normal)
    if largest < _PLANE_COSINE:
        return _("oblique")
    return (_("sagittal"), _("coronal"), _("axial"))[normal.index(largest)]


def _number(value: Hashable) -> str:
    return f"{value:g}" if isinstance(value, (int, float)) else _bytes_text(value)


def _first_number(value: Hashable) -> str:
    parts = value if isinstance(value, tuple) else (value,)
    return next((_number(part) for part in parts if part), "")


def _bytes_text(value: Hashable) -> str:
    if isinstance(value, tuple):
        return " ".join(filter(None, map(_bytes_text, value)))
    return value.decode("ascii", "replace").strip(" \0") if isinstance(value, bytes) else str(value or "")


def _type_text(value: Hashable) -> str:
    r"""Return what an Image Type says beyond ORIGINAL\PRIMARY, which goes without saying."""
    text = "\\".join(map(_bytes_text, value)) if isinstance(value, tuple) else _bytes_text(value)
    return " ".join(part for part in text.split("\\") if part not in {"ORIGINAL", "PRIMARY", "", "OTHER", "NONE"})


def _size_text(value: Hashable) -> str:
    if not isinstance(value, tuple):
        return ""
    rows, columns = (int.from_bytes(part[:2], "little") if isinstance(part, bytes) else 0 for part in value[:2])
    return f"{columns}×{rows}"


_VALUE_TEXTS: Mapping[str, Callable[[Hashable], str]] = {
    "b_value": _plain("b"),
    "echo": lambda value: _("Echo {0}").format(_first_number(value)),
    "inversion_time": _plain("TI"),
    "temporal_position": lambda value: _("Time {0}").format(_number(value)),
    "trigger_time": lambda value: _("Trigger {0} ms").format(_number(value)),
    "acquisition": lambda value: _("Acquisition {0}").format(_number(value)),
    "energy": lambda value: f"{_number(value)} kV",
    "kernel": _bytes_text,
    "image_type": _type_text,
    "frame_type": _type_text,
    "complex_component": _bytes_text,
    "stack": lambda value: _("Stack {0}").format(_bytes_text(value)),
    "segment": lambda value: _("Segment {0}").format(_number(value)),
    "frame_laterality": _bytes_text,
    "orientation": lambda value: plane_name(value) if isinstance(value, tuple) else "",
    "size": _size_text,
    "detector": lambda value: _("Detector {0}").format(_number(value)),
    "energy_window": lambda value: _("Energy window {0}").format(_number(value)),
}
