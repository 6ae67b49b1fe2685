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
///     generation   a stretch of time during which every look found a tag on one image; the newest of a tag, by id, is the present one
///     event        what an engine said about an image (kind 0) or a container (kind 1)
///
/// Order is the order of ids, which is the order in which transactions were committed: a clock may go backwards, an id may not.
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
        return migrator
    }
}
