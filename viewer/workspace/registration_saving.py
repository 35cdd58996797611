"""Writing what a registration found into a file, on a job: whole or not at all."""

from dataclasses import dataclass
from pathlib import Path

from viewer.base.errors import MediaError, system_reason
from viewer.base.jobs import Progress
from viewer.base.translation import _
from viewer.dicom.frame_transform import FrameTransform
from viewer.dicom.instance_header import InstanceHeader


@dataclass(frozen=True, slots=True)
class SaveRegistration:
    """Write a Spatial Registration object.

    Attributes:
        fixed: Instances of the series that stays, each once.
        moving: Of the series that is laid over it.
        transform: From the moving frame to the fixed one.
        label: Of the object.
        description: Of its series.
        path: Of the file; replaced when it is there.
        doubt: Why it is not to be trusted, translated; empty where nothing is known against it.
    """

    fixed: tuple[InstanceHeader, ...]
    moving: tuple[InstanceHeader, ...]
    transform: FrameTransform
    label: str
    description: str
    path: Path
    doubt: str = ""

    def run(self, progress: Progress) -> Path:
        """Return the file.

        Raises:
            ViewerError: If the series cannot be read, or the file not written.
        """
        from viewer.dicom.derived_instance import NewSeries, series_number, source_data_set, write_object
        from viewer.dicom.registration_writing import RegisteredSeries, registration_object

        source = source_data_set(self.fixed[0])
        series = NewSeries(self.description, series_number(source))
        sides = RegisteredSeries(self.fixed), RegisteredSeries(self.moving)
        made = registration_object(source, *sides, self.transform, series, self.label, self.doubt)
        progress.check()
        part = self.path.with_name(f".{self.path.name}.part")
        try:
            with part.open("wb") as stream:
                write_object(made, stream)
            part.replace(self.path)
        except OSError as error:
            part.unlink(missing_ok=True)
            raise MediaError(
                _("The registration could not be saved: {0}").format(system_reason(error)), subject=str(self.path)
            ) from error
        return self.path
