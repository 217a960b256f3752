import Observation
import Szid

/// What a venue asks, and how far the answer is.
public struct Asked: Equatable, Sendable {
    public enum Step: Sendable { case asking, unlock, sending, approved, refused, reported, over }

    public let details: ConsentDetails
    public internal(set) var secondsLeft: Int
    public internal(set) var step = Step.asking
    /// What went wrong with the last try.
    public internal(set) var trouble: Advice?

    /// Whether the holder can answer.
    public var open: Bool { step == .asking || step == .unlock }
}

/// What venues ask the holder while the app is in sight. One question at a time.
@MainActor @Observable public final class AskedModel {
    public private(set) var state: Asked?

    public var byFingerReady: Bool { unlocks.byFingerReady }

    private let wallet: Wallet
    private let unlocks: Unlocks
    @ObservationIgnored private var request: ConsentRequest?

    init(_ wallet: Wallet, _ unlocks: Unlocks) { (self.wallet, self.unlocks) = (wallet, unlocks) }

    /// Listens until its task is cancelled. Run it while the app is in sight.
    public func listen() async {
        var wait = Self.shortest
        while !Task.isCancelled {
            // As long as a question stands, the service would answer with it at once.
            guard state == nil else {
                await change { _ = state }
                continue
            }
            do {
                let asked = try await wallet.consents(waitSeconds: Self.listenSeconds)
                // A call is not cancelled with its task: what comes too late is asked again.
                if let first = asked.first, !Task.isCancelled { ask(first) }
                wait = Self.shortest
            } catch {
                try? await Task.sleep(for: wait)
                wait = min(wait * 2, Self.longest)
            }
        }
    }

    /// Approves with what is unlocked now; asks for more where the scene does.
    public func approve() async {
        guard state?.open == true else { return }
        await sendApproval()
    }

    /// Unlocks by PIN, and approves.
    public func approve(pin: String) async { await approve { await unlocks.byPin(pin) } }

    /// Unlocks by finger or face, and approves.
    public func approveByFinger() async { await approve { await unlocks.byFinger() } }

    public func refuse() async {
        guard state?.open == true else { return }
        await answer(.refused) { [wallet] in try await wallet.refuse(request: $0) }
    }

    /// Refuses, and tells the city that the holder did not expect this.
    public func refuseAndReport() async {
        guard state?.open == true else { return }
        await answer(.reported) { [wallet] in try await wallet.refuseAndReport(request: $0) }
    }

    /// The holder has seen how it ended.
    public func close() { (request, state) = (nil, nil) }

    private func approve(unlocked: @MainActor () async -> Advice?) async {
        guard state?.open == true else { return }
        go(.sending)
        if let wrong = await unlocked() { go(.unlock, wrong) } else { await sendApproval() }
    }

    private func sendApproval() async {
        await answer(.approved) { [wallet, by = unlocks.now()] in try await wallet.approve(request: $0, unlocking: by) }
    }

    private func answer(_ then: Asked.Step, _ send: @MainActor (ConsentRequest) async throws -> Void) async {
        guard let request else { return }
        go(.sending)
        do {
            try await send(request)
            go(then)
        } catch ApproveError.UnlockNeeded {
            go(.unlock)
        } catch ApproveError.Over(let trouble) {
            go(.over, trouble)
        } catch {
            go(.asking, advice(of: error))
        }
    }

    private func ask(_ asked: ConsentRequest) {
        let details = asked.details()
        request = asked
        state = Asked(details: details, secondsLeft: Int(details.waitSeconds))
        Task {
            while state?.details.id == details.id, let left = state?.secondsLeft, left > 0 {
                try? await Task.sleep(for: .seconds(1))
                if state?.details.id == details.id { state?.secondsLeft = left - 1 }
            }
            if state?.details.id == details.id, state?.open == true { go(.over) }
        }
    }

    /// A question whose time is over is not put again.
    private func go(_ step: Asked.Step, _ trouble: Advice? = nil) {
        guard var next = state else { return }
        (next.step, next.trouble) = (step, trouble)
        if next.open, next.secondsLeft <= 0 { next.step = .over }
        state = next
    }

    private static let listenSeconds: UInt64 = 20
    private static let shortest = Duration.seconds(2), longest = Duration.seconds(5)
}
