// swift-tools-version: 6.0
// The iOS app's models: plain Swift over the bindings, so that they are tested where there is no iOS. The bindings' package
// lies beside this file, put together as docs/mobile/swift.md says. The app itself is what lies in App, over these models.
import PackageDescription

#if os(Linux)
// The views are compiled against a stand-in, which draws nothing.
let swiftUI: [Target] = [.target(name: "SwiftUI", path: "LinuxStubs/SwiftUI")]
#else
let swiftUI: [Target] = []
#endif

let szid = Target.Dependency.product(name: "Szid", package: "Szid")

let package = Package(
    name: "IShenzhen",
    platforms: [.iOS(.v17), .macOS(.v14)],
    products: [.library(name: "IShenzhenModels", targets: ["IShenzhenModels"])],
    dependencies: [.package(path: "Szid")],
    targets: swiftUI + [
        .target(name: "IShenzhenModels", dependencies: [szid], path: "Models/Sources"),
        .testTarget(name: "IShenzhenModelsTests", dependencies: ["IShenzhenModels", szid], path: "Models/Tests"),
        .target(
            name: "IShenzhenApp",
            dependencies: ["IShenzhenModels", szid] + swiftUI.map { .target(name: $0.name) }, path: "App",
            // An app has its texts in its own bundle.
            exclude: [
                "App.entitlements", "Info.plist", "PrivacyInfo.xcprivacy", "en.lproj", "zh-Hans.lproj", "zh-Hant.lproj",
            ]),
        .target(
            name: "IShenzhenWidget", dependencies: swiftUI.map { .target(name: $0.name) }, path: "Widget",
            exclude: ["Info.plist"]),
    ],
    swiftLanguageModes: [.v6]
)
