// swift-tools-version: 6.2

import PackageDescription

let package = Package(
    name: "size-budget",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "size-budget", targets: ["SizeBudgetPlugin"])
    ],
    dependencies: [
        // In a repository of your own: the address of hook's repository and a version.
        .package(name: "hook", path: "../../..")
    ],
    targets: [
        .executableTarget(name: "SizeBudgetPlugin", dependencies: [.product(name: "HookKit", package: "hook")]),
        .testTarget(
            name: "SizeBudgetPluginTests",
            dependencies: ["SizeBudgetPlugin", .product(name: "HookKit", package: "hook"), .product(name: "RuleTesting", package: "hook")]
        ),
    ]
)
