"""Places in words: the letters are those of the patient, who may be an animal."""

from dataclasses import replace

from tests.builders.plain_volumes import plain_state
from viewer.imaging.modality_lut import Rescale
from viewer.volume.volume_geometry import VolumeGeometry
from viewer.workspace.volume_readings import position_text, side_letters
from viewer.workspace.volume_saving import ends_of
from viewer.workspace.volume_view import VolumeView

PERSON = plain_state(8, 8, Rescale())
ANIMAL = replace(PERSON, identity=replace(PERSON.identity, species="QUADRUPED"))
GEOMETRY = VolumeGeometry((8, 8, 8), (1.0, 1.0, 1.0), (0.0, 0.0, 0.0), ((1, 0, 0), (0, 1, 0), (0, 0, 1)))


def test_places_are_named_by_the_sides_of_a_person() -> None:
    assert position_text((1.0, -2.0, 30.0), PERSON) == "L 1.0  A 2.0  H 30.0"
    assert position_text((-1.0, 2.0, -30.0), None) == "R 1.0  P 2.0  F 30.0"


def test_places_are_named_by_the_sides_of_an_animal() -> None:
    assert position_text((1.0, -2.0, 30.0), ANIMAL) == "LE 1.0  V 2.0  CR 30.0"
    assert side_letters((0.0, 1.0, 0.0), ANIMAL) == "D"
    assert ends_of(VolumeView(), GEOMETRY, ANIMAL) == ("CD", "CR")
    assert ends_of(VolumeView(), GEOMETRY, PERSON) == ("F", "H")
