import Observation
import Szid

/// What the holder has done to unlock, for as long as the wallet lets it count.
@MainActor @Observable public final class Unlocks {
    /// Goes up with each unlocking by the holder: a code that was drawn before says less.
    public private(set) var times = 0
    /// Whether finger or face unlock on this phone, as of the last ``look()``.
    public private(set) var byFingerReady = false

    private let wallet: Wallet
    private let finger: any Finger
    @ObservationIgnored private var current: Unlocking?

    init(_ wallet: Wallet, _ finger: any Finger) { (self.wallet, self.finger) = (wallet, finger) }

    /// Looks whether finger or face are set up, here and on the phone.
    public func look() async {
        byFingerReady = await aside { [wallet, finger] in
            // Where the wallet cannot tell, the PIN is asked for.
            finger.isThere() && (try? wallet.hasBiometric()) == true
        }
    }

    /// Whether the phone can ask for finger or face.
    public func hasFinger() async -> Bool { await aside { [finger] in finger.isThere() } }

    /// The last unlocking while it lasts, else that the app is open. Reads a clock and waits for nothing.
    public func now() -> Unlocking {
        if let current, wallet.unlockedFor(unlocking: current) > 0 { return current }
        let opened = wallet.appOpened()
        current = opened
        return opened
    }

    /// Unlocks by PIN; takes up to a second. What went wrong, or nothing.
    public func byPin(_ pin: String) async -> Advice? {
        do {
            took(try await aside { [wallet] in try wallet.unlockWithPin(pin: pin) })
            return nil
        } catch {
            return advice(of: error)
        }
    }

    /// Unlocks by finger or face. What went wrong, or nothing.
    public func byFinger() async -> Advice? {
        do {
            let pending = try await aside { [wallet] in try wallet.beginBiometric() }
            do {
                let signature = try await finger.sign(handle: pending.keyHandle(), message: pending.message())
                took(try await aside { try pending.finish(signature: signature) })
                return nil
            } catch let fault as KeyPortError {
                let said = await aside { pending.fail(fault: fault) }
                // A key that is lost unlocks no more.
                await look()
                return said
            }
        } catch {
            return advice(of: error)
        }
    }

    /// Lets finger or face unlock from now on, after an unlocking by the holder. What went wrong, or nothing.
    public func setUpFinger() async -> Advice? {
        await changed { [wallet, by = now()] in try wallet.enableBiometric(by: by) }
    }

    /// Has finger and face unlock no more. What went wrong, or nothing.
    public func dropFinger() async -> Advice? { await changed { [wallet] in try wallet.disableBiometric() } }

    /// The holder touched the screen.
    public func active() {
        guard let current else { return }
        // An unlocking that is over stays over.
        do { try wallet.holderIsActive(unlocking: current) } catch { self.current = nil }
    }

    /// The app goes out of sight.
    public func lock() {
        wallet.lock()
        current = nil
    }

    private func took(_ unlocking: Unlocking) {
        current = unlocking
        times += 1
    }

    private func changed(_ setUp: @escaping @Sendable () throws -> Void) async -> Advice? {
        do {
            try await aside(setUp)
            await look()
            return nil
        } catch {
            return advice(of: error)
        }
    }
}
