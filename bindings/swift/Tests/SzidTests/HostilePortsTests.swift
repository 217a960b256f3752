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

    private func open(_ sealing: SealingKey) throws -> Wallet {
        try Wallet.open(
            config: config(folder, root), deviceKeys: SoftwareMockDeviceKeys(), sealingKey: sealing, keyAttester: nil)
    }

    func testAWipeWhoseKeyIsNotDestroyedDoesNotSucceed() async throws {
        for failure: () throws -> Bool in [{ throw NoKeyStore() }, { throw SealingPortError.Unavailable }, { false }] {
            let sealing = Destroying()
            sealing.instead = failure
            do {
                let wallet = try open(sealing)
                let wiped = await code(of: { try wallet.wipe() })
                XCTAssertEqual(wiped, "WALLET_VAULT")
            }
            let path = config(folder, root).folder
            let closed = await code(of: { try wipeClosedWallet(folder: path, sealingKey: sealing) })
            XCTAssertEqual(closed, "WALLET_VAULT")
            sealing.instead = nil
            try wipeClosedWallet(folder: path, sealingKey: sealing)
            XCTAssertTrue(sealing.gone)
        }
    }

    func testASealingKeyThatThrowsOrAnswersJunkOpensNothing() async throws {
        for junk: () throws -> Data in [{ throw NoKeyStore() }, { Data() }] {
            let opened = await code(of: { _ = try self.open(Wrapping(junk)) })
            XCTAssertEqual(opened, "WALLET_VAULT")
        }
    }

    func testARootThatIsNoneAndAFolderThatCannotBeAreRefused() async throws {
        let keys = try SoftwareMockDeviceKeys()
        func opened(_ config: WalletConfig) async -> String? {
            await code(of: {
                _ = try Wallet.open(
                    config: config, deviceKeys: keys, sealingKey: SoftwareMockSealingKey(), keyAttester: nil)
            })
        }
        let untrusted = await opened(config(folder, Data([1])))
        XCTAssertEqual(untrusted, "WALLET_UNTRUSTED")
        var nowhere = config(folder, root)
        nowhere.folder = "/dev/null/wallet"
        let unopened = await opened(nowhere)
        XCTAssertEqual(unopened, "WALLET_VAULT")
    }
}
