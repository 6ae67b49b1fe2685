import GRDB

/// The tables of the ledger and the steps that lead to them.
///
/// The tables, from the smallest to the largest. Times are nanoseconds since 1970 in UTC; a digest is its bytes, and their number tells the
/// algorithm.
///
///     engine       a container engine, as it last described itself
///     word         a text that many builds share: a pipeline, branch, CI system or user, or the beginning of a job's URL
///     build        a run of hook
///     repository   an image name without tag on an engine: docker.io/shop/api
///     tag          a tag of a repository; '' for a reference that has none, and '@<digest>' at its end for one with a digest
///     event_text   a text that events share: what an image is called by
///     generation   a stretch of time during which every look found a tag on one image; the newest of a tag, by id, is the present one
///     event        what an engine said about an image (kind 0) or a container (kind 1), and the last use of a volume (kind 2), which is the subject
///
/// Order is the order of ids, which is the order in which transactions were committed: a clock may go backwards, an id may not.
///
/// Builds and generations are what a ledger of a million looks consists of, so their rows are as short as they can be: what is the same
/// twice in a row is stored once, and every index holds only as much of a hash as tells millions apart.
///
/// - Warning: a migration is never changed after a release. A new one is added below, with table names as texts.
enum LedgerMigrations {
    /// What the header of the file says about the program that it belongs to, `hook` in ASCII.
    static let applicationID: Int32 = 0x686F_6F6B

