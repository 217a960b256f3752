import Observation
import Szid

/// New phones that counters ask for in the holder's name.
@MainActor @Observable public final class NewPhonesModel {
    public private(set) var asked: [EnrolmentQuestion] = []
    /// The one that is approved once the holder has unlocked.
    public private(set) var approving: EnrolmentQuestion?
    public private(set) var working = false
    public private(set) var trouble: Advice?

    public var byFingerReady: Bool { unlocks.byFingerReady }

    private let wallet: Wallet
    private let unlocks: Unlocks

    init(_ wallet: Wallet, _ unlocks: Unlocks) { (self.wallet, self.unlocks) = (wallet, unlocks) }

    /// Asks whether a counter asks; without a connection nothing changes.
    func look() async {
        if let asked = try? await wallet.enrolmentQuestions() { self.asked = asked }
    }

    /// Asks for the PIN, or finger or face, that approves; nil where the holder thinks again.
    public func choose(_ question: EnrolmentQuestion?) { (approving, trouble) = (question, nil) }

    /// Unlocks by PIN, and approves the one that was chosen.
    public func approve(pin: String) async { await approve { await unlocks.byPin(pin) } }

    /// Unlocks by finger or face, and approves the one that was chosen.
    public func approveByFinger() async { await approve { await unlocks.byFinger() } }

    /// Nobody gets a phone in the holder's name; an approval that was given is taken back.
    public func refuse(_ question: EnrolmentQuestion) async {
        await attempt { try await wallet.refuseEnrolment(question: question) }
    }

    private func approve(unlocked: @MainActor () async -> Advice?) async {
        guard let question = approving else { return }
        await attempt {
            if let wrong = await unlocked() {
                trouble = wrong
                return
            }
            try await wallet.approveEnrolment(question: question, unlocking: unlocks.now())
            approving = nil
        }
    }

    private func attempt(_ what: @MainActor () async throws -> Void) async {
        if working { return }
        (working, trouble) = (true, nil)
        defer { working = false }
        do {
            try await what()
            asked = try await wallet.enrolmentQuestions()
        } catch {
            trouble = advice(of: error)
        }
    }
}
