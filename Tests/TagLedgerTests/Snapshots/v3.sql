CREATE TABLE "build" (
    id INTEGER PRIMARY KEY,
    run NOT NULL,
    pipeline INTEGER NOT NULL REFERENCES word (id),
    revision,
    branch INTEGER REFERENCES word (id),
    system INTEGER REFERENCES word (id),
    number,
    job_base INTEGER REFERENCES word (id),
    job,
    user INTEGER REFERENCES word (id)
);

CREATE INDEX build_run ON build (substr(run, 1, 4));

CREATE TABLE engine (
    id INTEGER PRIMARY KEY,
    identifier TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    product TEXT NOT NULL,
    image_store TEXT NOT NULL,
    endpoint TEXT NOT NULL
);

CREATE TABLE "event" (
    id INTEGER PRIMARY KEY,
    engine INTEGER NOT NULL REFERENCES engine (id),
    kind INTEGER NOT NULL,
    time INTEGER NOT NULL,
    action TEXT NOT NULL,
    actor NOT NULL,
    name,
    image,
    subject
);

CREATE INDEX event_actor ON event (substr(actor, 1, 4));

CREATE INDEX event_subject ON event (engine, subject, kind, time) WHERE subject IS NOT NULL;

CREATE TABLE event_text (
    id INTEGER PRIMARY KEY,
    text TEXT NOT NULL UNIQUE
);

CREATE INDEX event_time ON event (engine, kind, time);

CREATE TABLE "generation" (
    id INTEGER PRIMARY KEY,
    tag INTEGER NOT NULL REFERENCES tag (id),
    previous INTEGER REFERENCES "generation" (id),
    image BLOB NOT NULL,
    manifest BLOB,
    first_seen INTEGER NOT NULL,
    first_build INTEGER NOT NULL REFERENCES "build" (id),
    last_seen INTEGER,
    last_build INTEGER REFERENCES "build" (id),
    sightings INTEGER NOT NULL
);

CREATE INDEX generation_image ON generation (substr(image, 1, 4));

CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY);

CREATE TABLE repository (
    id INTEGER PRIMARY KEY,
    engine INTEGER NOT NULL REFERENCES engine (id),
    name TEXT NOT NULL,
    UNIQUE (engine, name)
);

CREATE TABLE tag (
    id INTEGER PRIMARY KEY,
    repository INTEGER NOT NULL REFERENCES repository (id),
    name TEXT NOT NULL, present INTEGER REFERENCES generation (id), generations INTEGER NOT NULL DEFAULT 0,
    UNIQUE (repository, name)
);

CREATE INDEX tag_present ON tag (present);

CREATE TABLE word (
    id INTEGER PRIMARY KEY,
    text TEXT NOT NULL UNIQUE
);
