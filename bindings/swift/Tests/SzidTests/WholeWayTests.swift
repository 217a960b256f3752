import Foundation
import Szid
import XCTest

/// A phone's whole way against the real service.
final class WholeWayTests: XCTestCase {
    private func assertScan(
        _ phone: Phone, _ code: CitizenCode, _ decision: String, _ reason: String? = nil, desk: String = "desk-1",
        line: UInt = #line
    ) async throws {
        let (decided, why) = try await phone.city.scan(code.digits, operator: desk)
        XCTAssertEqual(decided, decision, line: line)
        if let reason { XCTAssertEqual(why, reason, line: line) }
    }

    func testACodeIsAcceptedOnceAndTheWalletIsThereAgainAfterARestart() async throws {
        try await withPhone { phone in
            do {
                let wallet = try await phone.enrolled()
                try await assertScan(phone, wallet.code(unlocking: wallet.appOpened()), "accept")
            }
            let wallet = try phone.open()
            XCTAssertTrue(try wallet.status().enrolled)
            try await Task.sleep(for: .milliseconds(1_100))
            let code = try wallet.code(unlocking: wallet.appOpened())
            try await assertScan(phone, code, "accept")
            try await assertScan(phone, code, "refuse", "REPLAY", desk: "desk-2")
        }
    }

    func testThePlatformsHttpClientGoesTheSameWay() async throws {
        try await withPhone { phone in
            let wallet = try await phone.enrolled(http: URLSessionHttp())
            try await assertScan(phone, wallet.code(unlocking: wallet.appOpened()), "accept")
            let came = try await wallet.refresh()
            XCTAssertEqual(came, 0)
            let offer = try await phone.city.offer()
            do {
                _ = try await wallet.enrol(offer: offer.link, txCode: "000000")
                XCTFail("a wrong transaction code is taken")
            } catch EnrolError.CodeWrong(let advice) {
                XCTAssertFalse(advice.zh.isEmpty || advice.en.isEmpty)
            }
        }
    }

    func testCodesFollowOneAnother() async throws {
        try await withPhone { phone in
            let wallet = try await phone.enrolled()
            var codes: [CitizenCode] = []
            for try await code in wallet.codes() {
                codes.append(code)
                if codes.count == 2 { break }
            }
            XCTAssertGreaterThanOrEqual(codes[1].madeAt - codes[0].madeAt, UInt64(codes[0].redrawIn))
            XCTAssertLessThan(codes[0].redrawIn, codes[0].secondsLeft)
            try await assertScan(phone, codes[1], "accept")
            var left: [Int] = []
            for await seconds in codes[1].countdown() {
                left.append(seconds)
                if left.count == 2 { break }
            }
            XCTAssertEqual(left[0] - left[1], 1)
        }
    }

    func testTwoHundredCallsAtOnceAreAllAnswered() async throws {
        try await withPhone { phone in
            let wallet = try await phone.enrolled()
            let answers = try await withThrowingTaskGroup(of: UInt32.self) { group in
                for number in 0..<200 {
                    group.addTask {
                        number % 2 == 0 ? try await wallet.refresh() : try wallet.status().passesLeft
                    }
                }
                return try await group.reduce(into: Set()) { $0.insert($1) }
            }
            XCTAssertEqual(answers, [0, 7])
        }
    }

    func testWipingDestroysTheKeysAndTheWalletIsEmpty() async throws {
        try await withPhone { phone in
            do {
                let wallet = try await phone.enrolled()
                try wallet.wipe()
                XCTAssertTrue(phone.sealing.gone)
                XCTAssertEqual(phone.keys.count, 0)
                XCTAssertThrowsError(try wallet.code(unlocking: wallet.appOpened())) { error in
                    guard case PresentError.Closed = error else { return XCTFail("\(error)") }
                }
            }
            let again = try Wallet.open(
                config: config(phone.folder, phone.city.rootKey), deviceKeys: phone.keys,
                sealingKey: SoftwareMockSealingKey())
            XCTAssertFalse(try again.status().enrolled)
        }
    }
}
