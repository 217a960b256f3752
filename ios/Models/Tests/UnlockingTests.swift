import IShenzhenModels
import Szid
import XCTest

/// PIN, finger and face, by the models.
final class UnlockingTests: XCTestCase {
    func testAPinUnlocksForTheCodeAndIsChangedWithTheOldOne() async throws {
        try await withTrial { trial in
            let opened = try await trial.enrolled(pin: true)
            opened.unlock.begin()
            await opened.unlock.unlock(pin: Trial.wrongPin)
            XCTAssertEqual(opened.unlock.trouble?.code, "UNLOCK_PIN_WRONG")
            XCTAssertFalse(opened.unlock.done)
            await opened.unlock.unlock(pin: Trial.pin)
            XCTAssertTrue(opened.unlock.done)
            XCTAssertNil(opened.unlock.trouble)

            await opened.pin.begin()
            XCTAssertTrue(opened.pin.isSet)
            await opened.pin.set(old: Trial.wrongPin, new: "518203")
            XCTAssertEqual(opened.pin.trouble?.code, "UNLOCK_PIN_WRONG")
            await opened.pin.set(old: Trial.pin, new: "518203")
            XCTAssertTrue(opened.pin.done, "\(String(describing: opened.pin.trouble))")
            // All unlockings have ended, and the new one is good.
            XCTAssertEqual(opened.unlocks.now().tier(), 1)
            let wrong = await opened.unlocks.byPin("518203")
            XCTAssertNil(wrong)
        }
    }

    func testAFingerUnlocksInPlaceOfThePinUntilItsKeyIsLost() async throws {
        try await withTrial { trial in
            let opened = try await trial.enrolled(pin: true)
            await opened.finger.begin()
            XCTAssertEqual(opened.finger.isThere, true)
            XCTAssertFalse(opened.finger.isSet)
            await opened.finger.turnOn(pin: Trial.wrongPin)
            XCTAssertEqual(opened.finger.trouble?.code, "UNLOCK_PIN_WRONG")
            await opened.finger.turnOn(pin: Trial.pin)
            XCTAssertTrue(opened.finger.isSet && opened.unlock.byFingerReady)

            trial.home.outOfSight()
            trial.finger.fail(.NotAllowed)
            await opened.unlock.unlockByFinger()
            XCTAssertEqual(opened.unlock.trouble?.code, "UNLOCK_NOT_ALLOWED")
            XCTAssertTrue(opened.unlock.byFingerReady)
            trial.finger.fail(nil)
            await opened.unlock.unlockByFinger()
            XCTAssertTrue(opened.unlock.done)
            XCTAssertEqual(opened.unlocks.now().tier(), 3)

            // Another finger was added on the phone.
            trial.finger.fail(.Lost)
            await opened.unlock.unlockByFinger()
            XCTAssertNotNil(opened.unlock.trouble)
            XCTAssertFalse(opened.unlock.byFingerReady)
            trial.finger.fail(nil)
            await opened.finger.turnOn(pin: Trial.pin)
            XCTAssertTrue(opened.finger.isSet)
            await opened.finger.turnOff()
            XCTAssertFalse(opened.finger.isSet)
            trial.finger.takeAway()
            await opened.finger.begin()
            XCTAssertEqual(opened.finger.isThere, false)
        }
    }
}
