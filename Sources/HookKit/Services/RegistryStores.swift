public import OCI

/// The storage directories of registries.
public protocol RegistryStores: Sendable {
    /// Removes what nothing needs, or what was asked for. A dry run plans the same and changes nothing.
    func collect(_ request: RegistryCollection, isDryRun: Bool) async throws -> RegistryStoreReport

    /// Follows every tag to its last blob; where `repairs` is set and this is no dry run, mends what can be mended without guessing.
    func check(_ request: RegistryCheck, isDryRun: Bool) async throws -> RegistryStoreReport
}

/// A collection that is asked for.
public struct RegistryCollection: Hashable, Sendable {
    /// What is to go.
    public enum Target: Hashable, Sendable {
        /// What nothing needs, in the repositories that a pattern matches; with no pattern, in all.
        case garbage(repositories: [ReferencePattern])
        /// Whole repositories and tags by pattern, and what only they used.
        case named([NamedPattern])
    }

    /// A pattern of what is to go, which names repositories or tags.
    public struct NamedPattern: Hashable, Sendable {
        /// The pattern.
        public let pattern: ReferencePattern

        /// Takes a pattern.
        public init(_ pattern: ReferencePattern) { self.pattern = pattern }

        /// Whether the pattern names tags; without one it names whole repositories.
        public var namesTags: Bool {
            let text = pattern.description
            return text[(text.lastIndex(of: "/") ?? text.startIndex)...].contains(":")
        }
    }

    /// The directory that holds `docker/registry/v2`, or that directory itself.
    public var root: String
    /// What is to go.
    public var target: Target
    /// Whether manifests that no tag reaches go.
    public var deletesUntagged = false
    /// How many of them stay in each repository, the newest.
    public var keepLast = 0
    /// How old they must be.
    public var olderThan: Duration = .zero
    /// What was written within this time stays.
    public var minimumAge: Duration = .seconds(3600)
    /// How old an upload must be to go; `nil` keeps all.
    public var uploadsOlderThan: Duration?
    /// Whether repositories in which nothing is left go.
    public var deletesEmptyRepositories = false
    /// For how long what went can be brought back.
    public var trash: Duration = .zero
    /// The address of the registry that serves the directory.
    public var registry: String?
    /// How many directories are worked on at a time; `nil` for one a core.
    public var jobs: Int?
    /// Whether a dry run works out who would use what stays, for which it asks every blob for its size; a run that sweeps knows it from its check.
    public var measuresUse = false
    /// The moment that ages are counted from; `nil` for now.
    public var time: Timestamp?
    /// What may go, by a plan that was written down.
    ///
    /// What is due besides stays, and what somebody removed before counts as done. Where something of it must not go any more, or is not as the
    /// plan has it, nothing goes, and the collection throws.
    public var expected: [PlannedChange]?

    /// Asks for a collection.
    public init(root: String, target: Target) {
        self.root = root
        self.target = target
    }
}

/// A check that is asked for.
public struct RegistryCheck: Hashable, Sendable {
    /// The directory that holds `docker/registry/v2`, or that directory itself.
    public var root: String
    /// Whether every blob is read and its digest computed.
    public var verifiesDigests = false
    /// Whether what can be mended without guessing is mended.
    public var repairs = false
    /// How old an upload must be to be reported.
    public var uploadsOlderThan: Duration = .seconds(7 * 86400)
    /// How many directories are worked on at a time; `nil` for one a core.
    public var jobs: Int?
    /// The moment that ages are counted from; `nil` for now.
    public var time: Timestamp?
    /// What may be mended, by a plan that was written down: the same as for a collection.
    public var expected: [PlannedChange]?

    /// Asks for a check.
    public init(root: String) { self.root = root }
}

/// What a collection or a check of a registry's directory found and did.
public struct RegistryStoreReport: Hashable, Sendable {
    /// One thing that went, or would go.
    public struct Removal: Hashable, Sendable {
        /// What it is: `tag`, `tag-entry`, `revision`, `layer-link`, `upload`, `repository`, `blob`, `trash-run`.
        public let kind: String
        /// Where it is.
        public let path: String
        /// Why it goes.
        public let reason: String
        /// What the disk gets back.
        public let bytes: ByteSize
        /// What a tag names.
        public let digest: Digest?

