// swift-tools-version: 6.0
// The iOS app's models: plain Swift over the bindings, so that they are tested where there is no iOS. The
// bindings' package lies beside this file, put together as docs/mobile/ios.md says. The app itself is what
// lies in App, over these models.
import PackageDescription

let szid = Target.Dependency.product(name: "Szid", package: "Szid")

#if os(Linux)
// The views are compiled against a stand-in, which draws nothing. On a Mac it is Xcode that compiles them,
// for iOS.
let views: [Target] = [
    .target(name: "SwiftUI", path: "LinuxStubs/SwiftUI"),
    .target(
        name: "IShenzhenApp", dependencies: ["IShenzhenModels", "SwiftUI", szid], path: "App",
        // An app has its texts in its own bundle.
        exclude: [
            "App.entitlements", "Info.plist", "PrivacyInfo.xcprivacy", "en.lproj", "zh-Hans.lproj", "zh-Hant.lproj",
        ]),
    .target(name: "IShenzhenWidget", dependencies: ["SwiftUI"], path: "Widget", exclude: ["Info.plist"]),
]
#else
let views: [Target] = []
#endif

let package = Package(
    name: "IShenzhen",
    platforms: [.iOS(.v17), .macOS(.v14)],
    products: [.library(name: "IShenzhenModels", targets: ["IShenzhenModels"])],
    dependencies: [.package(path: "Szid")],
    targets: views + [
        .target(name: "IShenzhenModels", dependencies: [szid], path: "Models/Sources"),
        .testTarget(name: "IShenzhenModelsTests", dependencies: ["IShenzhenModels", szid], path: "Models/Tests"),
    ],
    swiftLanguageModes: [.v6]
)
