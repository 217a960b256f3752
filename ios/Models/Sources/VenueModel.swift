import Foundation
import Observation
import Szid

/// How far a visit is whose code the holder scanned.
public struct Visiting: Equatable, Sendable {
    public enum Step: Sendable { case read, asking, shown, unlock, sending, done }

    public internal(set) var step = Step.read
    public internal(set) var details: VenueRequestDetails?
    /// What a code for this desk answers, where the venue's code changes.
    public internal(set) var challenge: VenueChallenge?
    /// What it came to.
    public internal(set) var visit: Visit?
    public internal(set) var trouble: Advice?
}

/// The way where the phone scans first: a venue's code, what it asks for, and the holder's word.
@MainActor @Observable public final class VenueModel {
    public private(set) var state = Visiting()

    public var byFingerReady: Bool { unlocks.byFingerReady }

    private let wallet: Wallet
    private let unlocks: Unlocks
    @ObservationIgnored private var request: VenueRequest?

    init(_ wallet: Wallet, _ unlocks: Unlocks) { (self.wallet, self.unlocks) = (wallet, unlocks) }

    /// Asks the service what this code asks for. The venue learns nothing of it.
    public func take(_ text: String) async {
        state = Visiting(step: .asking)
        do {
            let code = text.trimmingCharacters(in: .whitespacesAndNewlines)
            let challenge = try await aside { [wallet] in try wallet.readVenueCode(text: code).challenge }
            let asked = try await wallet.askVenue(text: code)
            request = asked
            state = Visiting(step: .shown, details: asked.details(), challenge: challenge)
        } catch {
            state = Visiting(trouble: advice(of: error))
        }
    }

    /// Confirms with what is unlocked now; asks for more where the scene does.
    public func confirm() async {
        guard state.step == .shown || state.step == .unlock else { return }
        await send()
    }

    /// Unlocks by PIN, and confirms.
    public func confirm(pin: String) async { await confirm { await unlocks.byPin(pin) } }

    /// Unlocks by finger or face, and confirms.
    public func confirmByFinger() async { await confirm { await unlocks.byFinger() } }

    /// Codes that answer this desk alone, for a scanner that waits for one.
    public func codes() -> CodeModel? { state.challenge.map { CodeModel(wallet, unlocks, for: $0) } }

    /// Back to reading a code.
    public func again() { (request, state) = (nil, Visiting()) }

    private func confirm(unlocked: @MainActor () async -> Advice?) async {
        guard state.step == .shown || state.step == .unlock else { return }
        go(.sending)
        if let wrong = await unlocked() { go(.unlock, wrong) } else { await send() }
    }

    private func send() async {
        guard let request else { return }
        go(.sending)
        do {
            state.visit = try await wallet.confirmVisit(request: request, unlocking: unlocks.now())
            go(.done)
        } catch VisitError.UnlockNeeded {
            go(.unlock)
        } catch {
            go(.shown, advice(of: error))
        }
    }

    private func go(_ step: Visiting.Step, _ trouble: Advice? = nil) {
        (state.step, state.trouble) = (step, trouble)
    }
}
