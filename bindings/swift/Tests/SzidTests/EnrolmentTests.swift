import Foundation
import Szid
import XCTest

/// How far an enrolment is, with a key store that takes its time.
final class EnrolmentTests: XCTestCase {
    private final class SlowKeys: SoftwareMockDeviceKeys, @unchecked Sendable {
        private let lock = NSLock()
        private var keysLeft = 3

        func giveRoom() { lock.withLock { keysLeft = .max } }

        override func create(handle: String, policy: KeyPolicy) throws -> Data {
            Thread.sleep(forTimeInterval: 0.2)
            let hasRoom = lock.withLock {
                keysLeft -= 1
                return keysLeft >= 0
            }
            guard hasRoom else { throw KeyPortError.Unavailable }
            return try super.create(handle: handle, policy: policy)
        }
    }

    func testAnEnrolmentTellsHowFarItIsAndGoesOnWhereItFailedInAnotherRunOfTheApp() async throws {
        let city = try City()
        defer { city.close() }
        let keyStore = try SlowKeys()
        let phone = Phone(city: city, keys: keyStore)
        let offer = try await city.offer()
        do {
            let wallet = try phone.open()
            var last: EnrolProgress?
            do {
                for try await now in wallet.enrolling(offer: offer.link, txCode: offer.code) { last = now }
                XCTFail("a key store without room is enough")
            } catch is EnrolError {}
            XCTAssertEqual(last, EnrolProgress(step: .makingKeys, keysMade: 3, passesReceived: 0, of: 7))
        }
        keyStore.giveRoom()
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
