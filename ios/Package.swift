// swift-tools-version: 6.0
// The iOS app's models: plain Swift over the bindings, so that they are tested where there is no iOS. The bindings' package
// lies beside this file, put together as docs/mobile/swift.md says.
import PackageDescription

let package = Package(
    name: "IShenzhen",
    platforms: [.iOS(.v17), .macOS(.v14)],
    products: [.library(name: "IShenzhenModels", targets: ["IShenzhenModels"])],
    dependencies: [.package(path: "Szid")],
    targets: [
        .target(
            name: "IShenzhenModels", dependencies: [.product(name: "Szid", package: "Szid")], path: "Models/Sources"),
        .testTarget(name: "IShenzhenModelsTests", dependencies: ["IShenzhenModels"], path: "Models/Tests"),
    ],
    swiftLanguageModes: [.v6]
)
