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
    /// Whether the old one is forgotten: the phone's screen lock stands for it.
    public private(set) var forgotten = false
    public private(set) var working = false
    public private(set) var trouble: Advice?
    public private(set) var why: Why?
    public private(set) var done = false

    private let wallet: Wallet
    private let unlocks: Unlocks

    init(_ wallet: Wallet, _ unlocks: Unlocks) { (self.wallet, self.unlocks) = (wallet, unlocks) }

    /// Looks whether there is a PIN; called when the screen opens.
    public func begin() async {
        (trouble, why, done, forgotten) = (nil, nil, false, false)
        do {
            isSet = try await aside { [wallet] in try wallet.pinStatus().isSet }
        } catch {
            trouble = advice(of: error)
        }
    }

    /// The old one is forgotten, or known after all.
    public func forget(_ forgotten: Bool) { (self.forgotten, trouble, why) = (forgotten, nil, nil) }

    /// Sets the first PIN, or changes the one that is there; asks for the screen lock where nothing else
    /// stands for the holder. All unlockings end.
    public func set(old: String = "", new: String) async {
        if working { return }
        (working, trouble, why, done) = (true, nil, nil, false)
        defer { working = false }
        do {
            try await aside { [wallet, isSet, forgotten, by = unlocks.now()] in
                if forgotten {
                    try wallet.resetPin(new: new, by: try wallet.unlockWithScreenLock())
                } else if isSet {
                    try wallet.changePin(old: old, new: new)
                } else {
                    do {
                        try wallet.setPin(new: new, by: by)
                    } catch UnlockSetupError.ProofNeeded {
                        // Some time after an enrolment, an open app is too little.
                        try wallet.setPin(new: new, by: try wallet.unlockWithScreenLock())
                    }
                }
            }
            (isSet, forgotten, done) = (true, false, true)
        } catch UnlockSetupError.PinWeak(let advice, let zh, let en) {
            (trouble, why) = (advice, Why(zh: zh, en: en))
        } catch {
            trouble = advice(of: error)
        }
    }
}
