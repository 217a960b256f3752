import IShenzhenModels
import Szid
import XCTest

/// The list of uses, and what is looked at of it.
final class UsesTests: XCTestCase {
    func testThoseThatGaveSomethingAndThoseThatWereRefusedAreFound() async throws {
        try await withTrial { trial in
            let (opened, city) = (try await trial.enrolled(pin: true), trial.city)
            let inSight = Task { await trial.home.inSight() }
            defer { inSight.cancel() }
            let showing = Task { await opened.code.show() }
            defer { showing.cancel() }
            let first = try await trial.code(of: opened.code)
            let (decision, _) = try await city.scan(first.digits)
            XCTAssertEqual(decision, "accept")
            let next = try await trial.code(of: opened.code, after: first)
            async let said = city.scanInHall(next.digits, scene: Trial.hospital)
            _ = try await eventually("what the hospital asks") { opened.asked.state }
            await opened.asked.refuse()
            let reason = try await said
            XCTAssertEqual(reason, "CONSENT_DENIED")

            await opened.uses.load()
            let model = opened.uses
            XCTAssertEqual(Self.places(model, .all), [Self.hall, Self.library])
            XCTAssertEqual(Self.places(model, .given), [Self.library])
            XCTAssertEqual(Self.places(model, .refused), [Self.hall])
            XCTAssertEqual(Self.places(model, .notices), [])
        }
    }

    func testAUseHasAReceiptThatTheCitySignedAndIsReported() async throws {
        try await withTrial { trial in
            let opened = try await trial.enrolled()
            let showing = Task { await opened.code.show() }
            defer { showing.cancel() }
            let (decision, _) = try await trial.city.scan(try await trial.code(of: opened.code).digits)
            XCTAssertEqual(decision, "accept")
            let model = opened.uses
            await model.load()
            let use = try XCTUnwrap(model.list.first)
            await model.fetchReceipt(of: use)
            XCTAssertEqual(model.receipt(of: use)?.id, use.receipt)
            XCTAssertGreaterThan(model.receipt(of: use)?.document.count ?? 0, 64)
            await model.report(use)
            XCTAssertNil(model.trouble(of: use))
            XCTAssertEqual(model.list.first?.reported, true)
            model.leaveReceipt()
            await model.load()
            XCTAssertEqual(model.list.first?.reported, true)
            XCTAssertNil(model.receipt(of: use))
        }
    }

    private static let hall = "演示市综合服务大厅", library = "演示市图书馆"

    @MainActor private static func places(_ model: UsesModel, _ wanted: UsesModel.Wanted) -> [String] {
        model.wanted = wanted
        return model.shown.map(\.venueName)
    }
}
