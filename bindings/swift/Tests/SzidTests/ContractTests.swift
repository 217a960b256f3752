import Foundation
import Szid
import XCTest

/// The contracts of the ports, on the mocks of these tests and on mocks that are broken.
final class ContractTests: XCTestCase {
    private final class KeysThatStay: SoftwareMockDeviceKeys, @unchecked Sendable {
        override func delete(handle: String) throws -> Bool { true }
    }

    private final class KeysThatSignAnother: SoftwareMockDeviceKeys, @unchecked Sendable {
        override func sign(handle: String, message: Data) throws -> Data {
            try super.sign(handle: handle, message: message + [1])
        }
    }

    private final class SealingThatWrapsNothing: SoftwareMockSealingKey, @unchecked Sendable {
        override func wrap(plain: Data) throws -> Data { plain + [1] }
        override func unwrap(wrapped: Data) throws -> Data { wrapped.dropLast() }
    }

    private final class SealingThatStays: SoftwareMockSealingKey, @unchecked Sendable {
        override func destroyKey() throws -> Bool { true }
    }

    /// Answers in this order.
    private final class Holder: HolderPrompt, @unchecked Sendable {
        private let lock = NSLock()
        private var answers: [Bool]
        init(_ answers: Bool...) { self.answers = answers }
        func confirmScreenLock() throws -> Bool { lock.withLock { answers.removeFirst() } }
    }

    private func assertBroken(_ clause: String, line: UInt = #line, _ check: () throws -> Void) {
        XCTAssertThrowsError(try check(), line: line) { error in
            guard case ContractError.Broken(let broken) = error else { return XCTFail("\(error)", line: line) }
            XCTAssertTrue(broken.hasPrefix(clause), broken, line: line)
        }
    }

    func testTheMocksKeepTheContracts() throws {
        let keys = try SoftwareMockDeviceKeys()
        try checkDeviceKeys(keys: keys)
        try checkDeviceKeysOverARestart(before: keys, after: keys)
        try checkSealingKey(key: SoftwareMockSealingKey())
        try checkHolderPrompt(prompt: Holder(true, false))
    }

    func testABrokenPortIsFoundAndTheClauseIsNamed() {
        assertBroken("a deleted key signs no more") { try checkDeviceKeys(keys: KeysThatStay()) }
        assertBroken("signatures are ES256") { try checkDeviceKeys(keys: KeysThatSignAnother()) }
        assertBroken("keys are there after a restart") {
            try checkDeviceKeysOverARestart(before: SoftwareMockDeviceKeys(), after: SoftwareMockDeviceKeys())
        }
        assertBroken("altered bytes do not open") { try checkSealingKey(key: SealingThatWrapsNothing()) }
        assertBroken("a destroyed key opens nothing") { try checkSealingKey(key: SealingThatStays()) }
        assertBroken("it is asked for again") { try checkHolderPrompt(prompt: Holder(true, true)) }
    }
}
