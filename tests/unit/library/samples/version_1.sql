-- The index of the library, version 1. Everything here but what a reader added (ratings, notes, flags, what was
-- displayed, saved searches) can be made again from the kept files.
--
-- study_key says when the study was made: days, seconds and a counter in one number (catalogue keys its rows with it),
-- so that the newest study is the one with the greatest key and lists and searches end as soon as they are full.
-- Moments ending in _at are microseconds since 1970-01-01 UTC. Texts are never NULL; what is absent is empty.

CREATE TABLE patients (
    patient_key INTEGER PRIMARY KEY,
    patient_id TEXT NOT NULL,
    issuer TEXT NOT NULL,
    apart TEXT NOT NULL,  -- tells apart patients who came without a Patient ID: the UID of their study
    patient_name TEXT NOT NULL,
    birth_date TEXT NOT NULL,
    sex TEXT NOT NULL,
    UNIQUE (patient_id, issuer, apart)
);

CREATE TABLE studies (
    study_key INTEGER PRIMARY KEY,
    patient_key INTEGER NOT NULL REFERENCES patients (patient_key),
    study_instance_uid TEXT NOT NULL,
    patient_name TEXT NOT NULL,  -- as this study's files have it, whatever other studies of the patient say
    birth_date TEXT NOT NULL,
    sex TEXT NOT NULL,
    study_date TEXT NOT NULL,
    study_time TEXT NOT NULL,
    accession_number TEXT NOT NULL,
    study_id TEXT NOT NULL,
    study_description TEXT NOT NULL,
    referring_physician_name TEXT NOT NULL,
    attributes TEXT NOT NULL,  -- the other query keys of this level, as JSON
    modalities TEXT NOT NULL DEFAULT '',
    sop_classes TEXT NOT NULL DEFAULT '',
    series_count INTEGER NOT NULL DEFAULT 0,
    instance_count INTEGER NOT NULL DEFAULT 0,
    displayed_count INTEGER NOT NULL DEFAULT 0,
    total_size INTEGER NOT NULL DEFAULT 0,
    first_received_at INTEGER NOT NULL,
    last_received_at INTEGER NOT NULL,
    last_displayed_at INTEGER,
    trashed_at INTEGER,
    rating INTEGER NOT NULL DEFAULT 0 CHECK (rating BETWEEN 0 AND 5),
    notes TEXT NOT NULL DEFAULT '',
    flags TEXT NOT NULL DEFAULT '',
    UNIQUE (study_instance_uid, patient_key)
);
CREATE INDEX studies_of_patient ON studies (patient_key);
CREATE INDEX trashed_studies ON studies (trashed_at) WHERE trashed_at IS NOT NULL;

CREATE TABLE series (
    series_key INTEGER PRIMARY KEY,
    study_key INTEGER NOT NULL REFERENCES studies (study_key) ON UPDATE CASCADE ON DELETE CASCADE,
    series_instance_uid TEXT NOT NULL,
    modality TEXT NOT NULL,
    series_number TEXT NOT NULL,
    series_description TEXT NOT NULL,
    attributes TEXT NOT NULL,
    sop_classes TEXT NOT NULL DEFAULT '',
    instance_count INTEGER NOT NULL DEFAULT 0,
    total_size INTEGER NOT NULL DEFAULT 0,
    first_received_at INTEGER NOT NULL,
    last_received_at INTEGER NOT NULL,
    UNIQUE (study_key, series_instance_uid)
);
CREATE INDEX series_by_uid ON series (series_instance_uid);

CREATE TABLE sources (
    source_key INTEGER PRIMARY KEY,
    door TEXT NOT NULL,
    name TEXT NOT NULL,
    address TEXT NOT NULL,
    UNIQUE (door, name, address)
);

CREATE TABLE instances (
    instance_key INTEGER PRIMARY KEY,
    series_key INTEGER NOT NULL REFERENCES series (series_key) ON DELETE CASCADE,
    sop_instance_uid TEXT NOT NULL,
    sop_class_uid TEXT NOT NULL,
    transfer_syntax_uid TEXT NOT NULL,
    sha256 BLOB NOT NULL,
    size INTEGER NOT NULL,
    path TEXT NOT NULL,
    source_key INTEGER NOT NULL REFERENCES sources (source_key),
    received_at INTEGER NOT NULL,
    displayed_at INTEGER,
    instance_number TEXT NOT NULL,
    attributes TEXT NOT NULL
);
CREATE UNIQUE INDEX instances_by_uid ON instances (sop_instance_uid);
CREATE INDEX instances_of_series ON instances (series_key);
CREATE INDEX instances_by_hash ON instances (sha256);

