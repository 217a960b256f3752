import Observation
import Szid

/// Finger or face in place of the PIN: turned on with the PIN, and off.
@MainActor @Observable public final class FingerModel {
    /// Whether the phone can ask; not known before it was looked at.
    public private(set) var isThere: Bool?
    public private(set) var isSet = false
    public private(set) var working = false
    public private(set) var trouble: Advice?

    private let unlocks: Unlocks

    init(_ unlocks: Unlocks) { self.unlocks = unlocks }

    /// Looks how it stands; called when the screen opens.
    public func begin() async {
        await unlocks.look()
        await stands(nil)
    }

    public func turnOn(pin: String) async {
        await change {
            if let wrong = await unlocks.byPin(pin) { return wrong }
            return await unlocks.setUpFinger()
        }
    }

    public func turnOff() async { await change { await unlocks.dropFinger() } }

    private func change(_ how: @MainActor () async -> Advice?) async {
        if working { return }
        (working, trouble) = (true, nil)
        await stands(how())
        working = false
    }

    private func stands(_ trouble: Advice?) async {
        isThere = await unlocks.hasFinger()
        (isSet, self.trouble) = (unlocks.byFingerReady, trouble)
    }
}
