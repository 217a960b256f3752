import Foundation
import Szid
import XCTest

/// A venue verifies by signed lists, with the service away.
final class VenueTests: XCTestCase {
    /// Parks let codes in offline.
    private let park: UInt16 = 3

    func testAVenueVerifiesWithTheServiceAway() async throws {
        let folder = temporaryFolder()
        let city = try City()
        let config = VerifierConfig(rootKeys: [city.rootKey], folder: folder.path)
        let wallet = try Wallet.open(
            config: SzidTests.config(temporaryFolder(), city.rootKey), deviceKeys: SoftwareMockDeviceKeys(),
            sealingKey: SoftwareMockSealingKey())
        let offer = try await city.offer()
        _ = try await wallet.enrol(offer: offer.link, txCode: offer.code)
        do {
            let verifier = try Verifier.open(config: config)
            XCTAssertEqual(verifier.verify(scanned: try wallet.code(unlocking: wallet.appOpened()).digits, scene: park).reason, "TRUST_MISSING")
            try await synchronise(verifier, city)
        }
        city.close()

        // The lists outlive a restart, and so do used codes.
        let code = try wallet.code(unlocking: wallet.appOpened()).digits
        for (reason, desk) in [("OK", "gate-1"), ("REPLAY", "gate-2")] {
            let verifier = try Verifier.open(config: config)
            let verdict = verifier.verify(scanned: "]Q1\(code)\r\n", scene: park, operator: desk)
            XCTAssertEqual(verdict.reason, reason)
            XCTAssertEqual(verdict.accepted, reason == "OK")
        }
        let verifier = try Verifier.open(config: config)
        XCTAssertEqual(verifier.verify(scanned: "https://example.org/menu", scene: park).reason, "NOT_A_CITIZEN_CODE")
        XCTAssertThrowsError(try Verifier.open(config: config)) { error in
            guard case VerifierError.InUse = error else { return XCTFail("\(error)") }
        }
    }

    func testADocumentThatIsNotTheCitysIsRefused() async throws {
        let city = try City()
        defer { city.close() }
        let verifier = try Verifier.open(config: VerifierConfig(rootKeys: [city.rootKey]))
        var trust = try await city.document("/v1/trust")
        XCTAssertTrue(try verifier.takeTrustList(document: trust))
        XCTAssertFalse(try verifier.takeTrustList(document: trust), "it is held already")
        trust[trust.count - 1] ^= 1
        XCTAssertThrowsError(try verifier.takeTrustList(document: trust)) { error in
            guard case VerifierError.DocumentRefused(let advice) = error else { return XCTFail("\(error)") }
            XCTAssertEqual(advice.code, "TRUST_SIGNATURE")
            XCTAssertFalse(advice.zh.isEmpty)
        }
        XCTAssertNotNil(try verifier.lists().trustVersion)
    }

    private func synchronise(_ verifier: Verifier, _ city: City) async throws {
        _ = try verifier.takeTrustList(document: await city.document("/v1/trust"))
        _ = try verifier.takeScenes(document: await city.document("/v1/scenes"))
        for day in verifier.statusDays() {
            _ = try verifier.takeStatusList(document: await city.document("/v1/status/\(day)/0"))
        }
    }
}
