import Foundation
import Observation
import Szid

/// From the counter's offer to the first passes. Offer and transaction code are kept in memory alone.
@MainActor @Observable public final class EnrolModel {
    /// Where an enrolment stands.
    public enum State: Equatable, Sendable {
        /// The offer is wanted; with what was wrong with the one before.
        case offer(trouble: Advice? = nil)
        /// The transaction code of the offer is wanted.
        case txCode(trouble: Advice? = nil)
        /// Keys are made and passes fetched.
        case working(EnrolProgress? = nil)
        /// It stopped; the same offer and code go on where it stopped.
        case stopped(Advice)
        case done
    }

    public private(set) var state = State.offer()

    /// Whether an offer was opened that is not taken: the phone is enrolled, or another offer is under way.
    public var isTurnedDown = false

    private let wallet: Wallet
    @ObservationIgnored private var offer = ""
    @ObservationIgnored private var code = ""

    init(_ wallet: Wallet) { self.wallet = wallet }

    /// Takes an offer that was opened as a link, by whoever: not in place of one that is under way.
    public func open(link: String) {
        if case .offer = state { take(link) } else { isTurnedDown = true }
    }

    /// Takes an offer that was scanned or pasted.
    public func take(_ text: String) {
        if isWorking { return }
        offer = String(text.trimmingCharacters(in: .whitespacesAndNewlines).prefix(Self.longest))
        state = .txCode()
    }

    /// Back to another offer.
    public func again() { state = .offer() }

    /// Enrols with the transaction code that the counter says.
    public func enrol(txCode: String) async {
        if isWorking { return }
        code = txCode.trimmingCharacters(in: .whitespacesAndNewlines)
        await goOn()
    }

    /// Goes on with the same offer and code. It goes to its end, also where nobody waits for it any more.
    public func goOn() async {
        if isWorking { return }
        state = .working()
        await Task { state = await end() }.value
    }

    /// How the enrolment ends.
    private func end() async -> State {
        do {
            for try await now in wallet.enrolling(offer: offer, txCode: code) { state = .working(now) }
            forget()
            return .done
        } catch EnrolError.CodeWrong(let trouble) {
            return .txCode(trouble: trouble)
        } catch EnrolError.OfferUnreadable(let trouble), EnrolError.OfferOver(let trouble, _) {
            forget()
            return .offer(trouble: trouble)
        } catch {
            return .stopped(advice(of: error))
        }
    }

    private var isWorking: Bool {
        if case .working = state { true } else { false }
    }

    /// Longer than any offer, characters.
    private static let longest = 4_096

    private func forget() { (offer, code) = ("", "") }
}
