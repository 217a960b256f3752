import Foundation
import XCTest

/// What the models may import. They draw nothing and hold no rule of the product, so that little is needed.
final class ImportsTests: XCTestCase {
    func testTheModelsArePlainSwiftOverTheCore() throws {
        let sources = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Sources")
        let files = try FileManager.default.contentsOfDirectory(at: sources, includingPropertiesForKeys: nil)
        XCTAssertFalse(files.isEmpty)
        var imported: Set<String> = []
        for file in files {
            let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
            let found = lines.filter { $0.contains(/^\s*(@\w+\s+)*import\s/) }
            imported.formUnion(found.compactMap { $0.split(separator: " ").last.map(String.init) })
            let told = lines.filter { $0.contains(/\b(print|debugPrint|NSLog|dump)\(/) }
            XCTAssertEqual(told, [], "\(file.lastPathComponent) writes a log")
        }
        XCTAssertEqual(imported, ["Dispatch", "Foundation", "Observation", "Szid"])
    }
}
