"""Marks of a study written into a file that the reader names: a report, a table, an AIM document."""

import enum
from dataclasses import dataclass
from pathlib import Path

from viewer.base.errors import MediaError, system_reason
from viewer.base.jobs import Progress
from viewer.base.translation import N_, _
from viewer.base.whole_output import whole_file
from viewer.workspace.reporting.measurement_saving import MakeMeasurementReport


class ExportForm(enum.Enum):
    """What is written; the value is the ending of the file."""

    REPORT = ".dcm"
    TABLE = ".csv"
    AIM = ".xml"


FORM_TITLES = {
    ExportForm.REPORT: N_("DICOM report (TID 1500)"),
    ExportForm.TABLE: N_("Table (CSV)"),
    ExportForm.AIM: N_("AIM document (XML)"),
}


@dataclass(frozen=True, slots=True, eq=False)
class ExportMeasurements:
    """The job.

    Attributes:
        make: What is written, and of which objects.
        path: Where.
    """

    make: MakeMeasurementReport
    form: ExportForm
    path: Path

    def run(self, progress: Progress) -> int:
        """Write the file; return how many marks had to be left out.

        Raises:
            DicomError: If there is nothing that can be written.
            MediaError: If the file cannot be written.
        """
        data = self._data(progress)
        try:
            with whole_file(self.path, is_replacing=True) as stream:
                stream.write(data)
        except OSError as error:
            raise MediaError(
                _("It could not be saved: {0}").format(system_reason(error)), subject=str(self.path)
            ) from error
        return len(self.make.left_out)

    def _data(self, progress: Progress) -> bytes:
        if self.form is ExportForm.TABLE:
            from viewer.measurement.report_groups_table import csv_text

            return csv_text(self.make.annotations).encode()
        if self.form is ExportForm.AIM:
            return self.make.aim(progress)
        import io

        from viewer.dicom.derived_instance import write_object

        stream = io.BytesIO()
        write_object(self.make.data_set(progress), stream)
        return stream.getvalue()
