import Foundation
import Szid

/// Mocks of a phone's key store. They protect nothing. Keys are files of the openssl command, as there is
/// neither CryptoKit nor a key store on Linux.
class SoftwareMockDeviceKeys: DeviceKeys, @unchecked Sendable {
    let folder = temporaryFolder()

    init() throws { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) }

    var count: Int { (try? FileManager.default.contentsOfDirectory(atPath: folder.path).count) ?? -1 }

    func create(handle: String, policy: KeyPolicy) throws -> Data {
        if !FileManager.default.fileExists(atPath: file(handle)) {
            try openssl(["ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", file(handle)])
        }
        return try publicKey(handle: handle)
    }

    func publicKey(handle: String) throws -> Data {
        try openssl(["pkey", "-in", find(handle), "-pubout", "-outform", "DER"])
    }

    func sign(handle: String, message: Data) throws -> Data {
        try openssl(["dgst", "-sha256", "-sign", find(handle)], input: message)
    }

    func delete(handle: String) throws -> Bool {
        try? FileManager.default.removeItem(atPath: file(handle))
        return true
    }

    private func file(_ handle: String) -> String {
        let name = Data(handle.utf8).map { String(format: "%02x", $0) }.joined()
        return folder.appendingPathComponent(name).path
    }

    private func find(_ handle: String) throws -> String {
        guard FileManager.default.fileExists(atPath: file(handle)) else { throw KeyPortError.Lost }
        return file(handle)
    }
}

/// A mock of an app's backend: it attests keys of this key store, or, where there is none, whatever it is
/// asked for.
final class SoftwareMockAttester: KeyAttester, @unchecked Sendable {
    private let keys: SoftwareMockDeviceKeys?
    private let own: SoftwareMockDeviceKeys

    init(_ keys: SoftwareMockDeviceKeys?) throws {
        (self.keys, own) = (keys, try SoftwareMockDeviceKeys())
        _ = try own.create(handle: "backend", policy: .deviceUnlocked)
    }

    func attest(keys: [KeyToAttest], nonce: String) throws -> String? {
        for key in keys {
            if let store = self.keys, try store.publicKey(handle: key.handle) != key.publicKey { throw KeyPortError.Lost }
        }
        let now = Int(Date().timeIntervalSince1970)
        let attested = keys.map { key in
            // A P-256 key in DER ends with both coordinates.
            let (x, y) = (base64url(key.publicKey.suffix(64).prefix(32)), base64url(key.publicKey.suffix(32)))
            return #"{"kty":"EC","crv":"P-256","x":"\#(x)","y":"\#(y)"}"#
        }.joined(separator: ",")
        let header = #"{"typ":"key-attestation+jwt","alg":"ES256","kid":"mock"}"#
        let claims = #"{"iat":\#(now),"exp":\#(now + 300),"nonce":"\#(nonce)","attested_keys":[\#(attested)],"#
            + #""key_storage":["iso_18045_moderate"]}"#
        let message = [header, claims].map { base64url(Data($0.utf8)) }.joined(separator: ".")
        let signature = halves(try own.sign(handle: "backend", message: Data(message.utf8)))
        return message + "." + base64url(signature)
    }

    /// r and s, 32 bytes each, of openssl's DER.
    private func halves(_ der: Data) -> Data {
        var (rest, raw) = (Array(der.dropFirst(2)), Data())
        for _ in 0..<2 {
            let number = rest[2..<2 + Int(rest[1])].drop { $0 == 0 }
            raw += Data(repeating: 0, count: 32 - number.count) + number
            rest = Array(rest.dropFirst(2 + Int(rest[1])))
        }
        return raw
    }

    private func base64url(_ data: Data) -> String {
        let text = data.base64EncodedString().replacingOccurrences(of: "+", with: "-")
        return text.replacingOccurrences(of: "/", with: "_").replacingOccurrences(of: "=", with: "")
    }
}

/// As above, for the key that wraps the vault's: it hides nothing. A sum finds what was altered.
class SoftwareMockSealingKey: SealingKey, @unchecked Sendable {
    private let lock = NSLock()
    private var destroyed = false

    var gone: Bool { lock.withLock { destroyed } }

    func wrap(plain: Data) throws -> Data {
        let hidden = try masked(plain)
        return hidden + sum(hidden)
    }

    func unwrap(wrapped: Data) throws -> Data {
        let (hidden, last) = (Data(wrapped.dropLast(Self.sumLength)), Data(wrapped.suffix(Self.sumLength)))
        guard last == sum(hidden) else { throw SealingPortError.Rejected }
        return try masked(hidden)
    }

    func destroyKey() throws -> Bool {
        lock.withLock { destroyed = true }
        return true
    }

    private static let sumLength = 8

    /// FNV-1a: enough for a mock.
    private func sum(_ data: Data) -> Data {
        let sum = data.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        return withUnsafeBytes(of: sum.bigEndian) { Data($0) }
    }

    private func masked(_ data: Data) throws -> Data {
        if gone { throw SealingPortError.Lost }
        return Data(data.map { $0 ^ 0x5a })
    }
}

func temporaryFolder() -> URL {
    FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
}

@discardableResult
private func openssl(_ arguments: [String], input: Data? = nil) throws -> Data {
    let process = Process(), told = Pipe(), given = Pipe()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
    process.arguments = arguments
    process.standardOutput = told
    process.standardInput = given
    process.standardError = FileHandle.nullDevice
    try process.run()
    if let input { given.fileHandleForWriting.write(input) }
    try given.fileHandleForWriting.close()
    let output = told.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw KeyPortError.Unavailable }
    return output
}
