import IShenzhenModels
import Szid
import XCTest

/// What a venue asks, refused.
final class AskedTests: XCTestCase {
    func testWhatTheHolderRefusesIsRefusedAndAnsweredOnce() async throws {
        try await withTrial { trial in
            let opened = try await trial.enrolled()
            let inSight = Task { await trial.home.inSight() }
            defer { inSight.cancel() }
            let showing = Task { await opened.code.show() }
            defer { showing.cancel() }
            let code = try await trial.code(of: opened.code)
            let (city, model) = (trial.city, opened.asked)
            async let said = city.scanInHall(code.digits, scene: Trial.hospital)
            let asked = try await eventually("what the hospital asks") { model.state }
            XCTAssertTrue(asked.open)
            // Its seconds are counted down.
            _ = try await eventually("a second less", within: 8) {
                model.state.flatMap { $0.secondsLeft < asked.secondsLeft ? $0 : nil }
            }
            await model.refuse()
            XCTAssertEqual(model.state?.step, .refused)
            let reason = try await said
            XCTAssertEqual(reason, "CONSENT_DENIED")
            // A second word changes nothing.
            await model.approve()
            XCTAssertEqual(model.state?.step, .refused)
            model.close()
            XCTAssertNil(model.state)
        }
    }

    func testWhatTheHolderDidNotExpectIsRefusedAndReported() async throws {
        try await withTrial { trial in
            let opened = try await trial.enrolled()
            let inSight = Task { await trial.home.inSight() }
            defer { inSight.cancel() }
            let showing = Task { await opened.code.show() }
            defer { showing.cancel() }
            let code = try await trial.code(of: opened.code)
            let (city, model) = (trial.city, opened.asked)
            async let said = city.scanInHall(code.digits, scene: Trial.hospital)
            _ = try await eventually("what the hospital asks") { model.state }
            await model.refuseAndReport()
            XCTAssertEqual(model.state?.step, .reported)
            let reason = try await said
            XCTAssertEqual(reason, "CONSENT_DENIED")
            await opened.uses.load()
            XCTAssertEqual(opened.uses.list.first?.reported, true)
        }
    }
}
