#if canImport(Security) && canImport(LocalAuthentication)
import Foundation
import LocalAuthentication
import Security

/// P-256 keys of the Secure Enclave, each found by its tag. Ends with a ``KeychainFault``.
enum Keychain {
    /// Of all keys that this app makes.
    private static let prefix = "szid."

    /// Makes a key that signs, or decrypts, while the phone is unlocked.
    static func make(_ name: String, _ flags: SecAccessControlCreateFlags) throws -> SecKey {
        var fault: Unmanaged<CFError>?
        let unlocked = kSecAttrAccessibleWhenUnlockedThisDeviceOnly
        guard let access = SecAccessControlCreateWithFlags(nil, unlocked, flags.union(.privateKeyUsage), &fault) else {
            throw KeychainFault(fault)
        }
        let own: [CFString: Any] = [
            kSecAttrIsPermanent: true, kSecAttrApplicationTag: tag(name), kSecAttrAccessControl: access,
        ]
        let attributes: [CFString: Any] = [
            kSecAttrKeyType: kSecAttrKeyTypeECSECPrimeRandom, kSecAttrKeySizeInBits: 256,
            kSecAttrTokenID: kSecAttrTokenIDSecureEnclave, kSecPrivateKeyAttrs: own,
        ]
        guard let key = SecKeyCreateRandomKey(attributes as CFDictionary, &fault) else { throw KeychainFault(fault) }
        return key
    }

    /// The key of this name; the context asks for whoever has to show a finger or face.
    static func find(_ name: String, asking context: LAContext? = nil) throws -> SecKey {
        var query = named(name)
        query[kSecReturnRef] = true
        if let context { query[kSecUseAuthenticationContext] = context }
        var found: CFTypeRef?
        let status = SecItemCopyMatching(query as CFDictionary, &found)
        guard status == errSecSuccess, let found, CFGetTypeID(found) == SecKeyGetTypeID() else {
            throw KeychainFault(status: status == errSecSuccess ? errSecItemNotFound : status)
        }
        // Of just this type, which was asked a line before.
        return found as! SecKey
    }

    /// The public half of a key, 65 bytes as X9.63 has it.
    static func publicHalf(of key: SecKey) throws -> (SecKey, Data) {
        var fault: Unmanaged<CFError>?
        guard let half = SecKeyCopyPublicKey(key), let bytes = SecKeyCopyExternalRepresentation(half, &fault) else {
            throw KeychainFault(fault)
        }
        return (half, bytes as Data)
    }

    /// ES256 over a message, in DER.
    static func sign(_ message: Data, by key: SecKey) throws -> Data {
        var fault: Unmanaged<CFError>?
        let es256 = SecKeyAlgorithm.ecdsaSignatureMessageX962SHA256
        guard let signature = SecKeyCreateSignature(key, es256, message as CFData, &fault) else {
            throw KeychainFault(fault)
        }
        return signature as Data
    }

    /// Deletes a key; one that is not there counts as deleted.
    static func delete(_ name: String) -> Bool { isGone(SecItemDelete(named(name) as CFDictionary)) }

    /// Deletes all keys of this app: the keychain keeps them when an app is deleted.
    static func deleteAll() throws {
        let query: [CFString: Any] = [
            kSecClass: kSecClassKey, kSecReturnAttributes: true, kSecMatchLimit: kSecMatchLimitAll,
        ]
        var found: CFTypeRef?
        let status = SecItemCopyMatching(query as CFDictionary, &found)
        guard isGone(status) else { throw KeychainFault(status: status) }
        let tags = (found as? [[CFString: Any]] ?? []).compactMap { $0[kSecAttrApplicationTag] as? Data }
        for tag in tags where tag.starts(with: Data(prefix.utf8)) {
            let query: [CFString: Any] = [kSecClass: kSecClassKey, kSecAttrApplicationTag: tag]
            let deleted = SecItemDelete(query as CFDictionary)
            guard isGone(deleted) else { throw KeychainFault(status: deleted) }
        }
    }

    private static func isGone(_ status: OSStatus) -> Bool { status == errSecSuccess || status == errSecItemNotFound }

    private static func named(_ name: String) -> [CFString: Any] {
        [
            kSecClass: kSecClassKey, kSecAttrKeyClass: kSecAttrKeyClassPrivate,
            kSecAttrKeyType: kSecAttrKeyTypeECSECPrimeRandom, kSecAttrApplicationTag: tag(name),
        ]
    }

    private static func tag(_ name: String) -> Data { Data((prefix + name).utf8) }
}
#endif
