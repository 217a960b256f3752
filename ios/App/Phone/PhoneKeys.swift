#if canImport(Security) && canImport(LocalAuthentication)
import Foundation
import Security
import Szid

/// The wallet's device keys, in the Secure Enclave.
final class PhoneKeys: DeviceKeys {
    /// What stands before a P-256 point in a DER SubjectPublicKeyInfo.
    private static let beforePoint = Data([
        0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d,
        0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
    ])

    func create(handle: String, policy: KeyPolicy) throws -> Data {
        try told {
            do {
                return try Self.der(of: Keychain.find(Self.name(handle)))
            } catch let fault as KeychainFault where fault.ofKey == .Lost {
                let flags: SecAccessControlCreateFlags = policy == .holderPresent ? .biometryCurrentSet : []
                return try Self.der(of: Keychain.make(Self.name(handle), flags))
            }
        }
    }

    func publicKey(handle: String) throws -> Data { try told { try Self.der(of: Keychain.find(Self.name(handle))) } }

    func sign(handle: String, message: Data) throws -> Data {
        try told { try Keychain.sign(message, by: Keychain.find(Self.name(handle))) }
    }

    func delete(handle: String) throws -> Bool { Keychain.delete(Self.name(handle)) }

    /// A device key's name in the keychain.
    static func name(_ handle: String) -> String { "key." + handle }

    private static func der(of key: SecKey) throws -> Data { try beforePoint + Keychain.publicHalf(of: key).1 }

    private func told(_ call: () throws -> Data) throws -> Data {
        do { return try call() } catch let fault as KeychainFault { throw fault.ofKey }
    }
}
#endif
