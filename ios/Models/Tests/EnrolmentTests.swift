import IShenzhenModels
import Szid
import XCTest

/// An enrolment whose view goes away meanwhile.
final class EnrolmentTests: XCTestCase {
    func testAnEnrolmentIsNotEndedWithWhoWaitsForIt() async throws {
        try await withTrial { trial in
            await trial.home.start()
            let (model, offer) = (try trial.opened().enrol, try await trial.city.offer())
            model.take(offer.link)
            let waiting = Task { await model.enrol(txCode: offer.code) }
            _ = try await eventually("an enrolment that has begun") { () -> Bool? in
                if case .working = model.state { true } else { nil }
            }
            waiting.cancel()
            _ = try await eventually("the end of the enrolment") { model.state == .done ? true : nil }
            // A key for each day, today and six more.
            XCTAssertGreaterThanOrEqual(trial.phone.keys.count, 7)
            await trial.home.look()
            guard case .enrolled = trial.home.state else { return XCTFail("\(trial.home.state)") }
        }
    }
}
