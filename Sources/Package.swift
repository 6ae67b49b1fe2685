// swift-tools-version: 6.2

import PackageDescription

// HookKit by itself, for plugins that find it by path: the same modules as those of the package above, and nothing to fetch.

/// Every module of ours is built in Swift 6 mode, and a warning is an error.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// A module beside this file.
func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, path: name, swiftSettings: strict)
}

let package = Package(
    name: "hook",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "HookKit", targets: ["HookKit"]),
        .library(name: "RuleTesting", targets: ["RuleTesting"]),
    ],
    targets: [
        module("OCI"),
        module("PluginWire"),
        module("HookKit", ["OCI", "PluginWire"]),
        module("RuleTesting", ["HookKit", "OCI"]),
    ]
)
