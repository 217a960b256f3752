import Foundation
import Szid
import XCTest

/// Ports that throw or answer with junk: each call ends with a typed error, and nothing is claimed.
final class HostilePortsTests: XCTestCase {
    private let root = Data(base64Encoded: """
        MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaxfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBo\
        N79R9Q==
        """)!
    private let folder = temporaryFolder()

    private struct NoKeyStore: Error {}

    private final class Destroying: SoftwareMockSealingKey, @unchecked Sendable {
        var instead: (() throws -> Bool)?
        override func destroyKey() throws -> Bool { try instead?() ?? super.destroyKey() }
    }

    private final class Wrapping: SoftwareMockSealingKey, @unchecked Sendable {
        let instead: () throws -> Data
        init(_ instead: @escaping () throws -> Data) { self.instead = instead }
        override func wrap(plain: Data) throws -> Data { try instead() }
    }

    private final class Prompt: HolderPrompt, @unchecked Sendable {
        let answer: () throws -> Bool
        init(_ answer: @escaping () throws -> Bool) { self.answer = answer }
        func confirmScreenLock() throws -> Bool { try answer() }
    }

    private func open(_ sealing: SealingKey) throws -> Wallet {
        try Wallet.open(config: config(folder, root), deviceKeys: SoftwareMockDeviceKeys(), sealingKey: sealing)
    }

    func testAWipeWhoseKeyIsNotDestroyedDoesNotSucceed() throws {
        for failure: () throws -> Bool in [{ throw NoKeyStore() }, { throw SealingPortError.Unavailable }, { false }] {
            let sealing = Destroying()
            sealing.instead = failure
            func assertKept(_ wipe: () throws -> Void) {
                XCTAssertThrowsError(try wipe()) { error in
                    guard case WipeError.SealingKey = error else { return XCTFail("\(error)") }
                }
            }
            do {
                let wallet = try open(sealing)
                assertKept { try wallet.wipe() }
            }
            let path = config(folder, root).folder
            assertKept { try wipeClosedWallet(folder: path, sealingKey: sealing) }
            sealing.instead = nil
            try wipeClosedWallet(folder: path, sealingKey: sealing)
            XCTAssertTrue(sealing.gone)
        }
    }

    func testASealingKeyThatThrowsOrAnswersJunkOpensNothing() {
        for junk: () throws -> Data in [{ throw NoKeyStore() }, { Data() }] {
            XCTAssertThrowsError(try open(Wrapping(junk))) { XCTAssertTrue($0 is OpenError, "\($0)") }
        }
    }

    func testAPromptThatThrowsOrSaysNoUnlocksNothing() throws {
        for answer: () throws -> Bool in [{ throw NoKeyStore() }, { false }] {
            let wallet = try Wallet.open(
                config: config(temporaryFolder(), root), deviceKeys: SoftwareMockDeviceKeys(),
                sealingKey: SoftwareMockSealingKey(), prompt: Prompt(answer))
            XCTAssertThrowsError(try wallet.unlockWithScreenLock()) { XCTAssertTrue($0 is UnlockError, "\($0)") }
        }
    }

    func testAMebibyteWhereAWordIsExpectedIsRefusedAndAFolderHasOneWallet() async throws {
        try await withPhone { phone in
            let wallet = try await phone.enrolled()
            let long = String(repeating: "0", count: 1 << 20)
            XCTAssertThrowsError(try wallet.readVenueCode(text: long)) { XCTAssertTrue($0 is VenueCodeError, "\($0)") }
            XCTAssertThrowsError(try wallet.unlockWithPin(pin: long)) { XCTAssertTrue($0 is UnlockError, "\($0)") }
            for challenge in [
                VenueChallenge(audience: long, nonce: Data(count: 16)),
                VenueChallenge(audience: "a", nonce: Data(count: 1 << 20)),
            ] {
                let options = CodeOptions(challenge: challenge)
                XCTAssertThrowsError(try wallet.code(unlocking: wallet.appOpened(), options: options)) { error in
                    guard case PresentError.CannotDraw = error else { return XCTFail("\(error)") }
                }
            }
            XCTAssertThrowsError(try phone.open()) { error in
                guard case OpenError.InUse = error else { return XCTFail("\(error)") }
            }
            XCTAssertFalse(try wallet.code(unlocking: wallet.appOpened()).digits.isEmpty)
        }
    }

    func testARootThatIsNoneAndAFolderThatCannotBeAreRefused() throws {
        func open(_ config: WalletConfig) throws {
            _ = try Wallet.open(
                config: config, deviceKeys: SoftwareMockDeviceKeys(), sealingKey: SoftwareMockSealingKey())
        }
        XCTAssertThrowsError(try open(config(folder, Data([1])))) { error in
            guard case OpenError.Configuration = error else { return XCTFail("\(error)") }
        }
        var nowhere = config(folder, root)
        nowhere.folder = "/dev/null/wallet"
        XCTAssertThrowsError(try open(nowhere)) { error in
            guard case OpenError.Disk = error else { return XCTFail("\(error)") }
        }
    }
}
