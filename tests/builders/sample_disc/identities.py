"""The made people of the sample disc and their examinations; nobody's."""

from dataclasses import dataclass

from pydicom.dataset import Dataset

from tests.builders.data_sets import item, made_uid, update

MANUFACTURER = "Negatoscope"
INSTITUTION = "Phantom Hospital"


@dataclass(frozen=True, slots=True)
class Patient:
    """Who is examined, in the character set in which it is written."""

    patient_id: str
    name: str
    birth_date: str
    sex: str
    character_set: tuple[str, ...]
    comment: str


@dataclass(frozen=True, slots=True)
class Study:
    """One visit."""

    label: str
    patient: Patient
    date: str
    time: str
    age: str
    description: str
    accession_number: str
    study_id: str
    referring_physician: str = ""

    @property
    def study_instance_uid(self) -> str:
        """UID made from the label."""
        return made_uid(f"disc/{self.label}")


KOREAN = Patient(
    "PHANTOM-01", "Hong^Gildong=洪^吉洞=홍^길동", "19600415", "M", ("", "ISO 2022 IR 149"), "홍길동 모의 환자 (phantom)"
)
JAPANESE = Patient(
    "PHANTOM-02",
    "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう",
    "19480703",
    "M",
    ("ISO 2022 IR 13", "ISO 2022 IR 87"),
    "模擬患者",
)
GERMAN = Patient("PHANTOM-03", "Äneas^Rüdiger", "19551224", "M", ("ISO_IR 100",), "Übungsphantom, kein Mensch")
ENGLISH = Patient("PHANTOM-04", "Fairweather^Emily^^Dr", "19711109", "F", ("ISO_IR 192",), "Phantom – nobody’s images")

CT_STUDY = Study(
    "ct",
    KOREAN,
    "20240305",
    "101500",
    "063Y",
    "CT 두부 및 흉부 (Head and chest)",
    "A240305",
    "CT2",
    "Kim^Minsu=金^民秀=김^민수",
)
PRIOR_STUDY = Study(
    "prior", KOREAN, "20230911", "093000", "063Y", "CT 흉부 (Chest)", "A230911", "CT1", "Kim^Minsu=金^民秀=김^민수"
)
DX_STUDY = Study("dx", KOREAN, "20240305", "094000", "063Y", "흉부 X선 (Chest PA)", "A240304", "DX1")
TILT_STUDY = Study(
    "tilt", JAPANESE, "20240212", "142000", "075Y", "頭部CT", "A240212", "CT1", "ｽｽﾞｷ^ｲﾁﾛｳ=鈴木^一郎=すずき^いちろう"
)
XA_STUDY = Study(
    "xa", GERMAN, "20240117", "081000", "068Y", "Angiographie für Übungszwecke", "A240117", "XA1", "Müller^Jürgen"
)
MG_STUDY = Study("mg", ENGLISH, "20240220", "110500", "052Y", "Screening mammography", "A240220", "MG1", "O’Neill^Siân")
US_STUDY = Study("us", ENGLISH, "20240221", "153000", "052Y", "Carotid duplex", "A240221", "US1", "O’Neill^Siân")


def start_instance(study: Study, sop_class_uid: str, modality: str, series: int, instance: int) -> Dataset:
    """Return a data set with the Patient, General Study, Series and Equipment modules and its identifiers."""
    patient = study.patient
    charset = list(patient.character_set)
    data_set = item(
        SpecificCharacterSet=charset if len(charset) > 1 else charset[0],
        SOPClassUID=sop_class_uid,
        SOPInstanceUID=made_uid(f"disc/{study.label}/{series}/{instance}"),
        InstanceCreationDate=study.date,
        InstanceCreationTime=study.time,
        StudyDate=study.date,
        SeriesDate=study.date,
        AcquisitionDate=study.date,
        ContentDate=study.date,
        StudyTime=study.time,
        SeriesTime=study.time,
        AcquisitionTime=study.time,
        ContentTime=study.time,
        AccessionNumber=study.accession_number,
        Modality=modality,
        Manufacturer=MANUFACTURER,
        InstitutionName=INSTITUTION,
        ReferringPhysicianName=study.referring_physician,
        StudyDescription=study.description,
        ManufacturerModelName="Phantom maker",
        PatientName=patient.name,
        PatientID=patient.patient_id,
        PatientBirthDate=patient.birth_date,
        PatientSex=patient.sex,
        PatientAge=study.age,
        PatientComments=patient.comment,
        DeviceSerialNumber="1",
        SoftwareVersions="1.0",
        StudyInstanceUID=study.study_instance_uid,
        SeriesInstanceUID=made_uid(f"disc/{study.label}/{series}"),
        StudyID=study.study_id,
        SeriesNumber=series,
        InstanceNumber=instance,
    )
    update(data_set, {"BurnedInAnnotation": "NO", "LossyImageCompression": "00"})
    return data_set
