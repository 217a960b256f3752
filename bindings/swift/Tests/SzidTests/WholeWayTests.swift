import Foundation
import Szid
import XCTest

/// A phone's whole way against the real service.
final class WholeWayTests: XCTestCase {
    /// The phone of a test: its folder and its keys outlive each wallet.
    private struct Phone {
        let city: City
        let folder = temporaryFolder()
        let keys: SoftwareMockDeviceKeys
        let sealing = SoftwareMockSealingKey()

        func open(http: Http? = nil) throws -> Wallet {
            try Wallet.open(
                config: config(folder, city.rootKey), deviceKeys: keys, sealingKey: sealing, keyAttester: nil, http: http)
        }

        func enrolled(http: Http? = nil) async throws -> Wallet {
            let wallet = try open(http: http)
            let offer = try await city.offer()
            let came = try await wallet.enrol(offer: offer.link, txCode: offer.code)
            XCTAssertEqual(came, 7)
            return wallet
        }
    }

    private func withPhone(_ way: (Phone) async throws -> Void) async throws {
        let city = try City()
        defer { city.close() }
        try await way(Phone(city: city, keys: SoftwareMockDeviceKeys()))
    }

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
                try await assertScan(phone, wallet.code(), "accept")
            }
            let wallet = try phone.open()
            XCTAssertTrue(try wallet.status().enrolled)
            try await Task.sleep(for: .milliseconds(1_100))
            let code = try wallet.code()
            try await assertScan(phone, code, "accept")
            try await assertScan(phone, code, "refuse", "REPLAY", desk: "desk-2")
        }
    }

    func testThePlatformsHttpClientGoesTheSameWay() async throws {
        try await withPhone { phone in
            let wallet = try await phone.enrolled(http: URLSessionHttp())
            try await assertScan(phone, wallet.code(), "accept")
            let came = try await wallet.refresh()
            XCTAssertEqual(came, 0)
            let offer = try await phone.city.offer()
            let refused = await code(of: { _ = try await wallet.enrol(offer: offer.link, txCode: "000000") })
            XCTAssertEqual(refused, "WALLET_REFUSED")
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
                let drawn = await code(of: { _ = try wallet.code() })
                XCTAssertEqual(drawn, "WALLET_NOT_ENROLLED")
            }
            let again = try Wallet.open(
                config: config(phone.folder, phone.city.rootKey), deviceKeys: phone.keys,
                sealingKey: SoftwareMockSealingKey(), keyAttester: nil)
            XCTAssertFalse(try again.status().enrolled)
        }
    }
}

func config(_ folder: URL, _ root: Data) -> WalletConfig {
    WalletConfig(
        folder: folder.appendingPathComponent("wallet").path, rootKeys: [root], daysAhead: 6, demoMode: true,
        deviceName: "小明的手机")
}

/// The stable code that a call ends with.
func code(of call: () async throws -> Void) async -> String? {
    do {
        try await call()
        return nil
    } catch let WalletError.Failed(code, _, _, _) {
        return code
    } catch {
        return "\(error)"
    }
}
