import IShenzhenModels
import Szid
import XCTest

/// What a venue asks, refused.
final class AskedTests: XCTestCase {
    func testWhatTheHolderRefusesIsRefusedAndAnsweredOnce() async throws {
        try await whileAsked { opened, said in
            let model = opened.asked
            let asked = try await eventually("what the hospital asks") { model.state }
            XCTAssertTrue(asked.open)
            // Its seconds are counted down.
            _ = try await eventually("a second less", within: 8) {
                model.state.flatMap { $0.secondsLeft < asked.secondsLeft ? $0 : nil }
            }
            await model.refuse()
            XCTAssertEqual(model.state?.step, .refused)
            let reason = try await said.value
            XCTAssertEqual(reason, "CONSENT_DENIED")
            // A second word changes nothing.
            await model.approve()
            XCTAssertEqual(model.state?.step, .refused)
            model.close()
            XCTAssertNil(model.state)
        }
    }

    func testWhatTheHolderDidNotExpectIsRefusedAndReported() async throws {
        try await whileAsked { opened, said in
            let model = opened.asked
            _ = try await eventually("what the hospital asks") { model.state }
            await model.refuseAndReport()
            XCTAssertEqual(model.state?.step, .reported)
            let reason = try await said.value
            XCTAssertEqual(reason, "CONSENT_DENIED")
            await opened.uses.load()
            XCTAssertEqual(opened.uses.list.first?.reported, true)
        }
    }

    /// A hospital asks whoever shows a code; what its desk is told comes once it was answered.
    private func whileAsked(_ way: @MainActor (Opened, Task<String?, any Error>) async throws -> Void) async throws {
        try await withTrial { trial in
            let (opened, city) = (try await trial.enrolled(), trial.city)
            let inSight = Task { await trial.home.inSight() }
            defer { inSight.cancel() }
            let showing = Task { await opened.code.show() }
            defer { showing.cancel() }
            let code = try await trial.code(of: opened.code)
            let said = Task { try await city.scanInHall(code.digits, scene: Trial.hospital) }
            try await way(opened, said)
        }
    }
}