    /// The steps, oldest first.
    static func migrator() -> DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("v1", foreignKeyChecks: .immediate) { database in
            try database.execute(
                sql: """
                    PRAGMA application_id = 1752133483;

                    CREATE TABLE engine (
                        id INTEGER PRIMARY KEY,
                        identifier TEXT NOT NULL UNIQUE,
                        name TEXT NOT NULL,
                        product TEXT NOT NULL,
                        image_store TEXT NOT NULL,
                        endpoint TEXT NOT NULL
                    );

                    CREATE TABLE word (
                        id INTEGER PRIMARY KEY,
                        text TEXT NOT NULL UNIQUE
                    );

                    -- A run that is a UUID in lower case, and a revision of 40 or 64 hexadecimal digits, are stored as bytes.
                    -- A job's URL is its beginning up to the last component's slash (job_base) and the rest (job).
                    CREATE TABLE build (
                        id INTEGER PRIMARY KEY,
                        run NOT NULL UNIQUE,
                        pipeline INTEGER NOT NULL REFERENCES word (id),
                        revision,
                        branch INTEGER REFERENCES word (id),
                        system INTEGER REFERENCES word (id),
                        number TEXT,
                        job_base INTEGER REFERENCES word (id),
                        job TEXT,
                        user INTEGER REFERENCES word (id)
                    );

                    CREATE TABLE repository (
                        id INTEGER PRIMARY KEY,
                        engine INTEGER NOT NULL REFERENCES engine (id),
                        name TEXT NOT NULL,
                        UNIQUE (engine, name)
                    );

                    CREATE TABLE tag (
                        id INTEGER PRIMARY KEY,
                        repository INTEGER NOT NULL REFERENCES repository (id),
                        name TEXT NOT NULL,
                        UNIQUE (repository, name)
                    );

                    CREATE TABLE generation (
                        id INTEGER PRIMARY KEY,
                        tag INTEGER NOT NULL REFERENCES tag (id),
                        image BLOB NOT NULL,
                        manifest BLOB,
                        first_seen INTEGER NOT NULL,
                        first_build INTEGER NOT NULL REFERENCES build (id),
                        last_seen INTEGER NOT NULL,
                        last_build INTEGER NOT NULL REFERENCES build (id),
                        sightings INTEGER NOT NULL
                    );
                    -- The id is part of every index, so that this one leads to the newest generation of a tag.
                    CREATE INDEX generation_tag ON generation (tag);
                    -- Eight bytes of a digest tell a million images apart, and keep the index at a third of its size.
                    CREATE INDEX generation_image ON generation (substr(image, 1, 8));

                    -- An actor is bytes where it is a digest (kind 0) or 64 hexadecimal digits (kind 1), and text otherwise.
                    -- The subject is what the event names besides: a reference in full, with its tag, or a digest.
                    CREATE TABLE event (
                        id INTEGER PRIMARY KEY,
                        engine INTEGER NOT NULL REFERENCES engine (id),
                        kind INTEGER NOT NULL,
                        time INTEGER NOT NULL,
                        action TEXT NOT NULL,
                        actor NOT NULL,
                        name TEXT NOT NULL,
                        image TEXT,
                        subject,
                        UNIQUE (engine, kind, time, action, actor, name)
                    );
                    CREATE INDEX event_actor ON event (substr(actor, 1, 8));
                    CREATE INDEX event_subject ON event (engine, subject, kind, time) WHERE subject IS NOT NULL;
                    """
            )
        }
        migrator.registerMigration("v2", foreignKeyChecks: .immediate) { database in
            // The columns come first: where another process did all this meanwhile, nothing is done before it fails.
            try database.execute(
                sql: """
                    -- The newest generation, and how many there were.
                    ALTER TABLE tag ADD COLUMN present INTEGER REFERENCES generation (id);
                    ALTER TABLE tag ADD COLUMN generations INTEGER NOT NULL DEFAULT 0;

                    -- As before; a number or a rest of a job's URL that is a whole number is stored as one.
                    CREATE TABLE build_v2 (
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
                    INSERT INTO build_v2
                    SELECT id, run, pipeline, revision, branch, system,
                        CASE WHEN length(number) < 19 AND number = CAST(CAST(number AS INTEGER) AS TEXT) AND number NOT GLOB '-*'
                            THEN CAST(number AS INTEGER) ELSE number END,
                        job_base,
                        CASE WHEN length(job) < 19 AND job = CAST(CAST(job AS INTEGER) AS TEXT) AND job NOT GLOB '-*'
                            THEN CAST(job AS INTEGER) ELSE job END,
                        user
                    FROM build ORDER BY id;

                    -- The generations of a tag are a list from the newest, which the tag has, to the one before it, and so on.
                    -- A manifest of no bytes is the image's own digest. What was last seen when it was first seen is NULL, and so is its build.
                    CREATE TABLE generation_v2 (
                        id INTEGER PRIMARY KEY,
                        tag INTEGER NOT NULL REFERENCES tag (id),
                        previous INTEGER REFERENCES generation_v2 (id),
                        image BLOB NOT NULL,
                        manifest BLOB,
                        first_seen INTEGER NOT NULL,
                        first_build INTEGER NOT NULL REFERENCES build_v2 (id),
                        last_seen INTEGER,
                        last_build INTEGER REFERENCES build_v2 (id),
                        sightings INTEGER NOT NULL
                    );
                    INSERT INTO generation_v2
                    SELECT id, tag, lag(id) OVER (PARTITION BY tag ORDER BY id), image, iif(manifest = image, x'', manifest),
                        first_seen, first_build, nullif(last_seen, first_seen), nullif(last_build, first_build), sightings
                    FROM generation ORDER BY id;

                    DROP TABLE generation;
                    DROP TABLE build;
                    ALTER TABLE build_v2 RENAME TO build;
                    ALTER TABLE generation_v2 RENAME TO generation;

                    CREATE INDEX build_run ON build (substr(run, 1, 6));
                    CREATE INDEX generation_image ON generation (substr(image, 1, 5));

                    UPDATE tag SET present = newest.id, generations = newest.number
                    FROM (SELECT tag, max(id) AS id, count(*) AS number FROM generation GROUP BY tag) AS newest
                    WHERE newest.tag = tag.id;
                    CREATE INDEX tag_present ON tag (present);
                    """
            )
        }
        migrator.registerMigration("v3", foreignKeyChecks: .immediate) { database in
            // A new table comes first, for the same reason.
            try database.execute(
                sql: """
                    CREATE TABLE event_text (
                        id INTEGER PRIMARY KEY,
                        text TEXT NOT NULL UNIQUE
                    );
                    INSERT INTO event_text (text)
                    SELECT actor FROM event
                    WHERE kind = 0 AND typeof(actor) = 'text' AND NOT (length(actor) = 64 AND actor NOT GLOB '*[^0-9a-f]*')
                    UNION SELECT name FROM event
                    WHERE kind = 0 AND name <> ''
                    AND NOT (typeof(actor) = 'blob' AND name = iif(length(actor) = 64, 'sha512:', 'sha256:') || lower(hex(actor)))
                    UNION SELECT image FROM event
                    WHERE image IS NOT NULL
                    AND NOT (typeof(subject) = 'blob' AND image = iif(length(subject) = 64, 'sha512:', 'sha256:') || lower(hex(subject)))
                    UNION SELECT subject FROM event WHERE typeof(subject) = 'text';

                    -- As before, with the id of a text in the place of the text: an image's actor that is neither a digest nor the 64 digits
                    -- of one, an image's name, and every image and subject that is no digest. A container's name and actor stay as they are.
                    -- A name of no bytes is the actor's digest, and an image of no bytes the subject's; no name is NULL.
                    -- What makes an event unique is looked up by its time when it is written.
                    CREATE TABLE event_v3 (
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
                    INSERT INTO event_v3
                    SELECT id, engine, kind, time, action,
                        CASE WHEN kind = 0 AND typeof(actor) = 'text' AND NOT (length(actor) = 64 AND actor NOT GLOB '*[^0-9a-f]*')
                            THEN (SELECT t.id FROM event_text t WHERE t.text = actor) ELSE actor END,
                        CASE WHEN name = '' THEN NULL WHEN kind <> 0 THEN name
                            WHEN typeof(actor) = 'blob' AND name = iif(length(actor) = 64, 'sha512:', 'sha256:') || lower(hex(actor)) THEN x''
                            ELSE (SELECT t.id FROM event_text t WHERE t.text = name) END,
                        CASE WHEN image IS NULL THEN NULL
                            WHEN typeof(subject) = 'blob' AND image = iif(length(subject) = 64, 'sha512:', 'sha256:') || lower(hex(subject))
                            THEN x'' ELSE (SELECT t.id FROM event_text t WHERE t.text = image) END,
                        CASE WHEN typeof(subject) = 'text' THEN (SELECT t.id FROM event_text t WHERE t.text = subject) ELSE subject END
                    FROM event ORDER BY id;
                    DROP TABLE event;
                    ALTER TABLE event_v3 RENAME TO event;

                    CREATE INDEX event_time ON event (engine, kind, time);
                    CREATE INDEX event_actor ON event (substr(actor, 1, 4));
                    CREATE INDEX event_subject ON event (engine, subject, kind, time) WHERE subject IS NOT NULL;

                    -- Four bytes tell a million apart as well: one in four thousand looks meets another row with the same.
                    DROP INDEX build_run;
                    CREATE INDEX build_run ON build (substr(run, 1, 4));
                    DROP INDEX generation_image;
                    CREATE INDEX generation_image ON generation (substr(image, 1, 4));
                    """
            )
        }
        return migrator
    }
}
