import Foundation
import Szid
import XCTest

/// What the border costs in Swift, beside the same library called from Rust. It measures, and judges nothing.
final class BorderBench: XCTestCase {
    private static let warmUp = 500, rounds = 51, batch = 20, calls = 5_000

    func testMeasure() async throws {
        let city = try City()
        defer { city.close() }
        let keys = try BenchKeys()
        let wallet = try await Phone(city: city, keys: keys).enrolled(http: URLSessionHttp())
        keys.answersAtOnce = true
        nothing(wallet)
        let rust = try await CodesInRust(city)
        defer { rust.close() }
        try codes(wallet, rust)
        try parts(wallet)
    }

    /// Codes by turns: a batch here, one by the shells' call in Rust, one by the wallet's own call in Rust.
    private func codes(_ wallet: Wallet, _ rust: CodesInRust) throws {
        let draw = { try wallet.code(unlocking: wallet.appOpened()).digits.utf8.count }
        let digits = try draw()
        for _ in 0..<Self.warmUp { _ = try draw() }
        var here: [Double] = [], border: [Double] = [], core: [Double] = []
        for _ in 0..<Self.rounds {
            here.append(try microseconds(Self.batch, draw))
            border.append(try rust.batch("border", Self.batch))
            core.append(try rust.batch("core", Self.batch))
        }
        print("a code of \(digits) digits, \(Self.rounds) rounds of \(Self.batch), the key store left out, µs: median (quartiles)")
        print("  from Swift                    \(told(here))")
        print("  the same call from Rust       \(told(border))")
        print("  the wallet's own call in Rust \(told(core))")
        print("  Swift, by the same call       \(told(zip(here, border).map { $0 / $1 }))")
        print("  Swift, by the wallet's own    \(told(zip(here, core).map { $0 / $1 }))")
    }

    /// What a code takes here beside the same call in Rust.
    private func parts(_ wallet: Wallet) throws {
        let each = { (call: () throws -> Int) in
            told(try (0..<Self.rounds).map { _ in try microseconds(Self.batch, call) })
        }
        var bytes: [UInt8] = []
        FfiConverterTypeCitizenCode.write(try wallet.code(unlocking: wallet.appOpened()), into: &bytes)
        let record = Data(bytes)
        print("of it, µs: an object made and let go of \(try each { _ = wallet.appOpened(); return 1 })")
        let read = {
            var rest = (data: record, offset: record.startIndex)
            return try FfiConverterTypeCitizenCode.read(from: &rest).digits.utf8.count
        }
        print("  the record of \(record.count) bytes read \(try each(read))")
    }

    /// A call that only reads a number of an object.
    private func nothing(_ wallet: Wallet) {
        let unlocking = wallet.appOpened()
        let rounds = (0..<Self.rounds).map { _ in microseconds(Self.calls) { Int(unlocking.tier()) } }
        print("a call that does nothing, \(Self.rounds) rounds of \(Self.calls), µs: \(told(rounds))")
    }
}

/// A key store that stops signing once a wallet is enrolled, so that its time is left out.
private final class BenchKeys: SoftwareMockDeviceKeys, @unchecked Sendable {
    var answersAtOnce = false
    private let answer = Data(repeating: 1, count: 64)

    override func sign(handle: String, message: Data) throws -> Data {
        answersAtOnce ? answer : try super.sign(handle: handle, message: message)
    }
}

/// The program that draws the same codes in Rust, with an offer of its own.
private final class CodesInRust {
    private let process = Process(), told = Pipe(), given = Pipe()

    init(_ city: City) async throws {
        guard let program = ProcessInfo.processInfo.environment["SZID_CODES_IN_RUST"] else {
            throw City.Unusable(answer: "SZID_CODES_IN_RUST names no program")
        }
        let folder = temporaryFolder()
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let root = folder.appendingPathComponent("root")
        try city.rootKey.write(to: root)
        let offer = try await city.offer()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = [folder.path, root.path, offer.link, offer.code]
        process.standardOutput = told
        process.standardInput = given
        try process.run()
    }

    /// Microseconds for one code.
    func batch(_ way: String, _ number: Int) throws -> Double {
        given.fileHandleForWriting.write(Data("\(way) \(number)\n".utf8))
        var line = Data()
        while line.last != UInt8(ascii: "\n") {
            let piece = told.fileHandleForReading.readData(ofLength: 1)
            if piece.isEmpty { throw City.Unusable(answer: "the program in Rust ended") }
            line += piece
        }
        guard let nanoseconds = Double(String(decoding: line.dropLast(), as: UTF8.self)) else {
            throw City.Unusable(answer: "no number")
        }
        return nanoseconds / 1000
    }

    func close() {
        try? given.fileHandleForWriting.close()
        process.waitUntilExit()
    }
}

/// Microseconds of a processor for one of so many calls: what other programs take of it meanwhile does not
/// count.
private func microseconds(_ number: Int, _ call: () throws -> Int) rethrows -> Double {
    let begun = processorTime()
    var sum = 0
    for _ in 0..<number { sum &+= try call() }
    let took = processorTime() - begun
    precondition(sum != 0)
    return took / Double(number)
}

private func processorTime() -> Double {
    var now = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now)
    return Double(now.tv_sec) * 1_000_000 + Double(now.tv_nsec) / 1000
}

private func told(_ numbers: [Double]) -> String {
    let sorted = numbers.sorted()
    let at = { (part: Int) in String(format: "%.3f", sorted[(sorted.count - 1) * part / 4]) }
    return "\(at(2)) (\(at(1))–\(at(3)))"
}
