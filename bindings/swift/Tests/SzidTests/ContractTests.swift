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
        try checkKeyAttester(attester: SoftwareMockAttester(keys), keys: keys)
    }

    func testTheClientThatComesWithTheBindingsKeepsTheContract() throws {
        try checkHttp(http: URLSessionHttp())
    }

    /// A client that is wrong in one way.
    private final class WrongHttp: Http, @unchecked Sendable {
        let right = URLSessionHttp()
        let instead: (URLSessionHttp, HttpRequest) throws -> HttpAnswer
        init(_ instead: @escaping (URLSessionHttp, HttpRequest) throws -> HttpAnswer) { self.instead = instead }
        func send(request: HttpRequest) throws -> HttpAnswer { try instead(right, request) }
    }

    func testABrokenHttpClientIsFoundAndTheClauseIsNamed() {
        struct NoNetwork: Error {}
        func assertBroken(_ clause: String, _ instead: @escaping (URLSessionHttp, HttpRequest) throws -> HttpAnswer) {
            self.assertBroken(clause) { try checkHttp(http: WrongHttp(instead)) }
        }
        assertBroken("each status comes with its body") { right, request in
            let answer = try right.send(request: request)
            if answer.status >= 400 { throw HttpPortError.Unreachable }
            return answer
        }
        assertBroken("an answer beyond the bound is too large") { right, request in
            var unbound = request
            unbound.maxAnswer = .max
            let answer = try right.send(request: unbound)
            return HttpAnswer(status: answer.status, body: answer.body.prefix(Int(request.maxAnswer)))
        }
        assertBroken("an answer comes") { _, _ in throw NoNetwork() }
        assertBroken("each request ends within its time") { right, request in
            var late = request
            late.timeoutMs = 60_000
            return try right.send(request: late)
        }
        let turn = NSLock()
        assertBroken("one that waits holds up no other") { right, request in
            try turn.withLock { try right.send(request: request) }
        }
    }

    private final class Attester: KeyAttester, @unchecked Sendable {
        let says: ([KeyToAttest], String) throws -> String?
        init(_ says: @escaping ([KeyToAttest], String) throws -> String?) { self.says = says }
        func attest(keys: [KeyToAttest], nonce: String) throws -> String? { try says(keys, nonce) }
    }

    func testABrokenBackendIsFoundAndTheClauseIsNamed() throws {
        struct NoBackend: Error {}
        let keys = try SoftwareMockDeviceKeys()
        let (right, unlooking) = (try SoftwareMockAttester(keys), try SoftwareMockAttester(nil))
        func assertBroken(_ clause: String, _ says: @escaping ([KeyToAttest], String) throws -> String?) {
            self.assertBroken(clause) { try checkKeyAttester(attester: Attester(says), keys: keys) }
        }
        assertBroken("there is something to show") { _, _ in nil }
        assertBroken("keys of this phone are attested") { _, _ in throw NoBackend() }
        assertBroken("it holds the nonce") { keys, _ in try right.attest(keys: keys, nonce: "1") }
        assertBroken("it speaks of these keys") { keys, nonce in
            try right.attest(keys: Array(keys.prefix(1)), nonce: nonce)
        }
        assertBroken("a key that is gone is not attested") { keys, nonce in
            try unlooking.attest(keys: keys, nonce: nonce)
        }
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
