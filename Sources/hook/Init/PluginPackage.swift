/// The files of a new plugin's package: a rule that works, its test, and a pipeline to run it.
struct PluginPackage {
    let name: String
    /// hook's own package, as a dependency in a manifest.
    let hook: String

    /// Says whether a text can be a plugin's name: words of lower-case letters and digits, the first with a letter in front, with dashes between.
    static func isName(_ text: String) -> Bool {
        let words = text.split(separator: "-", omittingEmptySubsequences: false)
        guard let first = text.unicodeScalars.first, ("a"..."z").contains(first) else { return false }
        return words.allSatisfy { word in
            !word.isEmpty && word.unicodeScalars.allSatisfy { ("a"..."z").contains($0) || ("0"..."9").contains($0) }
        }
    }

    /// The name of the rule's type: `SizeBudget` for `size-budget`.
    private var type: String { name.split(separator: "-").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined() }

    /// What is printed when the files are written.
    var welcome: String {
        """
        wrote \(name): a rule that fails images older than they may be, to make your own of
            cd \(name)
            swift test                      # the rule's examples
            swift build                     # the plugin
            hook rules show \(name) --plugin .build/debug/\(name)
            hook run hook.yml --dry-run

        """
    }

    /// The files, by their paths in the package.
    var files: [(path: String, text: String)] {
        [
            ("Package.swift", manifest), (".gitignore", ".build/\n"), ("hook.yml", pipeline), ("README.md", readme),
            ("Sources/\(type)Plugin/\(type)Rules.swift", plugin), ("Sources/\(type)Plugin/\(type).swift", rule),
            ("Tests/\(type)PluginTests/\(type)Tests.swift", tests),
        ]
    }

    private var manifest: String {
        """
        // swift-tools-version: 6.2

        import PackageDescription

        let package = Package(
            name: "\(name)",
            platforms: [.macOS(.v15)],
            products: [
                .executable(name: "\(name)", targets: ["\(type)Plugin"])
            ],
            dependencies: [
                \(hook)
            ],
            targets: [
                .executableTarget(name: "\(type)Plugin", dependencies: [.product(name: "HookKit", package: "hook")]),
                .testTarget(
                    name: "\(type)PluginTests",
                    dependencies: ["\(type)Plugin", .product(name: "HookKit", package: "hook"), .product(name: "RuleTesting", package: "hook")]
                ),
            ]
        )

        """
    }

    private var plugin: String {
        """
        import HookKit

        /// The plugin: its rules, and nothing else.
        @main
        struct \(type)Rules: RulePlugin {
            static let name = "\(name)"
            static let version = "0.1.0"
            static let rules: [any Rule.Type] = [\(type).self]
        }

        """
    }

    private var rule: String {
        #"""
        import HookKit

        /// Fails images that are older than they may be.
        struct TYPE: Rule {
            static let configuration = RuleConfiguration(
                name: "NAME",
                abstract: "Fail images that are older than they may be.",
                effect: .observes,
                // `hook rules show` prints the examples, and the test runs them.
                examples: [
                    RuleExample(
                        "An image that is too old fails.",
                        settings: ["images": ["shop/*"], "older-than": "30d"],
                        in: ExampleWorld(images: [image("a", "shop/api:v1", days: 40), image("b", "shop/web:v1", days: 3)]),
                        finds: [.init(.failed, "too-old", "shop/api:v1"), .init(.passed, "young", "shop/web:v1")]
                    ),
                    RuleExample(
                        "A duration needs its unit.",
                        settings: ["older-than": "30"],
                        isRefused: "'older-than' must be a duration such as 90s, 15m, 24h, 7d or 2w, not '30'"
                    ),
                ]
            )

            // A setting's name, type, default and help stand here and nowhere else.
            @Setting(help: "Images to check.") var images: [ReferencePattern] = [.everything]
            @Setting(help: "The age from which an image is too old.") var olderThan: Duration = .seconds(30 * 86_400)

            func run(in context: RuleContext) async throws {
                let now = context.environment.now()
                for image in try await context.engine.images(.sharedByObservers) {
                    for reference in image.references where images.contains(where: { $0.matches(reference) }) {
                        let age = now.since(image.created)
                        if age > olderThan {
                            context.report(
                                .failed(
                                    subject: reference.description,
                                    type: "too-old",
                                    message: "is \(age.approximateText) old, and \(olderThan.settingText) are allowed",
                                    remedy: "docker build --pull --tag \(reference) ."
                                )
                            )
                        } else {
                            context.report(
                                .passed(subject: reference.description, type: "young", message: "is \(age.approximateText) old")
                            )
                        }
                    }
                }
            }

            private static func image(_ letter: String, _ name: String, days: Int) -> EngineImage {
                guard let id = Digest("sha256:" + String(repeating: letter, count: 64)), let reference = ImageReference(name) else {
                    preconditionFailure("an example names an image that cannot be")
                }
                return EngineImage(id: id, references: [reference], created: ExampleWorld.now - .seconds(days * 86_400), size: "10MB")
            }
        }

        """#.replacing("TYPE", with: type).replacing("NAME", with: name)
    }

    private var tests: String {
        """
        import HookKit
        import RuleTesting
        import Testing

        @testable import \(type)Plugin

        @Suite struct \(type)Tests {
            @Test func examplesHold() async {
                let problems = await RuleExampleSuite(RegisteredRule(\(type).self, origin: "tests")).problems()
                #expect(problems == [])
            }
        }

        """
    }

    private var pipeline: String {
        """
        plugins: [.build/debug/\(name)]
        stages:
          - rule: \(name)
            with: { older-than: 30d }

        """
    }

    private var readme: String {
        """
        # \(name)

        A plugin of hook with the rule `\(name)`.

            swift test
            swift build -c release          # .build/release/\(name) is the plugin

            # hook.yml of a project
            plugins: [path/to/\(name)]
            stages:
              - rule: \(name)

        """
    }
}
