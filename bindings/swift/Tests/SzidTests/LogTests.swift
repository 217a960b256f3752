import Foundation
import Szid
import XCTest

/// What a wallet tells a log.
final class LogTests: XCTestCase {
    private final class Kept: LogSink, @unchecked Sendable {
        private let lock = NSLock()
        private var kept: [LogLine] = []
        var lines: [LogLine] { lock.withLock { kept } }
        func log(line: LogLine) throws -> Bool {
            lock.withLock { kept.append(line) }
            return true
        }
    }

    private final class Failing: LogSink, @unchecked Sendable {
        struct NoLog: Error {}
        func log(line: LogLine) throws -> Bool { throw NoLog() }
    }

    private func open(_ phone: Phone, _ log: LogSink) throws -> Wallet {
        try Wallet.open(
            config: config(phone.folder, phone.city.rootKey), deviceKeys: phone.keys, sealingKey: phone.sealing, log: log)
    }

    func testEventsAreToldByStableWords() async throws {
        try await withPhone { phone in
            let kept = Kept()
            let wallet = try open(phone, kept)
            let offer = try await phone.city.offer()
            _ = try await wallet.enrol(offer: offer.link, txCode: offer.code)
            for _ in 0..<200 where !kept.lines.contains(where: { $0.event == "enrol.done" }) {
                try await Task.sleep(for: .milliseconds(25))
            }
            let told = kept.lines.map { "\($0.event): \($0.message)" }
            XCTAssertEqual(told, [
                "vault.opened: created=1 repaired=0 migrated=0 compacted=0 lost=0", "enrol.begun: ",
                "enrol.service_verified: ", "enrol.offer_taken: ", "enrol.keys: made=7", "enrol.passes: came=7 of=7",
                "enrol.done: passes=7",
            ])
        }
    }

    func testASinkThatThrowsHoldsUpNobody() async throws {
        try await withPhone { phone in
            let wallet = try open(phone, Failing())
            let offer = try await phone.city.offer()
            let came = try await wallet.enrol(offer: offer.link, txCode: offer.code)
            XCTAssertEqual(came, 7)
        }
    }
}
