package import HookKit
package import OCI

/// What `hook explain` says of an image.
package struct ExplanationReport: Sendable {
    /// Something that happened.
    package struct Moment: Sendable {
        /// When.
        package let time: Timestamp
        /// What.
        package let text: String

        /// Describes a moment.
        package init(time: Timestamp, text: String) {
            self.time = time
            self.text = text
        }
    }

    /// Why an image is `<none>`.
    package struct Cause: Sendable {
        /// The cause, in kebab-case.
        package let name: String
        /// One line that says what happened.
        package let message: String
        /// The tag that was lost, where anything tells.
        package let lostTag: ImageReference?
        /// The image that has the tag now, where one has.
        package let holder: Digest?
        /// When the tag was lost, or the first moment from which that is known.
        package let time: Timestamp?
        /// The build that took the tag, where the ledger knows it.
        package let build: BuildRecord?
        /// The evidence, the strongest first.
        package let evidence: [String]
        /// What giving it back does to the image that has the tag now, and what else there is to do; `nil` where no other image has it.
        package let waysOut: String?
        /// The command that gives a name back.
        package let remedy: String?

        /// Describes a cause.
        package init(
            name: String,
            message: String,
            lostTag: ImageReference?,
            holder: Digest?,
            time: Timestamp?,
            build: BuildRecord?,
            evidence: [String],
            waysOut: String? = nil,
            remedy: String?
        ) {
            self.name = name
            self.message = message
            self.lostTag = lostTag
            self.holder = holder
            self.time = time
            self.build = build
            self.evidence = evidence
            self.waysOut = waysOut
            self.remedy = remedy
        }
    }

    /// The program's version.
    package let version: String
    /// The ledger's path.
    package let ledger: String
    /// What else must be known to judge the answer, a sentence each.
    package let notes: [String]
    /// The engine.
    package let engine: EngineIdentity
    /// The image.
    package let image: EngineImage
    /// Why it is `<none>`; `nil` for one that has a name.
    package let cause: Cause?
    /// What is known to have happened, oldest first.
    package let moments: [Moment]
    /// The containers that hold it.
    package let containers: [EngineContainer]
    /// The images that have it as parent.
    package let children: [EngineImage]
    /// The bytes that only this image holds, where that is known.
    package let ownSize: ByteSize?
    /// What the ledger knows of its names, oldest first.
    package let generations: [TagGeneration]
    /// The commands that remove it, in order; none where it cannot be removed by itself.
    package let removal: [String]

    /// Makes a report.
    package init(
        version: String,
        ledger: String,
        notes: [String],
        engine: EngineIdentity,
        image: EngineImage,
        cause: Cause?,
        moments: [Moment],
        containers: [EngineContainer],
        children: [EngineImage],
        ownSize: ByteSize?,
        generations: [TagGeneration],
        removal: [String]
    ) {
        self.version = version
        self.ledger = ledger
        self.notes = notes
        self.engine = engine
        self.image = image
        self.cause = cause
        self.moments = moments
        self.containers = containers
        self.children = children
        self.ownSize = ownSize
        self.generations = generations
        self.removal = removal
    }
}
