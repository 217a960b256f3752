// swift-tools-version: 6.0
// The bindings for Apple's platforms, and for Linux where they are tested: generated layer, and what is
// written by hand.
import PackageDescription

let package = Package(
    name: "Szid",
    platforms: [.iOS(.v16), .macOS(.v13)],
    products: [.library(name: "Szid", targets: ["Szid"])],
    targets: [
        .systemLibrary(name: "SzidFFI"),
        .target(name: "Szid", dependencies: ["SzidFFI"]),
        .testTarget(name: "SzidTests", dependencies: ["Szid"]),
    ],
    swiftLanguageModes: [.v6]
)
