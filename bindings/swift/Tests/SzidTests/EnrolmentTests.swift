import Foundation
import Szid
import XCTest

/// How far an enrolment is, with a key store that takes its time.
final class EnrolmentTests: XCTestCase {
    private final class SlowKeys: SoftwareMockDeviceKeys, @unchecked Sendable {
        override func create(handle: String, policy: KeyPolicy) throws -> Data {
            Thread.sleep(forTimeInterval: 0.2)
            return try super.create(handle: handle, policy: policy)
        }
    }

    func testAnEnrolmentTellsHowFarItIsAndGoesOnAfterTheAppWasEnded() async throws {
        let city = try City()
        defer { city.close() }
        let phone = Phone(city: city, keys: try SlowKeys())
        let offer = try await city.offer()
        do {
            let wallet = try phone.open()
            for try await now in wallet.enrolling(offer: offer.link, txCode: offer.code) where now.keysMade >= 2 {
                XCTAssertEqual(now.step, .makingKeys)
                break
            }
        }
        // What was going on ends at its next step, and lets go of the folder then.
        try await Task.sleep(for: .seconds(3))
        let wallet = try phone.open()
        // The offer was taken up: the code is not asked for again.
        var told: [EnrolProgress] = []
        for try await now in wallet.enrolling(offer: offer.link, txCode: "") { told.append(now) }
        XCTAssertEqual(told.last, EnrolProgress(step: .done, keysMade: 7, passesReceived: 7, of: 7))
        let keys = told.map(\.keysMade)
        XCTAssertEqual(keys, keys.sorted())
        XCTAssertGreaterThan(Set(keys).count, 3)
        XCTAssertTrue(zip(told, told.dropFirst()).allSatisfy { $0 != $1 })
        XCTAssertTrue(told.allSatisfy { $0.passesReceived <= $0.keysMade })
    }

    func testWhatEndsAnEnrolmentEndsItsSequenceAndTheWatchStaysWhereItWas() async throws {
        try await withPhone { phone in
            let wallet = try phone.open()
            let offer = try await phone.city.offer()
            do {
                for try await _ in wallet.enrolling(offer: offer.link, txCode: "000000") {}
                XCTFail("a wrong transaction code is taken")
            } catch EnrolError.CodeWrong {}
            let watch = EnrolmentWatch()
            XCTAssertEqual(watch.progress().step, .notBegun)
            do {
                _ = try await wallet.enrol(offer: offer.link, txCode: "000000", watch: watch)
                XCTFail("a wrong transaction code is taken")
            } catch EnrolError.CodeWrong {}
            let expected = EnrolProgress(step: .serviceVerified, keysMade: 0, passesReceived: 0, of: 0)
            XCTAssertEqual(watch.progress(), expected)
        }
    }
}
