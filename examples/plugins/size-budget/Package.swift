// swift-tools-version: 6.2

import PackageDescription

let package = Package(
    name: "size-budget",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "size-budget", targets: ["SizeBudgetPlugin"])
    ],
    dependencies: [
        // HookKit by itself, with nothing to fetch. From elsewhere: .package(url: "the address of hook's repository", from: "1.0.0").
        .package(name: "hook", path: "../../../Sources")
    ],
    targets: [
        .executableTarget(name: "SizeBudgetPlugin", dependencies: [.product(name: "HookKit", package: "hook")]),
        .testTarget(
            name: "SizeBudgetPluginTests",
            dependencies: ["SizeBudgetPlugin", .product(name: "HookKit", package: "hook"), .product(name: "RuleTesting", package: "hook")]
        ),
    ]
)
