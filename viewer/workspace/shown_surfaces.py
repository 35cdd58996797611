"""Surfaces that are shown in the renderings of their volume, for as long as whoever made them wants it."""

from collections.abc import Hashable
from dataclasses import dataclass

from viewer.volume.rendering_request import RenderedSurface


@dataclass(frozen=True, slots=True, eq=False)
class ShownSurface:
    """A surface and what is said of it on the rendering, translated."""

    surface: RenderedSurface
    words: str


class ShownSurfaces:
    """By the key of the volume and whoever shows them; read on any thread."""

    def __init__(self) -> None:
        self._shown: dict[str, dict[Hashable, ShownSurface]] = {}

    def of_volume(self, key: str) -> tuple[ShownSurface, ...]:
        """Return the surfaces shown with a volume."""
        return tuple(self._shown.get(key, {}).values())

    def show(self, key: str, owner: Hashable, surface: ShownSurface | None) -> None:
        """Show a surface with a volume; None shows none of this owner's any more."""
        others = {each: held for each, held in self._shown.get(key, {}).items() if each != owner}
        if surface is not None:
            others[owner] = surface
        self._shown[key] = others  # replaced, never changed: a renderer may be reading it
        if not others:
            del self._shown[key]