-- Instances whose UID was there already with other bytes: kept aside, the first one stays in force.
CREATE TABLE conflicts (
    conflict_key INTEGER PRIMARY KEY,
    sop_instance_uid TEXT NOT NULL,
    sha256 BLOB NOT NULL,
    size INTEGER NOT NULL,
    path TEXT NOT NULL,
    sop_class_uid TEXT NOT NULL,
    transfer_syntax_uid TEXT NOT NULL,
    study_instance_uid TEXT NOT NULL,
    series_instance_uid TEXT NOT NULL,
    patient_id TEXT NOT NULL,
    issuer TEXT NOT NULL,
    source_key INTEGER NOT NULL REFERENCES sources (source_key),
    received_at INTEGER NOT NULL,
    attributes TEXT NOT NULL,
    UNIQUE (sop_instance_uid, sha256)
);
CREATE INDEX conflicts_by_hash ON conflicts (sha256);

-- What did not fit together though nothing was replaced: told until a reader has settled it.
CREATE TABLE warnings (
    warning_key INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    study_instance_uid TEXT NOT NULL,
    series_instance_uid TEXT NOT NULL,
    patient_id TEXT NOT NULL,
    held TEXT NOT NULL,
    arrived TEXT NOT NULL,
    source_key INTEGER NOT NULL REFERENCES sources (source_key),
    first_at INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    instance_count INTEGER NOT NULL,
    settled_at INTEGER,
    UNIQUE (study_instance_uid, series_instance_uid, kind, patient_id, held, arrived, source_key)
);

CREATE TABLE saved_searches (
    name TEXT PRIMARY KEY,
    search TEXT NOT NULL
);

CREATE TABLE study_words (
    study_key INTEGER PRIMARY KEY,
    words TEXT NOT NULL
);
-- Words come folded and divided (search.py); only the equals sign, which marks filters, is not a divider here.
CREATE VIRTUAL TABLE study_search USING fts5 (
    words,
    content = 'study_words',
    content_rowid = 'study_key',
    detail = none,
    columnsize = 0,
    prefix = '1 2 3 4',
    tokenize = "ascii tokenchars '='"
);

-- What a library of version 1 held.

