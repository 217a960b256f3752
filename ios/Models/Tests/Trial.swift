import Foundation
import IShenzhenModels
import Szid
import XCTest

/// The app without its screens, on a phone of its own in a city of its own.
@MainActor final class Trial {
    let city: City
    let phone: Phone
    let finger: TrialFinger
    let door: TrialDoor
    let home: Home

    struct NotThere: Error { let what: String }

    /// A scene of the hall that asks the holder, and wants more than an open app.
    static let hospital = 6
    static let pin = "702958", wrongPin = "493536"

    init(_ phone: Phone) {
        (city, self.phone) = (phone.city, phone)
        finger = TrialFinger(phone.keys)
        door = TrialDoor(phone)
        home = Home(door: door, finger: finger)
    }

    /// The models of a wallet that is open.
    func opened() throws -> Opened {
        switch home.state {
        case .empty(let opened), .enrolled(let opened): return opened
        case .opening, .stopped: throw NotThere(what: "an open wallet: \(home.state)")
        }
    }

    /// Enrols a fictional person, with a PIN where it is wanted.
    func enrolled(pin: Bool = false) async throws -> Opened {
        await home.start()
        let (opened, offer) = (try opened(), try await city.offer())
        opened.enrol.take(offer.link)
        await opened.enrol.enrol(txCode: offer.code)
        XCTAssertEqual(opened.enrol.state, .done)
        await home.look()
        if pin {
            await opened.pin.begin()
            await opened.pin.set(new: Self.pin)
            XCTAssertTrue(opened.pin.done, "\(String(describing: opened.pin.trouble))")
        }
        return opened
    }

    /// The code on the screen, once there is one that is not this one.
    func code(of model: CodeModel, after before: CitizenCode? = nil) async throws -> CitizenCode {
        try await shown(by: model, "another code") { $0.code.madeAt != before?.madeAt }.code
    }

    /// What the screen of the code shows, once it is such.
    func shown(
        by model: CodeModel, _ what: String, within seconds: Int = 30, where such: @MainActor (CodeModel.Shown) -> Bool
    ) async throws -> CodeModel.Shown {
        try await eventually(what, within: seconds) { () -> CodeModel.Shown? in
            if case .shown(let shown) = model.state, such(shown) { shown } else { nil }
        }
    }
}

/// Runs a test with the app in a city of its own; with a gate there, by the program `szid`, where it is
/// wanted.
func withTrial(gate: Bool = false, _ way: @MainActor (Trial) async throws -> Void) async throws {
    let szid = gate ? try XCTUnwrap(ProcessInfo.processInfo.environment["SZID_PROGRAM"]) : nil
    try await withPhone(gateBy: szid) { phone in try await way(Trial(phone)) }
}

/// Waits for so many seconds at most until there is something to see.
@MainActor func eventually<T>(_ what: String, within seconds: Int = 30, _ look: @MainActor () -> T?) async throws -> T {
    for _ in 0..<20 * seconds {
        if let seen = look() { return seen }
        try await Task.sleep(for: .milliseconds(50))
    }
    throw Trial.NotThere(what: what)
}

/// The wallet over mocks. Like a phone's key store, it makes a sealing key anew where there is none.
final class TrialDoor: Door, @unchecked Sendable {
    private let phone: Phone
    private let lock = NSLock()
    private var sealing = SoftwareMockSealingKey()
    private var tries = 0
    private var daysAhead: UInt8?

    init(_ phone: Phone) { self.phone = phone }

    /// How often a wallet was to be opened.
    var opened: Int { lock.withLock { tries } }

    func open() throws -> Wallet {
        let sealing = lock.withLock {
            tries += 1
            if self.sealing.gone { self.sealing = SoftwareMockSealingKey() }
            return self.sealing
        }
        return try Wallet.open(
            config: settings, deviceKeys: phone.keys, sealingKey: sealing, http: URLSessionHttp())
    }

    func wipeClosed() throws {
        try wipeClosedWallet(folder: settings.folder, sealingKey: lock.withLock { sealing })
    }

    /// The days for which passes are wanted, where they are other than usual.
    func want(days: UInt8) { lock.withLock { daysAhead = days } }

    private var settings: WalletConfig {
        var settings = config(phone.folder, phone.city.rootKey)
        if let daysAhead = lock.withLock({ daysAhead }) { settings.daysAhead = daysAhead }
        return settings
    }
}

/// A holder who shows the finger, or does not.
final class TrialFinger: Finger, @unchecked Sendable {
    private let keys: SoftwareMockDeviceKeys
    private let lock = NSLock()
    private var fault: KeyPortError?
    private var there = true

    init(_ keys: SoftwareMockDeviceKeys) { self.keys = keys }

    /// What the next signatures end with.
    func fail(_ fault: KeyPortError?) { lock.withLock { self.fault = fault } }

    /// The phone asks no more.
    func takeAway() { lock.withLock { there = false } }

    func isThere() -> Bool { lock.withLock { there } }

    func sign(handle: String, message: Data) async throws(KeyPortError) -> Data {
        if let fault = failure() { throw fault }
        guard let signature = try? keys.sign(handle: handle, message: message) else { throw .Unavailable }
        return signature
    }

    private func failure() -> KeyPortError? { lock.withLock { fault } }
}
