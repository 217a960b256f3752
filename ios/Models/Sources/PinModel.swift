import Observation
import Szid

/// A PIN that is being set.
@MainActor @Observable public final class PinModel {
    /// Why a PIN is too weak, in both languages.
    public struct Why: Equatable, Sendable {
        public let zh: String
        public let en: String
    }

    /// Whether there is one already; the old one is asked for then.
    public private(set) var isSet = false
    public private(set) var working = false
    public private(set) var trouble: Advice?
    public private(set) var why: Why?
    public private(set) var done = false

    private let wallet: Wallet
    private let unlocks: Unlocks

    init(_ wallet: Wallet, _ unlocks: Unlocks) { (self.wallet, self.unlocks) = (wallet, unlocks) }

    /// Looks whether there is a PIN; called when the screen opens.
    public func begin() async {
        (trouble, why, done) = (nil, nil, false)
        do {
            isSet = try await aside { [wallet] in try wallet.pinStatus().isSet }
        } catch {
            trouble = advice(of: error)
        }
    }

    /// Sets the first PIN, or changes the one that is there. All unlockings end.
    public func set(old: String = "", new: String) async {
        if working { return }
        (working, trouble, why, done) = (true, nil, nil, false)
        defer { working = false }
        do {
            try await aside { [wallet, isSet, by = unlocks.now()] in
                if isSet { try wallet.changePin(old: old, new: new) } else { try wallet.setPin(new: new, by: by) }
            }
            (isSet, done) = (true, true)
        } catch UnlockSetupError.PinWeak(let advice, let zh, let en) {
            (trouble, why) = (advice, Why(zh: zh, en: en))
        } catch {
            trouble = advice(of: error)
        }
    }
}
