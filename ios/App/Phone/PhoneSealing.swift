#if canImport(Security) && canImport(LocalAuthentication)
import Foundation
import Security
import Szid

/// The key that wraps the vault's, in the Secure Enclave. It holds no key of AES: the vault's is encrypted to
/// a P-256 key of its own, by ECIES with AES-GCM.
final class PhoneSealing: SealingKey {
    private static let name = "sealing"
    private static let ecies = SecKeyAlgorithm.eciesEncryptionCofactorVariableIVX963SHA256AESGCM

    func wrap(plain: Data) throws -> Data {
        try told {
            let key: SecKey
            do {
                key = try Keychain.find(Self.name)
            } catch let fault as KeychainFault where fault.ofSealing == .Lost {
                key = try Keychain.make(Self.name, [])
            }
            var fault: Unmanaged<CFError>?
            let half = try Keychain.publicHalf(of: key).0
            guard let wrapped = SecKeyCreateEncryptedData(half, Self.ecies, plain as CFData, &fault) else {
                throw KeychainFault(fault)
            }
            return wrapped as Data
        }
    }

    func unwrap(wrapped: Data) throws -> Data {
        try told {
            var fault: Unmanaged<CFError>?
            let key = try Keychain.find(Self.name)
            guard let plain = SecKeyCreateDecryptedData(key, Self.ecies, wrapped as CFData, &fault) else {
                throw KeychainFault(fault)
            }
            return plain as Data
        }
    }

    func destroyKey() throws -> Bool { Keychain.delete(Self.name) }

    private func told(_ call: () throws -> Data) throws -> Data {
        do { return try call() } catch let fault as KeychainFault { throw fault.ofSealing }
    }
}
#endif
