import Foundation
import Szid
import XCTest

/// Unlocking, and what codes state after it.
final class UnlockingTests: XCTestCase {
    private let pin = "702958", otherPin = "493536"

    private func assertAccepted(_ phone: Phone, _ code: CitizenCode, line: UInt = #line) async throws {
        let (decision, reason) = try await phone.city.scan(code.digits)
        XCTAssertEqual(decision, "accept", reason ?? "", line: line)
    }

    func testARightPinGivesTierTwoAndAWrongOneSaysWhatIsLeft() async throws {
        try await withPhone { phone in
            let wallet = try await phone.enrolled()
            XCTAssertThrowsError(try wallet.unlockWithPin(pin: pin)) { error in
                guard case UnlockError.NotSetUp = error else { return XCTFail("\(error)") }
            }
            XCTAssertThrowsError(try wallet.setPin(new: "123456", by: wallet.appOpened())) { error in
                guard case UnlockSetupError.PinWeak = error else { return XCTFail("\(error)") }
            }
            try wallet.setPin(new: pin, by: wallet.appOpened())
            XCTAssertThrowsError(try wallet.unlockWithPin(pin: otherPin)) { error in
                guard case UnlockError.PinWrong(let advice, let left, _) = error else { return XCTFail("\(error)") }
                XCTAssertEqual(advice.code, "UNLOCK_PIN_WRONG")
                XCTAssertEqual(left, 9)
            }
            let unlocking = try wallet.unlockWithPin(pin: pin)
            XCTAssertEqual(try unlocking.method(), UnlockMethod.pin)
            XCTAssertEqual(unlocking.tier(), 2)
            try await assertAccepted(phone, wallet.code(unlocking: unlocking))
            wallet.lock()
            XCTAssertThrowsError(try wallet.code(unlocking: unlocking)) { error in
                guard case PresentError.Locked = error else { return XCTFail("\(error)") }
            }
            XCTAssertEqual(wallet.appOpened().tier(), 1)
        }
    }

    func testAFingerGivesTierThreeByASignatureOnce() async throws {
        try await withPhone { phone in
            let wallet = try await phone.enrolled()
            try wallet.enableBiometric(by: wallet.appOpened())
            let pending = try wallet.beginBiometric()
            let signature = try phone.keys.sign(handle: pending.keyHandle(), message: pending.message())
            let unlocking = try pending.finish(signature: signature)
            XCTAssertEqual(unlocking.tier(), 3)
            try await assertAccepted(phone, wallet.code(unlocking: unlocking))
            XCTAssertThrowsError(try pending.finish(signature: signature)) { error in
                guard case UnlockError.TryAgain = error else { return XCTFail("\(error)") }
            }
        }
    }

    func testACodeInTwoStepsIsDrawnWithItsOwnSignatureOnly() async throws {
        try await withPhone { phone in
            let wallet = try await phone.enrolled()
            let pending = try wallet.beginCode(unlocking: wallet.appOpened())
            let signature = try phone.keys.sign(handle: pending.keyHandle(), message: pending.message())
            try await assertAccepted(phone, pending.finish(signature: signature))
            XCTAssertThrowsError(try pending.finish(signature: signature)) { error in
                guard case PresentError.SignatureRefused = error else { return XCTFail("\(error)") }
            }
        }
    }
}