        /// Describes a removal.
        public init(kind: String, path: String, reason: String, bytes: ByteSize, digest: Digest? = nil) {
            self.kind = kind
            self.path = path
            self.reason = reason
            self.bytes = bytes
            self.digest = digest
        }
    }

    /// What goes from one repository, or from the blobs.
    public struct Group: Hashable, Sendable {
        /// The repository's name; `blobs` for the blobs.
        public let subject: String
        /// How many things of each kind, in the order in which they go.
        public let counts: [Count]
        /// What the disk gets back.
        public let bytes: ByteSize
        /// Everything by itself, in the order in which it goes; of a real run only where there is little.
        public let removals: Removals

        /// Describes a group.
        public init(subject: String, counts: [Count], bytes: ByteSize, removals: [Removal]) {
            self.init(subject: subject, counts: counts, bytes: bytes, removals: Removals(removals))
        }

        /// Describes a group whose things may be made one after the other.
        public init(subject: String, counts: [Count], bytes: ByteSize, removals: Removals) {
            self.subject = subject
            self.counts = counts
            self.bytes = bytes
            self.removals = removals
        }
    }

    /// How many things of a kind.
    public struct Count: Hashable, Sendable {
        /// The kind.
        public let kind: String
        /// How many.
        public let count: Int

        /// Describes a count.
        public init(_ kind: String, _ count: Int) {
            self.kind = kind
            self.count = count
        }
    }

    /// Who uses the bytes of a store's blobs; every blob is counted once.
    public struct Use: Hashable, Sendable {
        /// A repository with the blobs that it alone names.
        public struct Repository: Hashable, Sendable {
            /// The repository's name.
            public let name: String
            /// The bytes of the blobs that no other repository names.
            public let bytes: ByteSize
            /// What the disk would get back, by the plan of a dry run, of the blobs that no other repository names.
            public let reclaimable: ByteSize

            /// Describes a repository.
            public init(name: String, bytes: ByteSize, reclaimable: ByteSize = .zero) {
                self.name = name
                self.bytes = bytes
                self.reclaimable = reclaimable
            }
        }

        /// A tag with all blobs that it reaches, its own or not.
        public struct Tag: Hashable, Sendable {
            /// The repository's name.
            public let repository: String
            /// The tag's name.
            public let name: String
            /// The bytes of its manifest and of everything that it leads to.
            public let bytes: ByteSize

            /// Describes a tag.
            public init(repository: String, name: String, bytes: ByteSize) {
                self.repository = repository
                self.name = name
                self.bytes = bytes
            }
        }

        /// What the disk would get back, by the plan of a dry run, of what is not counted with a single repository.
        public struct Reclaimable: Hashable, Sendable {
            /// Of the blobs that several repositories name.
            public let shared: ByteSize
            /// Of the blobs that no repository names.
            public let unreferenced: ByteSize
            /// Of uploads.
            public let uploads: ByteSize

            /// Describes what the disk would get back.
            public init(shared: ByteSize, unreferenced: ByteSize, uploads: ByteSize) {
                self.shared = shared
                self.unreferenced = unreferenced
                self.uploads = uploads
            }
        }

        /// The repositories that have blobs of their own, or of which something would go.
        public let repositories: [Repository]
        /// The bytes of the blobs that several repositories name.
        public let shared: ByteSize
        /// The bytes of the blobs that no repository names.
        public let unreferenced: ByteSize
        /// The tags that reach most, the largest first.
        public let largestTags: [Tag]

        /// What would go besides; `nil` where nothing was planned.
        ///
        /// With it, what would go counts here alone, and all else is what would stay.
        public let reclaimable: Reclaimable?

        /// Describes who uses what.
        public init(
            repositories: [Repository],
            shared: ByteSize,
            unreferenced: ByteSize,
            largestTags: [Tag] = [],
            reclaimable: Reclaimable? = nil
        ) {
            self.repositories = repositories
            self.shared = shared
            self.unreferenced = unreferenced
            self.largestTags = largestTags
            self.reclaimable = reclaimable
        }
    }

    /// How far a plan that was written down could be carried out.
    public struct PlanOutcome: Hashable, Sendable {
        /// How many changes it has.
        public let planned: Int
        /// How many of them somebody had made before.
        public let madeBefore: Int
        /// What is due as well and not in the plan: it stays.
        public let left: [Group]
        /// What could be mended as well and is not in the plan, each as a path.
        public let unmended: [String]

