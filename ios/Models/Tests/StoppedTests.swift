import Foundation
import IShenzhenModels
import Szid
import XCTest

/// A wallet that does not open, or is opened twice, and a screen that nobody looks at.
final class StoppedTests: XCTestCase {
    func testAWalletWhoseFileOfKeysIsGoneIsWipedAndBegunAnew() async throws {
        try await withTrial { trial in
            let folder = trial.phone.folder.appendingPathComponent("wallet")
            do {
                let before = Trial(trial.phone)
                _ = try await before.enrolled()
            }
            try FileManager.default.removeItem(at: folder.appendingPathComponent("key"))
            await trial.home.start()
            guard case .stopped(let advice, let wiping) = trial.home.state else {
                return XCTFail("\(trial.home.state)")
            }
            XCTAssertEqual(wiping, .first, advice.code)
            XCTAssertFalse(advice.zh.isEmpty || advice.en.isEmpty)
            await trial.home.wipe()
            guard case .empty = trial.home.state else { return XCTFail("\(trial.home.state)") }
        }
    }

    func testAWalletThatIsStartedTwiceAtOnceIsOpenedOnce() async throws {
        try await withTrial { trial in
            async let first: Void = trial.home.start()
            async let second: Void = trial.home.start()
            _ = await (first, second)
            XCTAssertEqual(trial.door.opened, 1)
            guard case .empty = trial.home.state else { return XCTFail("\(trial.home.state)") }
        }
    }

    func testNoCodeIsDrawnOnceNobodyLooks() async throws {
        try await withTrial { trial in
            let opened = try await trial.enrolled()
            let showing = Task { await opened.code.show() }
            _ = try await trial.code(of: opened.code)
            showing.cancel()
            await showing.value
            let last = opened.code.state
            opened.code.easier = true
            try await Task.sleep(for: .milliseconds(2_200))
            XCTAssertEqual(opened.code.state, last)
        }
    }
}
