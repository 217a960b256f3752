import Foundation
import XCTest

/// The project that XcodeGen reads, as far as it can be looked at without Xcode.
final class ProjectTests: XCTestCase {
    private static let languages = ["zh-Hans", "zh-Hant", "en"]

    private let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    func testWhatTheProjectNamesIsThere() throws {
        let named = try named(by: ["path", "INFOPLIST_FILE", "CODE_SIGN_ENTITLEMENTS"])
        XCTAssertGreaterThanOrEqual(named.count, 10)
        // The bindings' package is put together where the app is built.
        for path in named where path != "Szid" {
            XCTAssertTrue(FileManager.default.fileExists(atPath: root.appendingPathComponent(path).path), path)
        }
    }

    func testTheDeploymentTargetIsThatOfTheModels() throws {
        let target = try XCTUnwrap(named(by: ["iOS"]).first)
        let package = try text("Package.swift")
        XCTAssertTrue(package.contains(".iOS(.v\(target.split(separator: ".")[0]))"), target)
    }

    func testWhatTheSystemIsToldIsReadable() throws {
        let info = try plist("App/Info.plist")
        let tasks = try XCTUnwrap(info["BGTaskSchedulerPermittedIdentifiers"] as? [String])
        XCTAssertEqual(tasks.count, 1)
        // The app asks under that name, or the system ends it.
        XCTAssertTrue(try text("App/Phone/PhoneRefresh.swift").contains("static let name = \"\(tasks[0])\""))
        let links = try XCTUnwrap(info["CFBundleURLTypes"] as? [[String: Any]])
        XCTAssertEqual(links.compactMap { $0["CFBundleURLSchemes"] as? [String] }, [["openid-credential-offer"]])
        XCTAssertEqual(info["CFBundleDevelopmentRegion"] as? String, Self.languages[0])
        let extended = try XCTUnwrap(plist("Widget/Info.plist")["NSExtension"] as? [String: String])
        XCTAssertEqual(extended, ["NSExtensionPointIdentifier": "com.apple.widgetkit-extension"])
        XCTAssertFalse(try plist("App/App.entitlements").isEmpty)
    }

    func testWhatIsAskedOfTheHolderIsSaidInEachLanguage() throws {
        let info = try plist("App/Info.plist")
        let asked = info.keys.filter { $0.hasSuffix("UsageDescription") } + ["CFBundleDisplayName"]
        XCTAssertEqual(asked.count, 3)
        for language in Self.languages {
            let said = try XCTUnwrap(plist("App/\(language).lproj/InfoPlist.strings") as? [String: String], language)
            XCTAssertEqual(said.keys.sorted(), asked.sorted(), language)
            XCTAssertFalse(said.values.contains(""), language)
            let phrases = try XCTUnwrap(plist("App/\(language).lproj/AppShortcuts.strings") as? [String: String], language)
            // As the intent has it, and each with the name of the app, without which the system takes none.
            XCTAssertEqual(phrases.keys.sorted(), ["Show my code in ${applicationName}"])
            XCTAssertTrue(phrases.values.allSatisfy { $0.contains("${applicationName}") }, language)
        }
        XCTAssertTrue(try text("App/Phone/OpenCode.swift").contains("\"Show my code in \\(.applicationName)\""))
    }

    /// Each call that needs a reason has one, and no other.
    func testThePrivacyManifestSaysWhatTheAppCalls() throws {
        let manifest = try plist("App/PrivacyInfo.xcprivacy")
        XCTAssertEqual(manifest["NSPrivacyTracking"] as? Bool, false)
        let accessed = try XCTUnwrap(manifest["NSPrivacyAccessedAPITypes"] as? [[String: Any]])
        let reasons = accessed.compactMap { one -> String? in
            let name = one["NSPrivacyAccessedAPIType"] as? String
            guard let reasons = one["NSPrivacyAccessedAPITypeReasons"] as? [String], reasons.count == 1 else { return nil }
            return name.map { $0.replacing("NSPrivacyAccessedAPICategory", with: "") + " " + reasons[0] }
        }
        // The first is the library's, as its own manifest has it.
        XCTAssertEqual(reasons, ["FileTimestamp C617.1", "UserDefaults CA92.1"])
        let code = try sources().map { try text($0) }.joined()
        XCTAssertTrue(code.contains("@AppStorage"))
        for call in ["systemUptime", "volumeAvailable", "attributesOfFileSystem", "activeInputModes", "modificationDate"] {
            XCTAssertFalse(code.contains(call), call)
        }
    }

    /// What stands after these names in project.yml, which has one of them a line.
    private func named(by keys: Set<String>) throws -> [String] {
        try text("project.yml").split(separator: "\n").compactMap { line in
            let bare = line.trimmingPrefix { $0 == " " || $0 == "-" }
            guard let colon = bare.firstIndex(of: ":"), keys.contains(String(bare[..<colon])) else { return nil }
            let value = bare[bare.index(after: colon)...].trimmingCharacters(in: CharacterSet(charactersIn: " \""))
            return value.isEmpty ? nil : value
        }
    }

    private func sources() throws -> [String] {
        try ["App", "App/Phone", "Widget", "Models/Sources"].flatMap { folder in
            let all = try FileManager.default.contentsOfDirectory(atPath: root.appendingPathComponent(folder).path)
            return all.filter { $0.hasSuffix(".swift") }.map { "\(folder)/\($0)" }
        }
    }

    private func text(_ path: String) throws -> String {
        try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
    }

    private func plist(_ path: String) throws -> [String: Any] {
        let data = try Data(contentsOf: root.appendingPathComponent(path))
        let read = try PropertyListSerialization.propertyList(from: data, format: nil)
        return try XCTUnwrap(read as? [String: Any], path)
    }
}
