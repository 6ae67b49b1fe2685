// swift-tools-version: 6.2

import PackageDescription

/// Every module of ours is built in Swift 6 mode, and a warning is an error.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let asyncHTTPClient = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let grdbSQLite = Target.Dependency.product(name: "GRDBSQLite", package: "GRDB.swift")
let mustache = Target.Dependency.product(name: "Mustache", package: "swift-mustache")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")
let systemPackage = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
let xmlCoder = Target.Dependency.product(name: "XMLCoder", package: "XMLCoder")

/// A module under `Sources/`.
func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

/// A family of built-in rules under `Plugins/`.
///
/// A rule imports `HookKit` and nothing else.
func family(_ name: String) -> Target {
    .target(name: name, dependencies: ["HookKit"], path: "Plugins/\(name)", swiftSettings: strict)
}

/// The tests of a module, under `Tests/<Module>Tests`, or of several under a name of their own.
func tests(_ name: String, of modules: [String]? = nil, _ dependencies: [Target.Dependency] = [], exclude: [String] = []) -> Target {
    .testTarget(
        name: "\(name)Tests",
        dependencies: (modules ?? [name]).filter { $0 != "HookTesting" }.map { .target(name: $0) } + ["HookTesting"] + dependencies,
        exclude: exclude,
        swiftSettings: strict
    )
}

let package = Package(
    name: "hook",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "hook", targets: ["hook"]),
        .library(name: "HookKit", targets: ["HookKit"]),
        .library(name: "RuleTesting", targets: ["RuleTesting"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.0"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2", traits: []),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/CoreOffice/XMLCoder", from: "0.18.2"),
    ],
    targets: [
        .systemLibrary(
            name: "Clibyaml",
            pkgConfig: "yaml-0.1",
            providers: [.apt(["libyaml-dev"]), .brew(["libyaml"])]
        ),
        module("OCI"),
        module("PluginWire"),
        module("HookKit", ["OCI", "PluginWire"]),
        module("YAML", ["Clibyaml"]),
        module("PipelineFile", ["YAML", "HookKit", "OCI"]),
        module("Runner", ["PipelineFile", "HookKit", "PluginWire"]),
        module("History", ["HookKit", "OCI"]),
        .target(
            name: "Reports",
            dependencies: ["History", "Runner", "HookKit", "OCI", xmlCoder, mustache],
            // In the program itself, which is one file that goes anywhere.
            resources: [.embedInCode("HTML/Page")],
            swiftSettings: strict
        ),
        module("HTTPTransport", [nioCore, nioSSL]),
        module("DockerEngine", ["HTTPTransport", "HookKit", "OCI", asyncHTTPClient, nioCore, nioPosix, nioHTTP1, nioSSL]),
        module("TagLedger", ["History", "HookKit", "OCI", grdb, grdbSQLite, systemPackage]),
        module("Processes", ["HookKit", subprocess, systemPackage]),
        module("PluginHost", ["PluginWire", "HookKit", "Processes"]),
        module("FileGlobs", ["HookKit"]),
        module("ArchiveReader", ["FileGlobs", "HookKit", "Processes"]),
        module("Deployments", ["FileGlobs", "YAML", "HookKit", "OCI"]),
        module("BuildEnvironment", ["HookKit"]),
        .target(name: "CStorageCalls"),
        .target(
            name: "RegistryStorage",
            dependencies: ["HookKit", "OCI", "CStorageCalls", crypto],
            exclude: ["StorageInvariants.md"],
            swiftSettings: strict
        ),
        module(
            "RegistryAPI",
            [
                "HTTPTransport", "Processes", "RegistryStorage", "HookKit", "OCI", asyncHTTPClient, nioCore, nioPosix, nioHTTP1, nioSSL,
            ]
        ),
        module("StorageFixtures", ["RegistryStorage"]),
        .executableTarget(name: "registry-bench", dependencies: ["RegistryStorage", "StorageFixtures"], swiftSettings: strict),
        module("RuleTesting", ["HookKit", "OCI"]),
        module("HookTesting", ["RuleTesting", "HookKit", "OCI", nioCore, nioPosix, nioHTTP1, nioSSL]),
        family("TagRules"),
        family("ImageRules"),
        family("RegistryRules"),
        family("CommandRules"),
        .executableTarget(
            name: "hook",
            dependencies: [
                "HookKit", "History", "OCI", "PipelineFile", "Runner", "Reports", "DockerEngine", "TagLedger", "Processes", "PluginHost",
                "ArchiveReader", "BuildEnvironment", "Deployments", "RegistryAPI", "RegistryStorage", "TagRules", "ImageRules",
                "RegistryRules", "CommandRules", argumentParser,
            ],
            swiftSettings: strict
        ),
        tests("ArchiveReader", ["HookKit"]),
        tests("BuildEnvironment", ["HookKit"]),
        tests("Deployments", ["HookKit"]),
        tests("DockerEngine", ["HookKit", "OCI", nioCore]),
        tests("FileGlobs", ["HookKit"]),
        tests("HookKit", ["OCI"]),
        tests("HookTesting", ["HookKit", "OCI"]),
        tests("ImageRules", ["HookKit"]),
        tests("OCI"),
        tests("PipelineFile", ["HookKit", "OCI"]),
        .executableTarget(
            name: "many-findings-plugin",
            dependencies: ["HookKit"],
            path: "Tests/ManyFindingsPlugin",
            swiftSettings: strict
        ),
        .executableTarget(
            name: "every-rule-plugin",
            dependencies: ["HookKit", "TagRules", "ImageRules", "RegistryRules", "CommandRules"],
            path: "Tests/EveryRulePlugin",
            swiftSettings: strict
        ),
        tests(
            "PluginHost",
            [
                "PipelineFile", "HookKit", "TagRules", "ImageRules", "RegistryRules", "CommandRules", "every-rule-plugin",
                "many-findings-plugin",
            ]
        ),
        tests("PluginWire"),
        tests("Processes", ["HookKit"]),
        tests("RegistryAPI", ["RegistryRules", "RegistryStorage", "HookKit", "OCI"]),
        tests("RegistryRules", ["HookKit", "OCI"]),
        tests("RegistryStorage", ["StorageFixtures", "HookKit", "OCI"]),
        tests("History", ["HookKit", "OCI"]),
        tests("Reports", ["History", "Runner", "HookKit", "OCI"], exclude: ["Snapshots"]),
        tests("Runner", ["PipelineFile", "HookKit"]),
        .executableTarget(
            name: "ledger-writer",
            dependencies: ["TagLedger", "HookKit", "OCI"],
            path: "Tests/LedgerWriter",
            swiftSettings: strict
        ),
        tests("TagLedger", ["History", "HookKit", "OCI", "ledger-writer", grdb, grdbSQLite], exclude: ["Snapshots"]),
        tests("TagRules", ["HookKit"]),
        tests("YAML"),
        tests("Rules", of: ["HookKit", "TagRules", "ImageRules", "RegistryRules", "CommandRules"]),
        tests("EndToEnd", of: ["hook", "RegistryStorage", "StorageFixtures"], exclude: ["Fixtures", "Snapshots"]),
    ]
)
