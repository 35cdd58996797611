"""A library as large as a hospital's year, written straight into the index: its rows repeat from run to run."""

import hashlib
import random
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from viewer.library.database import DATABASE_NAME, Database
from viewer.library.kept_values import key_of_day, microseconds
from viewer.library.search import study_words
from viewer.library.study_upkeep import STUDY_COLUMNS

FAMILIES = (
    ("Kim", "金", "김"), ("Lee", "李", "이"), ("Park", "朴", "박"), ("Choi", "崔", "최"), ("Jung", "鄭", "정"),
    ("Kang", "姜", "강"), ("Hong", "洪", "홍"), ("Müller", "", ""), ("Schmidt", "", ""), ("Núñez", "", ""),
    ("Smith", "", ""), ("O'Brien", "", ""), ("山田", "山田", ""), ("佐藤", "佐藤", ""), ("Иванов", "", ""),
)  # fmt: skip
SYLLABLES = ("gil", "dong", "min", "seo", "jun", "ha", "eun", "ji", "woo", "young", "hee", "soo")
HANGUL = ("길", "동", "민", "서", "준", "하", "은", "지", "우", "영", "희", "수")
DESCRIPTIONS = (
    "Brain MRI",
    "Chest CT with contrast",
    "Abdomen CT",
    "Knee right",
    "Spine L",
    "Mammography",
    "PET whole body",
)
MODALITIES = ("CT", "MR", "CR", "DX", "US", "MG", "PT")
SERIES_A_STUDY = 4
_FIRST_DAY = date(2015, 1, 1)
_DAYS = 4000
_SIZE = 526_000
_CT = "1.2.840.10008.5.1.4.1.1.2"
_EXPLICIT = "1.2.840.10008.1.2.1"


def fill_library(folder: Path, studies: int, instances_a_study: int) -> None:
    """Fill a new library, its indexes made afterwards: by its own writer it would take hours."""
    Database(folder).close()
    with closing(sqlite3.connect(folder / DATABASE_NAME, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA cache_size = -1000000")
        connection.execute("BEGIN")
        indexes = connection.execute(
            "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'instances' AND sql IS NOT NULL"
        ).fetchall()
        for name, _sql in indexes:
            connection.execute(f"DROP INDEX {name}")
        connection.execute("INSERT INTO sources (source_key, door, name, address) VALUES (1, 'import', 'DISC', '')")
        for number in range(studies):
            _write_study(connection, number, instances_a_study)
        columns = (
            "series_key", "sop_instance_uid", "sop_class_uid", "transfer_syntax_uid", "sha256", "size", "path",
            "source_key", "received_at", "instance_number", "attributes",
        )  # fmt: skip
        _insert(connection, "instances", columns, _instances(studies, instances_a_study))
        for _name, sql in indexes:
            connection.execute(sql)
        connection.execute("INSERT INTO study_search (study_search) VALUES ('rebuild')")
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()


def study_values(number: int) -> dict[str, str]:
    """Return the attributes of one study of the library, by keyword."""
    chance = random.Random(number)
    family, han, hangul = chance.choice(FAMILIES)
    first, second = chance.randrange(len(SYLLABLES)), chance.randrange(len(SYLLABLES))
    name = f"{family}^{(SYLLABLES[first] + SYLLABLES[second]).capitalize()}"
    if hangul:
        name += f"={han}^={hangul}^{HANGUL[first]}{HANGUL[second]}"
    return {
        "PatientName": name,
        "PatientID": f"PID{number // 2:07d}",
        "PatientBirthDate": (date(1930, 1, 1) + timedelta(days=chance.randrange(30000))).strftime("%Y%m%d"),
        "PatientSex": chance.choice("MF"),
        "StudyDate": (_FIRST_DAY + timedelta(days=chance.randrange(_DAYS))).strftime("%Y%m%d"),
        "StudyTime": f"{chance.randrange(24):02d}{chance.randrange(60):02d}00",
        "AccessionNumber": f"A{number:08d}",
        "StudyID": str(number % 1000),
        "StudyDescription": chance.choice(DESCRIPTIONS),
        "ReferringPhysicianName": f"{chance.choice(FAMILIES)[0]}^Dr",
        "Modality": chance.choice(MODALITIES),
    }


def study_uid(number: int) -> str:
    """Return the UID of one study of the library."""
    return f"1.2.826.0.1.3680043.9.7777.{number}"


def instance_uid(study: int, number: int) -> str:
    """Return the UID of one instance of the library."""
    return f"1.2.826.0.1.3680043.9.7777.{study}.9.{number}"


def _write_study(connection: sqlite3.Connection, number: int, instances: int) -> None:
    values = study_values(number)
    at = microseconds(datetime(2026, 1, 1, tzinfo=UTC)) + number
    patient = number // 2 + 1
    if number % 2 == 0:
        columns: tuple[str, ...] = ("patient_key", "patient_id", "issuer", "apart", "patient_name", "birth_date", "sex")
        identity = (patient, values["PatientID"], "", "")
        person = (values["PatientName"], values["PatientBirthDate"], values["PatientSex"])
        _insert(connection, "patients", columns, [(*identity, *person)])
    day = datetime.strptime(values["StudyDate"], "%Y%m%d").replace(tzinfo=UTC).toordinal()
    key = key_of_day(day) + number
    columns = (
        "study_key", "patient_key", "study_instance_uid", "attributes", "modalities", "sop_classes", "series_count",
        "instance_count", "total_size", "first_received_at", "last_received_at", *STUDY_COLUMNS.values(),
    )  # fmt: skip
    row = (
        key, patient, study_uid(number), "", values["Modality"], _CT, SERIES_A_STUDY, instances, instances * _SIZE,
        at, at, *(values[keyword] for keyword in STUDY_COLUMNS),
    )  # fmt: skip
    _insert(connection, "studies", columns, [row])
    series = [{"Modality": values["Modality"], "SeriesDescription": f"Axial {one}"} for one in range(SERIES_A_STUDY)]
    columns = (
        "series_key", "study_key", "series_instance_uid", "modality", "series_number", "series_description",
        "attributes", "sop_classes", "instance_count", "total_size", "first_received_at", "last_received_at",
        "source_key", "on_time_at",
    )  # fmt: skip
    share = instances // SERIES_A_STUDY
    rows = [
        (
            number * SERIES_A_STUDY + one + 1, key, f"{study_uid(number)}.{one}", values["Modality"], str(one),
            series[one]["SeriesDescription"], "", _CT, share, share * _SIZE, at, at, 1, at,
        )
        for one in range(SERIES_A_STUDY)
    ]  # fmt: skip
    _insert(connection, "series", columns, rows)
    words = study_words(values, series, "", "")
    _insert(connection, "study_words", ("study_key", "words"), [(key, words)])


def _instances(studies: int, instances: int) -> Iterator[tuple[object, ...]]:
    at = microseconds(datetime(2026, 1, 1, tzinfo=UTC))
    attributes = '{"Rows":"512","Columns":"512"}'
    for study in range(studies):
        for number in range(instances):
            series = study * SERIES_A_STUDY + number * SERIES_A_STUDY // instances + 1
            uid = instance_uid(study, number)
            digest = hashlib.sha256(uid.encode()).digest()
            yield series, uid, _CT, _EXPLICIT, digest, _SIZE, "", 1, at, str(number), attributes


def _insert(
    connection: sqlite3.Connection, table: str, columns: Sequence[str], rows: Iterable[tuple[object, ...]]
) -> None:
    marks = ", ".join("?" * len(columns))
    connection.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", rows)  # noqa: S608 - ours
