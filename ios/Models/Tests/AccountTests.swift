import IShenzhenModels
import Szid
import XCTest

/// What the holder learns of the account, and says about it.
final class AccountTests: XCTestCase {
    func testWhatHappenedIsNewUntilItWasLookedAt() async throws {
        try await withTrial { trial in
            let opened = try await trial.enrolled()
            let inSight = Task { await trial.home.inSight() }
            defer { inSight.cancel() }
            let model = opened.events
            _ = try await eventually("something new") { model.unseen > 0 ? model.unseen : nil }
            await model.load()
            XCTAssertEqual(model.unseen, 0)
            XCTAssertTrue(model.list.contains { $0.by == "registrar" }, "\(model.list)")
        }
    }

    func testANewPhoneThatACounterAsksForIsApprovedTakenBackAndRefused() async throws {
        try await withTrial { trial in
            let opened = try await trial.enrolled(pin: true)
            let asked = try await trial.city.askForAnotherPhone()
            XCTAssertNotNil(asked)
            let inSight = Task { await trial.home.inSight() }
            defer { inSight.cancel() }
            let model = opened.newPhones
            let question = try await eventually("what the counter asks") { model.asked.first }
            XCTAssertEqual(question.details().devices, "adds")
            model.choose(question)
            await model.approve(pin: Trial.wrongPin)
            XCTAssertEqual(model.trouble?.code, "UNLOCK_PIN_WRONG")
            await model.approve(pin: Trial.pin)
            XCTAssertNil(model.approving)
            let approved = try XCTUnwrap(model.asked.first)
            XCTAssertTrue(approved.details().approved)
            await model.refuse(approved)
            XCTAssertTrue(model.asked.isEmpty)
        }
    }

    func testNameAndLevelStandBesideTheCodeWhereTheHolderWantsIt() async throws {
        try await withTrial { trial in
            let opened = try await trial.enrolled()
            let (model, showing) = (opened.name, Task { await opened.code.show() })
            defer { showing.cancel() }
            await model.begin()
            XCTAssertEqual(model.isOn, false)
            _ = try await trial.shown(by: opened.code, "a code without a name") { $0.holder == nil }
            await model.show(true)
            XCTAssertEqual(model.isOn, true)
            let named = try await trial.shown(by: opened.code, "a code with the name beside it") { $0.holder != nil }
            XCTAssertEqual(named.holder?.maskedName, "林**")
            XCTAssertEqual(named.holder?.level, 4)
            await model.show(false)
            XCTAssertEqual(model.isOn, false)
        }
    }

    func testAForgottenPINIsSetByTheScreenLockAndByNothingLess() async throws {
        try await withTrial { trial in
            let opened = try await trial.enrolled(pin: true)
            let model = opened.pin
            await model.begin()
            model.forget(true)
            // This phone has no screen lock.
            await model.set(new: "384615")
            XCTAssertEqual(model.trouble?.code, "UNLOCK_NOT_SET_UP")
            XCTAssertFalse(model.done)
            model.forget(false)
            await model.set(old: Trial.pin, new: "384615")
            XCTAssertTrue(model.done)
        }
    }

    func testAnEnrolledPhoneSaysThatItTakesNoOtherOffer() async throws {
        try await withTrial { trial in
            let opened = try await trial.enrolled()
            await trial.home.take(link: "openid-credential-offer://?x=1")
            XCTAssertTrue(opened.enrol.isTurnedDown)
            XCTAssertEqual(opened.enrol.state, .done)
        }
    }

    func testAnOfferThatIsUnderWayIsNotReplacedByALink() async throws {
        try await withTrial { trial in
            await trial.home.start()
            let (opened, offer) = (try trial.opened(), try await trial.city.offer())
            await trial.home.take(link: offer.link)
            await trial.home.take(link: "openid-credential-offer:x")
            XCTAssertTrue(opened.enrol.isTurnedDown)
            await opened.enrol.enrol(txCode: offer.code)
            XCTAssertEqual(opened.enrol.state, .done)
        }
    }
}
