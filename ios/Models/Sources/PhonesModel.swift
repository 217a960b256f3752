import Observation
import Szid

/// The holder's phones, as the service lists them; a phone ended, and a loss reported.
@MainActor @Observable public final class PhonesModel {
    public private(set) var list: [Device] = []
    public private(set) var account: AccountState?
    /// What a report of a loss did to the other phones, just now.
    public private(set) var others: OtherDevices?
    public private(set) var loading = false
    /// The phone that is to be ended, once the holder has unlocked.
    public private(set) var ending: Device?
    public private(set) var trouble: Advice?

    public var byFingerReady: Bool { unlocks.byFingerReady }

    private let wallet: Wallet
    private let unlocks: Unlocks

    init(_ wallet: Wallet, _ unlocks: Unlocks) { (self.wallet, self.unlocks) = (wallet, unlocks) }

    public func load() async { await attempt { try await read() } }

    /// Asks for the PIN, or finger or face, that ends a phone; nil where the holder thinks again.
    public func choose(_ phone: Device?) { (ending, trouble) = (phone, nil) }

    /// Unlocks by PIN, and ends the phone that was chosen.
    public func end(pin: String) async { await end { await unlocks.byPin(pin) } }

    /// Unlocks by finger or face, and ends the phone that was chosen.
    public func endByFinger() async { await end { await unlocks.byFinger() } }

    /// Freezes the account.
    public func reportLost() async {
        await attempt {
            let others = try await wallet.reportLost()
            // The report was made, whether or not the list can be read.
            self.others = others
            try await read()
            self.others = others
        }
    }

    private func end(unlocked: @MainActor () async -> Advice?) async {
        guard let phone = ending else { return }
        await attempt {
            if let wrong = await unlocked() {
                trouble = wrong
                return
            }
            try await wallet.endDevice(device: phone, unlocking: unlocks.now())
            ending = nil
            try await read()
        }
    }

    private func read() async throws {
        account = try await wallet.account().state
        list = try await wallet.devices()
        others = nil
    }

    private func attempt(_ what: @MainActor () async throws -> Void) async {
        if loading { return }
        (loading, trouble) = (true, nil)
        defer { loading = false }
        do { try await what() } catch { trouble = advice(of: error) }
    }
}
