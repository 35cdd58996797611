"""Lines of a few plain colours and their dark halo, put together plane by plane: each step is one pass of OpenCV."""

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.uint8]


class ColourPlanes:
    """Blue, green, red and opacity of one picture.

    Attributes:
        mask: Where lines are drawn, in 255, before they are laid in a colour.
    """

    def __init__(self, width: int, height: int) -> None:
        self.mask, self._spare, self._opacity, *self._colours = (
            np.zeros((height, width), np.uint8) for _each in "......"
        )
        self._is_empty = True

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        height, width = self.mask.shape
        return width, height

    def clear(self) -> None:
        """Take everything away."""
        self.mask.fill(0)
        self._is_empty = True

    def lay(self, bgr: tuple[int, int, int]) -> None:
        """Lay what the mask holds over the rest in a colour, and empty the mask."""
        import cv2

        mask, spare = self.mask, self._spare
        if self._is_empty:
            for plane, level in zip(self._colours, bgr, strict=True):
                cv2.bitwise_and(mask, level, plane)
            self.mask, self._opacity = self._opacity, mask
        else:
            for plane, level in zip(self._colours, bgr, strict=True):
                cv2.bitwise_not(mask, spare)
                cv2.bitwise_and(plane, spare, plane)
                cv2.bitwise_and(mask, level, spare)
                cv2.bitwise_or(plane, spare, plane)
            cv2.bitwise_or(self._opacity, mask, self._opacity)
        self._is_empty = False
        self.mask.fill(0)

    def finish(self, pixels: NDArray[np.uint8], reach: int, halo: int) -> None:
        """Put all into premultiplied pixels.

        Args:
            pixels: (height, width, 4), in the order of the planes.
            reach: How far the halo reaches beyond lines; 0 for none.
            halo: Its opacity, 0 to 255.
        """
        import cv2

        opacity, spare = self._opacity, self._spare
        if reach:
            cv2.dilate(opacity, np.ones((2 * reach + 1, 2 * reach + 1), np.uint8), spare)
            cv2.bitwise_and(spare, halo, spare)
            opacity = cv2.max(opacity, spare, spare)
        cv2.merge([*self._colours, opacity], pixels)
