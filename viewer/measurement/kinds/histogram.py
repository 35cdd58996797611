"""Histogram: how often values occur in a rectangle; the plot is made from measurement.kinds.region_pixels.

Mean, SD, minimum, maximum and median as of every region; the mode and the 5th and 95th percentile by private codes.
"""

from viewer.base.translation import N_
from viewer.measurement.annotation import Annotation
from viewer.measurement.ground import Ground
from viewer.measurement.kinds.rectangle import Rectangle
from viewer.measurement.kinds.region_pixels import region_pixels
from viewer.measurement.private_codes import private_code
from viewer.measurement.reading import Reading

MODE = private_code("mode", "Mode: middle of the fullest bin of the histogram")
_PERCENTILES = (
    (5.0, private_code("percentile-5", "5th percentile"), N_("5th percentile")),
    (95.0, private_code("percentile-95", "95th percentile"), N_("95th percentile")),
)
_MODE_TITLE = N_("Mode")


class Histogram(Rectangle):
    """Two corners across from each other."""

    id = "histogram"
    title = N_("Histogram")
    help = N_("How often values occur in a rectangle")
    icon = "chart-column"

    def readings(self, annotation: Annotation, ground: Ground) -> tuple[Reading, ...]:
        """Return what a rectangle's are, then mode and percentiles (linear between values)."""
        found = super().readings(annotation, ground)
        if len(annotation.points) < self.least:
            return found
        return (*found, *_of_histogram(self, annotation, ground))


def _of_histogram(kind: Rectangle, annotation: Annotation, ground: Ground) -> tuple[Reading, ...]:
    import numpy as np

    from viewer.measurement.roi_statistics import histogram_of, values_of

    pixels = region_pixels(kind, annotation, ground)
    values = values_of(ground, pixels) if pixels is not None else ""
    if isinstance(values, str) or not values[0].size:
        return ()  # the refusal is told once, by the mean
    numbers, given = values
    counted = histogram_of(numbers)
    fullest = int(np.argmax(counted.counts))
    mode = (counted.edges[fullest] + counted.edges[fullest + 1]) / 2
    return (
        Reading(MODE, _MODE_TITLE, mode, given.unit, given.source),
        *(
            Reading(code, title, float(np.percentile(numbers, share)), given.unit, given.source)
            for share, code, title in _PERCENTILES
        ),
    )
