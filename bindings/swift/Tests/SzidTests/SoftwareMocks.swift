import Foundation
import Szid

/// Mocks of a phone's key store. They protect nothing. Keys are files of the openssl command, as there is neither CryptoKit
/// nor a key store on Linux.
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
