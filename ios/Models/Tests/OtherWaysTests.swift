import IShenzhenModels
import Szid
import XCTest

/// The ways to be known where no scanner reads the code: a number to say, and a venue's code.
final class OtherWaysTests: XCTestCase {
    private static let library = 2

    func testANumberIsSaidAndAcceptedOnce() async throws {
        try await withTrial { trial in
            let opened = try await trial.enrolled()
            let showing = Task { await opened.number.show() }
            defer { showing.cancel() }
            let number = try await eventually("a number") { () -> String? in
                if case .given(let grouped, _) = opened.number.state { grouped } else { nil }
            }
            XCTAssertNotNil(number.wholeMatch(of: /[0-9]{3} [0-9]{3} [0-9]{3}/), number)
            let (first, _) = try await trial.city.scan(number)
            XCTAssertEqual(first, "accept")
            let (second, _) = try await trial.city.scan(number, operator: "desk-2")
            XCTAssertEqual(second, "refuse")
        }
    }

    func testAVenuesCodeIsSeenAndConfirmedAndASceneThatWantsMoreHasThePinFirst() async throws {
        try await withTrial { trial in
            let opened = try await trial.enrolled(pin: true)
            let model = opened.venue
            await model.take("1")
            XCTAssertEqual(model.state.trouble?.code, "WALLET_VENUE_CODE")
            // The hall's screen is looked at.
            _ = try await trial.city.visitsInHall()
            let digits = try await trial.city.venueCode(scene: Trial.hospital)
            await model.take(" \(digits)\n")
            XCTAssertEqual(model.state.step, .shown)
            XCTAssertEqual(model.state.details?.venueName, "演示市综合服务大厅")
            await model.confirm()
            XCTAssertEqual(model.state.step, .unlock)
            await model.confirm(pin: Trial.wrongPin)
            XCTAssertEqual(model.state.trouble?.code, "UNLOCK_PIN_WRONG")
            await model.confirm(pin: Trial.pin)
            XCTAssertEqual(model.state.step, .done)
            XCTAssertEqual(model.state.visit?.decision, "accept")
            let visits = try await trial.city.visitsInHall()
            XCTAssertEqual(visits.last, "accept")
            model.again()
            XCTAssertEqual(model.state.step, .read)
            XCTAssertNil(model.state.details)
        }
    }

    func testACodeForOneDeskIsRefusedAtAnother() async throws {
        try await withTrial { trial in
            let opened = try await trial.enrolled()
            XCTAssertNil(opened.venue.codes())
            await opened.venue.take(try await trial.city.venueCode(scene: Self.library))
            let codes = try XCTUnwrap(opened.venue.codes())
            let showing = Task { await codes.show() }
            defer { showing.cancel() }
            let digits = try await trial.code(of: codes).digits
            let (decision, _) = try await trial.city.scan(digits)
            XCTAssertEqual(decision, "refuse")
            let reason = try await trial.city.scanInHall(digits, scene: Self.library)
            XCTAssertEqual(reason, "OK")
        }
    }
}
