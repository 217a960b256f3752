import Foundation
import Szid
import XCTest

/// A phone with mocks for its key store, and a folder for its wallet: both outlive each wallet.
struct Phone {
    let city: City
    let folder = temporaryFolder()
    let keys: SoftwareMockDeviceKeys
    let sealing = SoftwareMockSealingKey()

    func open(http: Http? = nil, prompt: HolderPrompt? = nil) throws -> Wallet {
        try Wallet.open(
            config: config(folder, city.rootKey), deviceKeys: keys, sealingKey: sealing, http: http, prompt: prompt)
    }

    func enrolled(http: Http? = nil, prompt: HolderPrompt? = nil) async throws -> Wallet {
        let wallet = try open(http: http, prompt: prompt)
        let offer = try await city.offer()
        let came = try await wallet.enrol(offer: offer.link, txCode: offer.code)
        XCTAssertEqual(came, 7)
        return wallet
    }
}

/// A phone in a city of its own, for as long as the test takes; with the program `szid`, the park's gate runs
/// there.
func withPhone(gateBy szid: String? = nil, _ way: (Phone) async throws -> Void) async throws {
    let city = try City(gateBy: szid)
    defer { city.close() }
    try await way(Phone(city: city, keys: SoftwareMockDeviceKeys()))
}

func config(_ folder: URL, _ root: Data) -> WalletConfig {
    WalletConfig(
        folder: folder.appendingPathComponent("wallet").path, rootKeys: [root], daysAhead: 6, demoMode: true,
        deviceName: "小明的手机")
}
