import Observation
import Szid

/// Unlocks for the code, before a scanner that asks for more than an open app.
@MainActor @Observable public final class UnlockModel {
    public private(set) var working = false
    public private(set) var trouble: Advice?
    /// Whether the holder has shown that it is them.
    public private(set) var done = false

    public var byFingerReady: Bool { unlocks.byFingerReady }

    private let unlocks: Unlocks

    init(_ unlocks: Unlocks) { self.unlocks = unlocks }

    /// Called when the screen opens.
    public func begin() { (trouble, done) = (nil, false) }

    public func unlock(pin: String) async { await unlock { await unlocks.byPin(pin) } }

    public func unlockByFinger() async { await unlock { await unlocks.byFinger() } }

    private func unlock(_ how: @MainActor () async -> Advice?) async {
        if working { return }
        (working, trouble, done) = (true, nil, false)
        trouble = await how()
        (working, done) = (false, trouble == nil)
    }
}
