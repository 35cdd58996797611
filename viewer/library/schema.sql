-- The index of the library, version 4. Everything here but what a reader added (ratings, notes, flags, what was
-- displayed, saved searches) and what the receiver has promised (commitments, deliveries), what other
-- archives have and have promised (sent_instances, asked_commitments) and what is to be fetched and sent (transfers)
-- can be made again from the kept files.
--
-- study_key says when the study was made: days, seconds and a counter in one number (catalogue keys its rows with it),
-- so that the newest study is the one with the greatest key and lists and searches end as soon as they are full.
-- Moments ending in _at are microseconds since 1970-01-01 UTC. Texts are never NULL; what is absent is empty.

PRAGMA application_id = 0x4E674C62;  -- "NgLb": tells it from other programs' files

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
    source_key INTEGER NOT NULL DEFAULT 0,  -- where its first instance came from
    on_time_at INTEGER NOT NULL DEFAULT 0,  -- when the last one came that was neither late nor from elsewhere
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
CREATE INDEX instances_in_place ON instances (path) WHERE path != '';

-- Instances kept aside: their UID was there already with other bytes, or nobody knows who sent them, or other bytes
-- have taken their place since. The one in force stays in force.
CREATE TABLE conflicts (
    conflict_key INTEGER PRIMARY KEY,
    reason TEXT NOT NULL DEFAULT 'altered',
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
CREATE INDEX conflicts_of_study ON conflicts (study_instance_uid);

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

-- Storage commitments that were asked for: answered only after the bytes were read again, and until they are delivered.
CREATE TABLE commitments (
    commitment_key INTEGER PRIMARY KEY,
    transaction_uid TEXT NOT NULL,
    ae_title TEXT NOT NULL,  -- who asked
    address TEXT NOT NULL,  -- from where
    requested TEXT NOT NULL,  -- [[SOP Class UID, SOP Instance UID], …] as JSON
    result TEXT NOT NULL DEFAULT '',  -- what was found for each, as JSON; empty until they were read
    asked_at INTEGER NOT NULL,
    due_at INTEGER NOT NULL,  -- when the next attempt to answer is to be made
    ended_at INTEGER,  -- when the answer was taken, or given up
    attempts INTEGER NOT NULL DEFAULT 0,
    error TEXT NOT NULL DEFAULT '',
    UNIQUE (ae_title, transaction_uid)
);
CREATE INDEX due_commitments ON commitments (due_at) WHERE ended_at IS NULL;

-- What routing rules have to do with studies that came: kept until it is done, or given up.
CREATE TABLE deliveries (
    delivery_key INTEGER PRIMARY KEY,
    rule TEXT NOT NULL,  -- its name
    action TEXT NOT NULL,  -- as JSON: as it was when the study came
    study_instance_uid TEXT NOT NULL,
    done TEXT NOT NULL DEFAULT '',  -- JSON: the SOP Instance UIDs that are delivered
    came_at INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    ended_at INTEGER,
    attempts INTEGER NOT NULL DEFAULT 0,
    error TEXT NOT NULL DEFAULT ''
);
CREATE INDEX due_deliveries ON deliveries (due_at) WHERE ended_at IS NULL;

-- What other archives have of ours, as far as we know: sent to them, and promised by them to be kept.
CREATE TABLE sent_instances (
    archive TEXT NOT NULL,  -- its name here
    sop_instance_uid TEXT NOT NULL,
    sha256 BLOB NOT NULL,  -- of the file that was sent: another file in force is not sent yet
    sent_at INTEGER,
    committed_at INTEGER,
    failure INTEGER,  -- why it must not be relied on: a Failure Reason (0008,1197), or the status of its C-STORE
    PRIMARY KEY (archive, sop_instance_uid)
);
CREATE INDEX sent_by_uid ON sent_instances (sop_instance_uid);

-- Storage commitments that we asked others for: their answers come late, and on an association of theirs.
CREATE TABLE asked_commitments (
    transaction_uid TEXT PRIMARY KEY,
    archive TEXT NOT NULL,  -- its name here
    ae_title TEXT NOT NULL,  -- of who may answer, by backslashes
    study_instance_uid TEXT NOT NULL,
    requested TEXT NOT NULL,  -- [[SOP Class UID, SOP Instance UID, SHA-256 of the file], …] as JSON
    asked_at INTEGER NOT NULL,
    answered_at INTEGER
);
CREATE INDEX commitments_asked_of_study ON asked_commitments (study_instance_uid);

-- What is to be fetched and sent, and what became of it; goes on after a crash.
CREATE TABLE transfers (
    transfer_key INTEGER PRIMARY KEY,
    request TEXT NOT NULL,  -- as JSON
    state TEXT NOT NULL,
    outcome TEXT NOT NULL DEFAULT '',  -- as JSON
    made_at INTEGER NOT NULL,
    ended_at INTEGER
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
    prefix = '1 2 3 4 5 6 7 8',
    tokenize = "ascii tokenchars '='"
);
