import Observation
import Szid

/// How the wallet of this phone is opened, and wiped where it no longer opens. Both read the disk and are not
/// called on the main actor.
public protocol Door: Sendable {
    /// Ends with an ``OpenError``.
    func open() throws -> Wallet
    /// Ends with a ``WipeError``.
    func wipeClosed() throws
}

/// The wallet of this process, opened once, and what is done with it.
@MainActor @Observable public final class Home {
    /// What stands before everything else.
    public enum State: Sendable {
        case opening
        /// The wallet does not open.
        case stopped(Advice, Wiping)
        /// Opened, and nobody enrolled yet.
        case empty(Opened)
        case enrolled(Opened)
    }

    /// Whether everything may be wiped where the wallet does not open.
    public enum Wiping: Equatable, Sendable {
        /// Nothing is lost.
        case no
        /// The phone has not given the key for so long that it may be for good.
        case last
        /// Trying again brings nothing back.
        case first
    }

    public private(set) var state = State.opening

    /// How often the phone did not give the wallet's key, one time after the other.
    @ObservationIgnored private var keyAway = 0
    /// A key that was away so often may be so for good.
    private static let awayForGood = 3

    private let door: any Door
    private let finger: any Finger
    /// The last of the tasks that open and wipe: one after the other, as a wallet's folder is opened once.
    @ObservationIgnored private var last: Task<Void, Never>?

    public init(door: any Door, finger: any Finger) { (self.door, self.finger) = (door, finger) }

    /// Opens the wallet unless it is open.
    public func start() async {
        await inTurn {
            if self.opened != nil { return }
            self.state = .opening
            await self.open()
        }
    }

    /// Looks again whether somebody is enrolled.
    public func look() async {
        await inTurn {
            if let opened = self.opened { self.state = await self.stage(of: opened) }
        }
    }

    /// Destroys everything on this phone, also where the wallet no longer opens, and begins anew.
    public func wipe() async { await inTurn { await self.wipeNow() } }

    /// Opens the wallet, and for whoever is enrolled fetches passes and hears what venues ask, until its task
    /// is cancelled. Run it while the app is in sight.
    public func inSight() async {
        await start()
        while !Task.isCancelled {
            var listening: Task<Void, Never>?
            if case .enrolled(let opened) = state {
                listening = Task {
                    async let cameInSight: Void = opened.comeInSight()
                    await opened.asked.listen()
                    await cameInSight
                }
            }
            await change { _ = state }
            listening?.cancel()
        }
    }

    /// Fetches passes for the coming days where it is time for them, while nobody looks.
    public func refresh() async {
        await start()
        if case .enrolled(let opened) = state { await opened.refresh() }
    }

    /// The app goes out of sight: what the holder showed counts no more.
    public func outOfSight() {
        if case .enrolled(let opened) = state { opened.unlocks.lock() }
    }

    /// The holder touched the screen.
    public func touched() {
        if case .enrolled(let opened) = state { opened.unlocks.active() }
    }

    /// The counter's QR code is a link of this app's: the phone's own camera opens it. An enrolled phone says
    /// that it takes none.
    public func take(link: String) async {
        await start()
        switch state {
        case .empty(let opened): opened.enrol.open(link: link)
        case .enrolled(let opened): opened.enrol.isTurnedDown = true
        case .opening, .stopped: break
        }
    }

    private var opened: Opened? {
        switch state {
        case .empty(let opened), .enrolled(let opened): opened
        case .opening, .stopped: nil
        }
    }

    private func open() async {
        do {
            let wallet = try await aside { [door] in try door.open() }
            keyAway = 0
            state = await stage(of: Opened(wallet, finger))
        } catch OpenError.KeyLost(let trouble), OpenError.Damaged(let trouble) {
            state = .stopped(trouble, .first)
        } catch OpenError.KeyUnavailable(let trouble) {
            keyAway += 1
            state = .stopped(trouble, keyAway >= Self.awayForGood ? .last : .no)
        } catch {
            state = .stopped(advice(of: error), .no)
        }
    }

    private func wipeNow() async {
        let wallet = opened?.wallet
        // Nobody looks at the wallet any more when it goes.
        state = .opening
        do {
            // What is left of a wallet that was wiped in part is wiped as one that is closed.
            try await aside { [door] in
                if let wallet { try wallet.wipe() } else { try door.wipeClosed() }
            }
        } catch {
            state = .stopped(advice(of: error), .first)
            return
        }
        await open()
    }

    private func stage(of opened: Opened) async -> State {
        do {
            let enrolled = try await aside { [wallet = opened.wallet] in try wallet.status().enrolled }
            return enrolled ? .enrolled(opened) : .empty(opened)
        } catch {
            return .stopped(advice(of: error), .no)
        }
    }

    private func inTurn(_ what: @escaping @MainActor () async -> Void) async {
        let before = last
        let now = Task {
            await before?.value
            await what()
        }
        last = now
        await now.value
    }
}
