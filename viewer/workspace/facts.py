"""What is known of the image on screen, as headings and lines of words for the information panel."""

from dataclasses import dataclass

from viewer.base.translation import N_, _
from viewer.dicom.instance_header import InstanceHeader
from viewer.imaging.image_ref import ImageRef

_GROUPS: tuple[tuple[str, tuple[tuple[str, int], ...]], ...] = (
    (
        N_("Study"),
        (
            (N_("Description"), 0x00081030),
            (N_("Accession number"), 0x00080050),
            (N_("Referring physician"), 0x00080090),
            (N_("Institution"), 0x00080080),
        ),
    ),
    (
        N_("Series"),
        (
            (N_("Number"), 0x00200011),
            (N_("Description"), 0x0008103E),
            (N_("Protocol"), 0x00181030),
            (N_("Body part"), 0x00180015),
            (N_("Laterality"), 0x00200060),
            (N_("View"), 0x00185101),
            (N_("Patient position"), 0x00185100),
        ),
    ),
    (
        N_("Acquisition"),
        (
            (N_("Image type"), 0x00080008),
            (N_("Slice thickness (mm)"), 0x00180050),
            (N_("Tube voltage (kV)"), 0x00180060),
            (N_("Exposure (mAs)"), 0x00181152),
            (N_("Repetition time (ms)"), 0x00180080),
            (N_("Echo time (ms)"), 0x00180081),
            (N_("b-value (s/mm²)"), 0x00189087),
            (N_("Gantry tilt (°)"), 0x00181120),
            (N_("Kernel"), 0x00181210),
        ),
    ),
    (
        N_("Equipment"),
        (
            (N_("Manufacturer"), 0x00080070),
            (N_("Model"), 0x00081090),
            (N_("Station"), 0x00081010),
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class FactGroup:
    """A heading and its lines of (name, value)."""

    title: str
    lines: tuple[tuple[str, str], ...]


def facts_of(image: ImageRef, character_set: str | None, place: str = "") -> tuple[FactGroup, ...]:
    """Return what the file says of itself; lines without a value are left out.

    Args:
        image: What is shown.
        character_set: The reader's override.
        place: What a person calls the place it was opened from; empty where the path tells.
    """
    header = image.header
    groups = [_group(header, title, lines, character_set) for title, lines in _GROUPS]
    return (*(group for group in groups if group.lines), _file_group(image, place))


def _group(
    header: InstanceHeader, title: str, lines: tuple[tuple[str, int], ...], character_set: str | None
) -> FactGroup:
    values = ((_(name), _shown(header.text(tag, character_set))) for name, tag in lines)
    return FactGroup(_(title), tuple((name, value) for name, value in values if value))


def _shown(value: str) -> str:
    return value.replace("\\", " \\ ").replace("^", " ").strip()


def _file_group(image: ImageRef, place: str) -> FactGroup:
    from viewer.dicom.sop_classes import sop_class_name
    from viewer.dicom.transfer_syntaxes import transfer_syntax

    header = image.header
    lines = [
        (_("Object"), sop_class_name(header.sop_class_uid)),
        (_("Encoding"), transfer_syntax(header.transfer_syntax_uid).name),
        (_("Opened from"), place),
        (_("File"), header.source.name),
        (_("SOP Instance UID"), header.sop_instance_uid),
    ]
    lines += [(_("Note"), problem) for problem in header.problems]
    return FactGroup(_("File"), tuple((name, value) for name, value in lines if value))
