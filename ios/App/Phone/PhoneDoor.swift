#if canImport(Security) && canImport(LocalAuthentication)
import Darwin
import Foundation
import IShenzhenModels
import Szid

/// What makes an app that of a city: its root keys (DER), and whether it is one for trials.
struct City {
    let rootKeys: [Data]
    let demo: Bool
}

/// This phone's wallet, over its own adapters.
struct PhoneDoor: Door {
    let city: City
    let deviceName: String
    /// Why the screen lock is asked for.
    let reason: String

    func open() throws -> Wallet {
        let folder = folder
        if !FileManager.default.fileExists(atPath: folder.path) { forgetKeysOfBefore() }
        protect(around)
        return try Wallet.open(
            config: WalletConfig(
                folder: folder.path, rootKeys: city.rootKeys, demoMode: city.demo, deviceName: deviceName, boot: boot()),
            deviceKeys: PhoneKeys(), sealingKey: PhoneSealing(), http: URLSessionHttp(), prompt: PhonePrompt(reason: reason))
    }

    func wipeClosed() throws { try wipeClosedWallet(folder: folder.path, sealingKey: PhoneSealing()) }

    private var folder: URL { around.appendingPathComponent("wallet") }

    /// What is created in it has its class of protection.
    private var around: URL { URL.applicationSupportDirectory.appendingPathComponent("szid") }

    /// iOS keeps the keys of an app that was deleted. Keys that stay after all are never used: a wallet names
    /// its own at random.
    private func forgetKeysOfBefore() { try? Keychain.deleteAll() }

    /// While the phone is locked no file of the wallet's can be opened. One that was open then can be written
    /// to its end: with the class `complete` a refresh would fail in the middle of a write when the screen
    /// locks. Nor is it in any backup: on another phone the vault could not be opened. Where the system does
    /// not do so, the vault is sealed all the same, and one that comes back from a backup is one whose key is
    /// lost.
    private func protect(_ around: URL) {
        let files = FileManager.default
        let complete: [FileAttributeKey: Any] = [.protectionKey: FileProtectionType.completeUnlessOpen]
        try? files.createDirectory(at: around, withIntermediateDirectories: true, attributes: complete)
        try? files.setAttributes(complete, ofItemAtPath: around.path)
        var around = around
        var values = URLResourceValues()
        values.isExcludedFromBackup = true
        try? around.setResourceValues(values)
    }

    /// Another one after each start of the phone; nothing where the system names none.
    private func boot() -> String? {
        var length = 0
        guard sysctlbyname("kern.bootsessionuuid", nil, &length, nil, 0) == 0, length > 1 else { return nil }
        var name = [UInt8](repeating: 0, count: length)
        guard sysctlbyname("kern.bootsessionuuid", &name, &length, nil, 0) == 0 else { return nil }
        return String(decoding: name.prefix { $0 != 0 }, as: UTF8.self)
    }
}
#endif
