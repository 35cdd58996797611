"""Annotations made up for tests."""

import random

from viewer.measurement.annotation import Annotation, ImageAnchor, Provenance

STUDY = "1.2.3"


def image_anchor(study: str = STUDY, image: int = 1, frame: int = 1) -> ImageAnchor:
    """Return where a mark on an image of a study lies."""
    return ImageAnchor(study, f"{study}.1", "1.2.840.10008.5.1.4.1.1.2", f"{study}.1.{image}", frame)


def length(uid: str, *, study: str = STUDY, image: int = 1, end: float = 10.0, text: str = "") -> Annotation:
    """Return a length; two of the same arguments are equal."""
    made = Provenance("홍길동", "2026-11-23T10:00:00+09:00")
    return Annotation(uid, "length", image_anchor(study, image), ((1.5, 2.25), (end, 1 / 3)), text, provenance=made)


def random_annotation(chance: random.Random, uid: str, study: str = STUDY) -> Annotation:
    """Return a mark of up to some hundred points with a text of any letters."""
    count = chance.choice((1, 2, 4, 300))
    points = tuple((chance.uniform(-10, 600), chance.uniform(-10, 600)) for _point in range(count))
    text = "".join(chance.choice('aß홍\n"\\\u2028𝄞 ') for _letter in range(chance.randrange(12)))
    return Annotation(uid, "polyline", image_anchor(study, chance.randrange(3)), points, text)
