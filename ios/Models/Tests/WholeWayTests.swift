import IShenzhenModels
import Szid
import XCTest

/// A citizen's whole way through the models: the real core, the real service, and a gate as it stands at a
/// turnstile.
final class WholeWayTests: XCTestCase {
    func testACitizenEnrolsIsAcceptedApprovesWhatAHospitalAsksAndSeesAllAndReportsALoss() async throws {
        try await withTrial(gate: true) { trial in
            let inSight = Task { await trial.home.inSight() }
            defer { inSight.cancel() }
            let opened = try await Self.enrol(trial)

            let showing = Task { await opened.code.show() }
            defer { showing.cancel() }
            let first = try await trial.code(of: opened.code)
            let (decision, _) = try await trial.city.scan(first.digits)
            XCTAssertEqual(decision, "accept")
            let second = try await trial.code(of: opened.code, after: first)
            try await Self.passAGate(trial, second)

            try await Self.answerAHospital(trial, opened, after: second)
            try await Self.seeAll(opened)
            try await Self.reportALoss(trial, opened)
            try await Self.beTurnedAwayAtTheGate(trial, opened)

            showing.cancel()
            await trial.home.wipe()
            guard case .empty = trial.home.state else { return XCTFail("\(trial.home.state)") }
            XCTAssertEqual(trial.phone.keys.count, 0)
        }
    }

    @MainActor private static func enrol(_ trial: Trial) async throws -> Opened {
        let opened = try await eventually("an empty wallet") { () -> Opened? in
            if case .empty(let opened) = trial.home.state { opened } else { nil }
        }
        let (offer, model) = (try await trial.city.offer(), opened.enrol)
        model.take("no offer")
        await model.enrol(txCode: offer.code)
        guard case .offer(.some) = model.state else { throw Trial.NotThere(what: "another offer: \(model.state)") }
        await trial.home.take(link: " \(offer.link)\n")
        XCTAssertEqual(model.state, .txCode())
        // A wrong code is asked for again.
        await model.enrol(txCode: "000000")
        guard case .txCode(let trouble?) = model.state else { throw Trial.NotThere(what: "trouble: \(model.state)") }
        XCTAssertEqual(trouble.code, "WALLET_REFUSED")
        await model.enrol(txCode: offer.code)
        XCTAssertEqual(model.state, .done)
        await trial.home.look()
        guard case .enrolled = trial.home.state else { throw Trial.NotThere(what: "an enrolment") }

        await opened.pin.begin()
        await opened.pin.set(new: "123456")
        XCTAssertEqual(opened.pin.trouble?.code, "UNLOCK_PIN_WEAK")
        XCTAssertEqual(opened.pin.why?.zh.isEmpty, false)
        XCTAssertFalse(opened.pin.done)
        await opened.pin.set(new: Trial.pin)
        XCTAssertTrue(opened.pin.done && opened.pin.isSet)
        return opened
    }

    @MainActor private static func answerAHospital(_ trial: Trial, _ opened: Opened, after first: CitizenCode) async throws {
        // The code of before was used; another one comes by itself.
        let next = try await trial.code(of: opened.code, after: first)
        let (city, model) = (trial.city, opened.asked)
        async let said = city.scanInHall(next.digits, scene: Trial.hospital)
        let asked = try await eventually("what the hospital asks") { model.state }
        XCTAssertEqual(asked.step, .asking)
        XCTAssertEqual(asked.details.venueName, "演示市综合服务大厅")
        XCTAssertEqual(Int(asked.details.scene), Trial.hospital)
        await model.approve()
        XCTAssertEqual(model.state?.step, .unlock)
        await model.approve(pin: Trial.wrongPin)
        XCTAssertEqual(model.state?.step, .unlock)
        XCTAssertEqual(model.state?.trouble?.code, "UNLOCK_PIN_WRONG")
        await model.approve(pin: Trial.pin)
        XCTAssertEqual(model.state?.step, .approved)
        let reason = try await said
        XCTAssertEqual(reason, "OK")
        model.close()

        // The code says at once what the holder showed, until the app goes out of sight.
        _ = try await trial.shown(by: opened.code, "a code of one who has unlocked", within: 8) { $0.unlocked }
        trial.home.touched()
        XCTAssertEqual(opened.unlocks.now().tier(), 2)
        trial.home.outOfSight()
        XCTAssertEqual(opened.unlocks.now().tier(), 1)
    }

    /// A code passes once. The gate asks nobody, and tells the service later.
    @MainActor private static func passAGate(_ trial: Trial, _ code: CitizenCode) async throws {
        let first = try await trial.city.scanAtGate(code.digits)
        XCTAssertEqual(first, "OK")
        let again = try await trial.city.scanAtGate(code.digits)
        XCTAssertEqual(again, "REPLAY")
    }

    @MainActor private static func seeAll(_ opened: Opened) async throws {
        let atDesks = ["演示市综合服务大厅", "演示市图书馆"]
        // The gate's receipts go up by themselves.
        var seen: [String] = []
        for _ in 0..<60 where seen.count < 3 {
            await opened.uses.load()
            seen = opened.uses.list.map(\.venueName)
            if seen.count < 3 { try await Task.sleep(for: .seconds(1)) }
        }
        XCTAssertEqual(seen.filter(atDesks.contains), atDesks)
        XCTAssertTrue(seen.contains("演示山海公园"), "\(seen)")
        XCTAssertTrue(opened.uses.more && !opened.uses.loading)
        let read = opened.uses.list.count
        await opened.uses.loadMore()
        XCTAssertEqual(opened.uses.list.count, read)
        XCTAssertFalse(opened.uses.more)
    }

    /// The gate hears of a freeze within a minute, and then lets nobody pass.
    @MainActor private static func beTurnedAwayAtTheGate(_ trial: Trial, _ opened: Opened) async throws {
        var (code, reason): (CitizenCode?, String?) = (nil, nil)
        let end = ContinuousClock.now + .seconds(90)
        while reason != "FROZEN", ContinuousClock.now < end {
            let next = try await trial.code(of: opened.code, after: code)
            reason = try await trial.city.scanAtGate(next.digits)
            code = next
        }
        XCTAssertEqual(reason, "FROZEN")
    }

    @MainActor private static func reportALoss(_ trial: Trial, _ opened: Opened) async throws {
        await opened.phones.load()
        XCTAssertEqual(opened.phones.list.map { $0.details().thisDevice }, [true])
        XCTAssertEqual(opened.phones.account, .active)
        await opened.phones.reportLost()
        XCTAssertNil(opened.phones.trouble)
        XCTAssertEqual(opened.phones.others, .ended)
        XCTAssertEqual(opened.phones.account, .frozen)
        // It is said beside the next code, which nobody takes.
        opened.code.easier = true
        let frozen = try await trial.shown(by: opened.code, "a freeze beside the code") { $0.refused != nil }
        let (decision, reason) = try await trial.city.scan(frozen.code.digits)
        XCTAssertEqual(decision, "refuse")
        XCTAssertEqual(reason, "FROZEN")
    }
}
