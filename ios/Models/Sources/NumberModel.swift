import Observation
import Szid

/// A number to say aloud where nothing can be scanned. It needs the service, unlike a code.
@MainActor @Observable public final class NumberModel {
    /// What the screen of the short number shows.
    public enum State: Equatable, Sendable {
        case asking
        /// A number, in groups of three, good once.
        case given(grouped: String, secondsLeft: Int)
        /// Its time is over.
        case over
        /// None was given.
        case stopped(Advice)
    }

    public private(set) var state = State.asking

    private let wallet: Wallet
    private let unlocks: Unlocks

    init(_ wallet: Wallet, _ unlocks: Unlocks) { (self.wallet, self.unlocks) = (wallet, unlocks) }

    /// Gets one and counts its seconds, until they are over or its task is cancelled. The number before ends.
    public func show() async {
        state = .asking
        do {
            let given = try await wallet.shortNumber(unlocking: unlocks.now())
            for left in stride(from: Int(given.expiresIn), to: 0, by: -1) {
                try Task.checkCancellation()
                state = .given(grouped: given.grouped, secondsLeft: left)
                try await Task.sleep(for: .seconds(1))
            }
            state = .over
        } catch is CancellationError {
            // Nobody looks any more.
        } catch {
            if !Task.isCancelled { state = .stopped(advice(of: error)) }
        }
    }
}
