import Foundation
import Szid
import XCTest

/// The code of docs/mobile/swift.md, as it stands there, against the real service.
final class QuickStartTests: XCTestCase {
    /// What the code of the page draws and shows.
    @MainActor private final class Screen {
        var codes: [CitizenCode] = []
        var counted: [Int] = []
        var advice: [String] = []
        /// A scene of the hall whose approvals need tier 2.
        static let hospital = 6

        nonisolated init() {}

        func draw(_ code: CitizenCode, _ left: Int) {
            if codes.last?.digits != code.digits { codes.append(code) }
            counted.append(left)
        }

        func show(_ shown: Advice) { advice.append(shown.code) }
    }

    private func enrolled(_ phone: Phone, _ show: ShowAdvice) async throws -> Wallet {
        let wallet = try openWallet(
            folder: phone.folder.appendingPathComponent("wallet"), rootKey: phone.city.rootKey, keys: phone.keys,
            sealing: phone.sealing, demo: true)
        let offer = try await phone.city.offer()
        var nexts: [Next] = []
        for (link, code) in [("no offer", "000000"), (offer.link, "000000"), (offer.link, offer.code)] {
            nexts.append(try await enrol(wallet, offer: link, txCode: code, show: show))
        }
        XCTAssertEqual(nexts, [.scanOffer, .askTxCode, .code])
        return wallet
    }

    func testTheCodeOfThePagePutsCodesOnTheScreenThatAVenueAccepts() async throws {
        try await withPhone { phone in
            let screen = Screen()
            let wallet = try await enrolled(phone, { screen.show($0) })
            try await daily(wallet, show: { screen.show($0) })
            let shown = Task {
                try await keepCodesOnScreen(
                    wallet, wallet.appOpened(), draw: { screen.draw($0, $1) }, show: { screen.show($0) })
            }
            defer { shown.cancel() }
            for number in 0..<2 {
                // Codes are redrawn every 15 seconds.
                for _ in 0..<600 where await screen.codes.count <= number {
                    try await Task.sleep(for: .milliseconds(100))
                }
                let codes = await screen.codes
                guard codes.count > number else { return XCTFail("\(codes.count) codes were drawn") }
                let (decision, reason) = try await phone.city.scan(codes[number].digits)
                XCTAssertEqual(decision, "accept", reason ?? "")
            }
            let (counted, advice) = await (screen.counted, screen.advice)
            XCTAssertEqual(counted[0] - 1, counted[1])
            XCTAssertEqual(advice.count, 2, "nothing went wrong since the offers: \(advice)")
        }
    }

    func testTheCodeOfThePageSetsAPinUnlocksByItAndAnswersWhatAHospitalAsks() async throws {
        try await withPhone { phone in
            let screen = Screen()
            let wallet = try await enrolled(phone, { screen.show($0) })
            let weak = try await unlockByPin(wallet, pin: "123456", show: { screen.show($0) })
            XCTAssertNil(weak)
            let made = try await unlockByPin(wallet, pin: "702958", show: { screen.show($0) })
            let unlocking = try XCTUnwrap(made)
            let wrong = try await unlockByPin(wallet, pin: "493536", show: { screen.show($0) })
            XCTAssertNil(wrong)
            let advice = await screen.advice
            XCTAssertEqual(Array(advice.dropFirst(2)), ["UNLOCK_PIN_WEAK", "UNLOCK_PIN_WRONG"])

            let (city, digits) = (phone.city, try wallet.code(unlocking: unlocking).digits)
            async let reason = city.scanInHall(digits, scene: Screen.hospital)
            let answered = try await answerConsents(
                wallet, wallet.appOpened(), ask: { Int($0.scene) == Screen.hospital }, unlock: { unlocking })
            XCTAssertEqual(answered, 1)
            let said = try await reason
            XCTAssertEqual(said, "OK")
        }
    }
}
