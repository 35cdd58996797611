"""What a study's selections are, as they are listed: the reader's marks first, then documents, the latest first."""

from collections.abc import Iterator
from dataclasses import dataclass

from viewer.base.translation import _
from viewer.dicom.codes import Code
from viewer.dicom.key_object.titles import OF_INTEREST
from viewer.dicom.key_object.values import KeyObjects, KeyReference
from viewer.dicom.sop_classes import sop_class_name
from viewer.workspace.presenting.key_saving import offers_to_save
from viewer.workspace.study_nodes import Series
from viewer.workspace.workspace import Workspace

_INSTANCE_NUMBER = 0x00200013


@dataclass(frozen=True, slots=True)
class ListedObject:
    """One object of a selection.

    Attributes:
        name: What it is called.
        remark: What else is to be known.
        frame_number: From 1; 0 for the whole object.
        is_open: Whether it is among the open studies, and not hidden.
    """

    name: str
    sop_instance_uid: str
    frame_number: int = 0
    remark: str = ""
    is_open: bool = True


@dataclass(frozen=True, slots=True)
class ListedKeys:
    """A selection.

    Attributes:
        document: None for marks that are not saved.
    """

    title: Code
    objects: tuple[ListedObject, ...]
    document: KeyObjects | None = None
    by: str = ""


def listed(workspace: Workspace) -> tuple[ListedKeys, ...]:
    """Return the selections of the active viewport's study."""
    series = workspace.series_at(workspace.active)
    if series is None:
        return ()
    names = _Names(workspace)
    found = [
        ListedKeys(
            offer.title,
            tuple(names.named(mark.sop_instance_uid, mark.frame_number) for mark in offer.marks),
            by=", ".join(dict.fromkeys(mark.marked_by for mark in offer.marks if mark.marked_by)),
        )
        for offer in offers_to_save(workspace)
    ]
    study = series.study.study_instance_uid
    for document in workspace.shared.keys.documents:
        studies = {document.study_instance_uid, *(each.study_instance_uid for each in document.references)}
        if study in studies:
            objects = tuple(each for reference in document.references for each in names.of_reference(reference))
            found.append(ListedKeys(document.title or OF_INTEREST, objects, document))
    return tuple(found)


class _Names:
    """What objects are called: by their series and number."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._series: dict[str, Series] = {}
        self._numbers: dict[str, str] = {}
        for series in workspace.tree.all_series():
            for header in series.headers:
                self._series[header.sop_instance_uid] = series
                self._numbers[header.sop_instance_uid] = header.ascii(_INSTANCE_NUMBER)

    def of_reference(self, reference: KeyReference) -> Iterator[ListedObject]:
        uid, kind = reference.instance.sop_instance_uid, reference.instance.sop_class_uid
        for frame in reference.frames or (0,):
            yield self.named(uid, frame, kind)

    def named(self, uid: str, frame: int = 0, kind: str = "") -> ListedObject:
        series = self._series.get(uid)
        if series is None:
            return ListedObject(sop_class_name(kind) if kind else uid, uid, frame, _("not open"), is_open=False)
        hidden = self._workspace.catalogue.hidden_in(series)
        name = "  ".join(part for part in (str(series.number or ""), series.description or series.modality) if part)
        parts = [name, _("image {0}").format(self._numbers[uid])] if self._numbers[uid] else [name]
        if frame:
            parts.append(_("frame {0}").format(frame))
        is_hidden = uid in hidden
        return ListedObject("  ·  ".join(parts), uid, frame, _("hidden") if is_hidden else "", is_open=not is_hidden)
