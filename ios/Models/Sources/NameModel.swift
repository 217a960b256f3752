import Observation
import Szid

/// Whether the masked name and the level stand beside the code.
@MainActor @Observable public final class NameModel {
    /// Nothing as long as nobody looked.
    public private(set) var isOn: Bool?
    public private(set) var working = false
    public private(set) var trouble: Advice?

    private let wallet: Wallet

    init(_ wallet: Wallet) { self.wallet = wallet }

    /// Called when the screen opens.
    public func begin() async {
        trouble = nil
        await look()
    }

    /// To show it, the service is asked for it once.
    public func show(_ on: Bool) async {
        if working { return }
        (working, trouble) = (true, nil)
        defer { working = false }
        do {
            try await wallet.showName(on: on)
            await look()
        } catch {
            trouble = advice(of: error)
        }
    }

    private func look() async {
        do {
            isOn = try await aside { [wallet] in try wallet.status().maskedName != nil }
        } catch {
            trouble = advice(of: error)
        }
    }
}
