import Szid
import XCTest

/// What the holder sees of the account.
final class AccountTests: XCTestCase {
    func testAPhoneThatARegistrarsFreezeStoppedSaysWhenThatWasAndWhoDidIt() async throws {
        try await withPhone { phone in
            let wallet = try phone.open()
            let offer = try await phone.city.offer()
            _ = try await wallet.enrol(offer: offer.link, txCode: offer.code)
            let before = try wallet.status().now
            try await phone.city.change(offer.person, "freeze")
            do {
                _ = try await wallet.account()
                XCTFail("a frozen account is told of")
            } catch SyncError.Frozen {}
            let status = try wallet.status()
            let known = try XCTUnwrap(status.lastKnown)
            XCTAssertEqual(known.standing, .frozen)
            let freeze = try XCTUnwrap(known.freeze)
            XCTAssertEqual(freeze.by, .registrar)
            XCTAssertTrue((before - 2...status.now + 2).contains(freeze.at), "\(freeze)")
        }
    }
}