INSERT INTO patients VALUES (1, 'P-1', '', '', 'Hong^Gildong=洪^吉洞=홍^길동', '19700102', '');
INSERT INTO patients VALUES (2, 'P-2', '', '', 'Hong^Gildong=洪^吉洞=홍^길동', '19700102', '');
INSERT INTO studies VALUES (1624973251815931904, 1, '1.2.3.1', 'Hong^Gildong=洪^吉洞=홍^길동', '19700102', '', '20240307', '101500', 'ACC-77', '', 'Brain', '', '', 'CT\SR', '1.2.840.10008.5.1.4.1.1.2', 2, 3, 1, 3008, 1795420800000000, 1795420860000000, 1795420800000000, NULL, 4, 'compare with 2023', '');
INSERT INTO studies VALUES (1624973251815931905, 2, '1.2.3.1', 'Hong^Gildong=洪^吉洞=홍^길동', '19700102', '', '20240307', '101500', 'ACC-77', '', 'Brain', '', '', 'CT', '1.2.840.10008.5.1.4.1.1.2', 1, 1, 0, 1004, 1795420800000000, 1795420800000000, NULL, NULL, 4, 'compare with 2023', '');
INSERT INTO studies VALUES (1625632958792597504, 1, '1.2.3.2', 'Kim^Other', '19700102', '', '20250101', '101500', 'ACC-77', '', 'Brain', '', '', 'CT', '1.2.840.10008.5.1.4.1.1.2', 1, 1, 0, 1003, 1795420800000000, 1795420800000000, NULL, 1795420800000000, 0, '', 'protected');
INSERT INTO sources VALUES (1, 'import', 'WINTER 2024', '/media/disc');
INSERT INTO sources VALUES (2, 'receiver', 'CT_ONE', '192.0.2.7');
INSERT INTO series VALUES (1, 1624973251815931904, '1.2.3.1.1', 'CT', '', 'Axial 5 mm', '', '1.2.840.10008.5.1.4.1.1.2', 2, 2003, 1795420800000000, 1795420800000000);
INSERT INTO series VALUES (2, 1625632958792597504, '1.2.3.2.1', 'CT', '', 'Axial 5 mm', '', '1.2.840.10008.5.1.4.1.1.2', 1, 1003, 1795420800000000, 1795420800000000);
INSERT INTO series VALUES (3, 1624973251815931905, '1.2.3.1.1', 'CT', '', 'Axial 5 mm', '', '1.2.840.10008.5.1.4.1.1.2', 1, 1004, 1795420800000000, 1795420800000000);
INSERT INTO series VALUES (4, 1624973251815931904, '1.2.3.1.5', 'SR', '', 'Axial 5 mm', '', '1.2.840.10008.5.1.4.1.1.2', 1, 1005, 1795420860000000, 1795420860000000);
INSERT INTO instances VALUES (1, 1, '1.2.3.9.1', '1.2.840.10008.5.1.4.1.1.2', '1.2.840.10008.1.2.1', X'e8e89b1373a99fcea28229b9a5f0d6d9887a3e2aba139e6f8fdcba4a6e9e70b2', 1001, '', 1, 1795420800000000, 1795420800000000, '1', '');
INSERT INTO instances VALUES (2, 1, '1.2.3.9.2', '1.2.840.10008.5.1.4.1.1.2', '1.2.840.10008.1.2.1', X'136d3607da15b89e797f1bc2e3a26fc4fe1a35d197b2c1fec05d6df93c94c45a', 1002, '', 1, 1795420800000000, NULL, '2', '');
INSERT INTO instances VALUES (3, 2, '1.2.3.9.3', '1.2.840.10008.5.1.4.1.1.2', '1.2.840.10008.1.2.1', X'cf6b654068d4be46c0a596fee3718be86760c7c17b8fe33ad931efa1456bed66', 1003, '', 1, 1795420800000000, NULL, '3', '');
INSERT INTO instances VALUES (4, 3, '1.2.3.9.4', '1.2.840.10008.5.1.4.1.1.2', '1.2.840.10008.1.2.1', X'2ba6535aa2b3ad715ff60fadd6522e919c1edfc0bfada710f4568289ee30c9ec', 1004, '', 1, 1795420800000000, NULL, '4', '');
INSERT INTO instances VALUES (5, 4, '1.2.3.9.5', '1.2.840.10008.5.1.4.1.1.2', '1.2.840.10008.1.2.1', X'ee525e53a4595cec1ae6722f06f32f8e0da3642a63d49e75ceb687c1d3dbe881', 1005, '/media/disc/5', 2, 1795420860000000, NULL, '5', '');
INSERT INTO conflicts VALUES (1, '1.2.3.9.2', X'ccdd35168ab474fa5764a526cfb83621351e23682c5075b2e18d56bddf96aa30', 1002, '', '1.2.840.10008.5.1.4.1.1.2', '1.2.840.10008.1.2.1', '1.2.3.1', '1.2.3.1.1', 'P-1', '', 1, 1795420800000000, '{"PatientID":"P-1","PatientName":"Hong^Gildong=洪^吉洞=홍^길동","PatientBirthDate":"19700102","StudyDate":"20240307","StudyTime":"101500","AccessionNumber":"ACC-77","StudyDescription":"Brain","Modality":"CT","SeriesDescription":"Axial 5 mm","InstanceNumber":"2"}');
INSERT INTO warnings VALUES (1, 'other name', '1.2.3.2', '', 'P-1', 'Hong^Gildong=洪^吉洞=홍^길동', 'Kim^Other', 1, 1795420800000000, 1795420800000000, 1, NULL);
INSERT INTO warnings VALUES (2, 'other patient', '1.2.3.1', '', 'P-2', 'P-1', 'P-2', 1, 1795420800000000, 1795420800000000, 1, NULL);
INSERT INTO saved_searches VALUES ('CT of today', '{"text": "hong", "modality": "CT", "date_from": null, "date_to": null, "flags": [], "patient_id": "", "only_undisplayed": false, "in_trash": false, "limit": 200}');
INSERT INTO study_words VALUES (1624973251815931904, 'hong gildong honggildong 洪 吉洞 洞 洪吉洞 홍 길동 동 홍길동 ᄒᄀᄃ ᄀᄃ ᄃ p1 p 1 acc77 acc 77 brain compare with 2023 20240307 19700102 =f =mct ct axial 5 mm =msr sr');
INSERT INTO study_words VALUES (1624973251815931905, 'hong gildong honggildong 洪 吉洞 洞 洪吉洞 홍 길동 동 홍길동 ᄒᄀᄃ ᄀᄃ ᄃ p2 p 2 acc77 acc 77 brain compare with 2023 20240307 19700102 =f =mct ct axial 5 mm');
INSERT INTO study_words VALUES (1625632958792597504, 'kim other kimother p1 p 1 acc77 acc 77 brain 20250101 19700102 =fprotected =mct ct axial 5 mm');
INSERT INTO study_search (study_search) VALUES ('rebuild');
PRAGMA user_version = 1;