        /// Describes an outcome.
        public init(planned: Int, madeBefore: Int, left: [Group], unmended: [String] = []) {
            self.planned = planned
            self.madeBefore = madeBefore
            self.left = left
            self.unmended = unmended
        }
    }

    /// Something that is not as it must or should be.
    public struct Problem: Hashable, Sendable {
        /// A word in kebab-case.
        public let kind: String
        /// Where it is.
        public let path: String
        /// The repository, where it lies in one.
        public let repository: String?
        /// One line.
        public let message: String
        /// Whether an image cannot be served because of it.
        public let breaksImages: Bool

        /// Describes a problem.
        public init(kind: String, path: String, repository: String?, message: String, breaksImages: Bool) {
            self.kind = kind
            self.path = path
            self.repository = repository
            self.message = message
            self.breaksImages = breaksImages
        }
    }

    /// Something that could not be removed or mended.
    public struct Failure: Hashable, Sendable {
        /// Where it is.
        public let path: String
        /// Why, as one line.
        public let message: String

        /// Describes a failure.
        public init(path: String, _ message: String) {
            self.path = path
            self.message = message
        }
    }

    /// What the plan held, or what would be left of it in a dry run.
    public var groups: [Group] = []
    /// What is wrong in the store.
    public var problems: [Problem] = []
    /// What could not be removed or mended.
    public var failures: [Failure] = []
    /// What was left alone or brought back because of a push, or is left for a later run, each as one line.
    public var notes: [String] = []
    /// What was mended, each as one line with its path.
    public var repairs: [String] = []
    /// Whether another repair would mend more: what this one could not see yet, or a plan did not have.
    public var canBeMendedFurther = false
    /// What the collection relied on while the registry may be running, as one line.
    public var protection: String?
    /// Patterns of the request that matched nothing.
    public var unmatched: [String] = []
    /// The run whose trash holds what went.
    public var trash: String?
    /// What is left of what went, where its deletion from the trash began and did not come to its end; `nil` where none began, or nothing is left.
    ///
    /// `trash` is `nil` where nothing of it can be put back.
    public var leftInTrash: ByteSize?
    /// What went in the end, in the trash or for good.
    public var reclaimed: ByteSize = .zero
    /// What the disk got back by this run, from the trash as well; in a dry run what it would get back.
    public var freed: ByteSize = .zero
    /// The part of `freed` that earlier runs had moved to the trash.
    public var freedFromTrash: ByteSize = .zero
    /// The runs of the trash that a dry run says would be deleted, since their period is over.
    public var trashToEmpty: [Removal] = []
    /// From when on a collection frees what this run moved to the trash; `nil` where nothing lies there, or where it waits for no moment.
    public var keptUntil: Timestamp?
    /// For how long a dry run's removals would lie in the trash before a collection frees them; `nil` where the run itself would free them, and zero
    /// where they would stay there until what images lack is mended.
    public var wouldBeKeptFor: Duration?
    /// How many repositories, tags, manifests and blobs were looked at.
    public var counts: [Count] = []
    /// Who uses what the store holds, as it is in the end, or would be after a dry run's plan; `nil` where that was not looked at.
    public var use: Use?
    /// Whether the run was stopped before its end.
    public var isInterrupted = false
    /// What became of the plan that the request was held to; `nil` where it was held to none.
    public var plan: PlanOutcome?

    /// An empty report.
    public init() {}
}

/// Why a registry's directory could not be worked on.
public struct RegistryStoreError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kind of failure.
    public enum Code: Hashable, Sendable {
        /// Another collector works on it: try again.
        case busy
        /// It is not there, no registry's, or cannot be read or written.
        case unusable
        /// It is not as the plan has it, and nothing was changed.
        case changed
    }

    /// A change of a plan that cannot be made as it was planned.
    public struct Difference: Hashable, Sendable {
        /// What was planned.
        public let planned: PlannedChange
        /// Why it cannot be made, as one line.
        public let reason: String

        /// Describes a difference.
        public init(_ planned: PlannedChange, _ reason: String) {
            self.planned = planned
            self.reason = reason
        }
    }

    /// The kind of failure.
    public let code: Code
    /// One sentence.
    public let description: String
    /// Every change of a plan that cannot be made, where the code is `changed`.
    public let differences: [Difference]

    /// Makes an error.
    public init(_ code: Code, _ description: String, differences: [Difference] = []) {
        self.code = code
        self.description = description
        self.differences = differences
    }
}
