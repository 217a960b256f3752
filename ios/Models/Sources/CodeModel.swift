import Observation
import Szid

/// Codes for as long as somebody looks at them; for any scanner, or for the one whose venue code the holder
/// scanned.
@MainActor @Observable public final class CodeModel {
    /// What the screen of the code shows.
    public enum State: Equatable, Sendable {
        case drawing
        case shown(Shown)
        /// No code can be drawn.
        case stopped(Advice)
    }

    /// A code, and what is said beside it.
    public struct Shown: Equatable, Sendable {
        public let code: CitizenCode
        public let secondsLeft: Int
        /// The end of the last day for which the phone has a pass, Unix seconds.
        public let until: UInt64?
        /// How many days have a pass, today counted, where these end so soon that the phone should go online.
        public let fewDays: Int?
        /// Who it is, where the holder chose to see it; it is not in the code.
        public let holder: Holder?
        /// What was last heard of account and phone, where the service said that codes of this phone are
        /// refused.
        public let refused: LastKnown?
        /// Whether it says that the holder has just shown who they are, and not only opened the app.
        public let unlocked: Bool
    }

    /// The holder's masked name, and the identity level of today's pass.
    public struct Holder: Equatable, Sendable {
        public let maskedName: String
        public let level: Int?
    }

    public private(set) var state = State.drawing
    /// Goes up each time the holder wants it tried again.
    private var tries = 0
    /// Whether passes were asked for since the last code.
    @ObservationIgnored private var refreshed = false
    /// Whether the drawing has larger modules, which a scanner that reads nothing may read.
    public var easier = false

    private let wallet: Wallet
    private let unlocks: Unlocks
    private let challenge: VenueChallenge?

    init(_ wallet: Wallet, _ unlocks: Unlocks, for challenge: VenueChallenge? = nil) {
        (self.wallet, self.unlocks, self.challenge) = (wallet, unlocks, challenge)
    }

    /// Draws codes until its task is cancelled. Run it while the code is on the screen: each code costs a
    /// signature.
    public func show() async {
        while !Task.isCancelled {
            let options = CodeOptions(challenge: challenge, damage: easier ? .low : nil)
            let drawing = Task { while await drew(options) {} }
            await change { _ = (easier, unlocks.times, tries) }
            drawing.cancel()
        }
    }

    /// Tries again to draw, where nothing could be drawn.
    public func tryAgain() {
        // What was tried again is seen to be tried.
        if case .stopped = state { state = .drawing }
        refreshed = false
        tries += 1
    }

    /// Draws until something ends it; false where it is of no use to go on.
    private func drew(_ options: CodeOptions) async -> Bool {
        do {
            try await draw(options)
        } catch PresentError.Locked {
            // The unlocking is over: on with what an open app gives.
            return !Task.isCancelled
        } catch let failed as PresentError {
            say(.stopped(failed.advice()))
            switch failed {
            case .NoPass, .KeyInvalidated: return await refresh()
            default: return false
            }
        } catch is CancellationError {
            return false
        } catch {
            say(.stopped(advice(of: error)))
        }
        return false
    }

    private func draw(_ options: CodeOptions) async throws {
        let unlocking = unlocks.now()
        let unlocked = unlocking.tier() > Self.appOpen
        var counting: Task<Void, Never>?
        defer { counting?.cancel() }
        for try await code in wallet.codes(unlocking: unlocking, options: options) {
            let status = try await aside { [wallet] in try wallet.status() }
            counting?.cancel()
            refreshed = false
            counting = Task {
                for await left in code.countdown() { say(.shown(Shown(code, left, status, unlocked))) }
            }
            // Whoever is cancelled here would leave the count running.
            try Task.checkCancellation()
        }
    }

    /// Once between two codes. What it brought does not tell whether to go on: another part of the app may
    /// have received the passes a moment before.
    private func refresh() async -> Bool {
        if refreshed { return false }
        do {
            _ = try await wallet.refresh()
            refreshed = true
            return !Task.isCancelled
        } catch SyncError.Unreachable {
            // That a connection is wanted is said already.
            return false
        } catch {
            say(.stopped(advice(of: error)))
            return false
        }
    }

    /// What a drawing says that is over is of no interest.
    private func say(_ next: State) {
        if !Task.isCancelled { state = next }
    }

    /// The tier of an app that is open.
    private static let appOpen: UInt8 = 1
}

extension CodeModel.Shown {
    fileprivate init(_ code: CitizenCode, _ left: Int, _ status: WalletStatus, _ unlocked: Bool) {
        let refused = status.lastKnown.flatMap { [.frozen, .deviceEnded, .revoked].contains($0.standing) ? $0 : nil }
        let holder = status.maskedName.map { CodeModel.Holder(maskedName: $0, level: status.identityLevel.map(Int.init)) }
        self.init(
            code: code, secondsLeft: left, until: status.days.last, fewDays: status.endsSoon ? Int(status.passesLeft) : nil,
            holder: holder, refused: refused, unlocked: unlocked)
    }
}
