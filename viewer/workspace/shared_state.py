"""What all windows of the program have in common: the open studies, the tables of the reader, links and volumes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from viewer.base.events import Event
from viewer.dicom.instance_header import InstanceHeader
from viewer.measurement.annotation import Annotation
from viewer.workspace.corner_text_table import CornerTextTable
from viewer.workspace.curve_book import CurveBook
from viewer.workspace.display_set_catalogue import DisplaySetCatalogue
from viewer.workspace.linking import Linking
from viewer.workspace.measuring.annotation_book import AnnotationBook
from viewer.workspace.phase_book import PhaseBook
from viewer.workspace.presenting.key_book import KeyBook
from viewer.workspace.presets import PresetTable
from viewer.workspace.rendering_keep import RenderingKeep
from viewer.workspace.reporting.report_book import ReportBook
from viewer.workspace.segmenting.segmentation_book import SegmentationBook
from viewer.workspace.study_tree import StudyTree
from viewer.workspace.suv_book import SuvBook
from viewer.workspace.undo import ViewChange
from viewer.workspace.volume_store import VolumeStore

if TYPE_CHECKING:
    from viewer.workspace.measuring.grounds import Grounds
    from viewer.workspace.measuring.volume_growing import VolumeGrowing
    from viewer.workspace.presenting.state_book import StateBook
    from viewer.workspace.workspace import Workspace


@dataclass(slots=True)
class SharedState:
    """What all windows of the program have in common.

    Attributes:
        open_paths: Starts reading files and folders into the tree.
        presets: The window presets in force; put other ones with Workspace.set_presets.
        presets_changed: Other presets.
        corners: Which texts stand in the corners of viewports; put other ones with set_corners.
        corners_changed: Other corner texts.
        workspaces: Of the open windows.
        place_of: Returns what a person calls the place an instance was opened from; empty where its path tells.
        linking: How viewports are linked, of all windows.
        follow: Lets linked viewports follow changes that a workspace made; returns what it changed in the same
            workspace, to be undone together (synchronization).
        volumes: What views of volumes look at; None in a program that has none.
        suv: Standardised uptake of the open PET series; None in a program that works none out.
        phases: When the phases of volumes were taken; None in a program that has no volumes.
        growing: Threshold regions that are grown through volumes; None in a program that has no volumes.
        curves: The regions that are followed over phases; None in a program that reads none.
        annotations: What was marked and measured in the open studies.
        grounds: What the places of marks let be measured, shown or not; None in a program that measures nothing.
        keys: What is key and what is rejected in the open studies.
        copied: Annotations that were copied, to be pasted in any window.
        states: The presentation states among the open files; None in a program that applies none.
        renderings: The reader's own presets of renderings, and how each series was last rendered.
        segmentations: Segmentations and structure sets of the open studies; None in a program that reads none.
        reports: Structured reports of the open studies; None in a program that reads none.
    """

    tree: StudyTree
    catalogue: DisplaySetCatalogue
    open_paths: Callable[[Sequence[Path]], None]
    presets: PresetTable = field(default_factory=PresetTable.builtin)
    presets_changed: Event[PresetTable] = field(default_factory=Event)
    corners: CornerTextTable = field(default_factory=CornerTextTable.builtin)
    corners_changed: Event[CornerTextTable] = field(default_factory=Event)
    workspaces: "list[Workspace]" = field(default_factory=list)
    place_of: Callable[[InstanceHeader], str] = lambda _header: ""
    linking: Linking = field(default_factory=Linking)
    follow: "Callable[[Workspace, Sequence[ViewChange]], tuple[ViewChange, ...]]" = lambda _workspace, _changes: ()
    volumes: VolumeStore | None = None
    suv: SuvBook | None = None
    phases: PhaseBook | None = None
    curves: CurveBook | None = None
    growing: "VolumeGrowing | None" = None
    annotations: AnnotationBook = field(default_factory=AnnotationBook)
    grounds: "Grounds | None" = None
    keys: KeyBook = field(default_factory=KeyBook)
    copied: tuple[Annotation, ...] = ()
    states: "StateBook | None" = None
    renderings: RenderingKeep = field(default_factory=RenderingKeep)
    segmentations: SegmentationBook | None = None
    reports: ReportBook | None = None

    def set_corners(self, corners: CornerTextTable) -> None:
        """Put other corner texts into force, in all windows."""
        if corners != self.corners:
            self.corners = corners
            self.corners_changed.emit(corners)
