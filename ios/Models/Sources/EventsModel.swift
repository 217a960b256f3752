import Observation
import Szid

/// What happened to the account and its phones, as far as it was read.
@MainActor @Observable public final class EventsModel {
    /// The newest first.
    public private(set) var list: [AccountEvent] = []
    /// How many the holder has not seen yet.
    public private(set) var unseen = 0
    public private(set) var loading = false
    /// Whether there may be older ones.
    public private(set) var more = false
    public private(set) var trouble: Advice?

    private let wallet: Wallet

    init(_ wallet: Wallet) { self.wallet = wallet }

    /// Asks whether there is something new; without a connection nothing changes.
    func look() async {
        if let account = try? await wallet.account() { unseen = Int(account.unseenEvents) }
    }

    /// Reads the newest, which count as seen from then on.
    public func load() async { await read(before: nil) }

    /// Reads what came before the last one shown.
    public func loadMore() async { await read(before: list.last?.id) }

    private func read(before: String?) async {
        if loading { return }
        (loading, trouble) = (true, nil)
        defer { loading = false }
        do {
            let page = try await wallet.events(before: before)
            list = before == nil ? page : list + page
            (more, unseen) = (!page.isEmpty, 0)
        } catch {
            trouble = advice(of: error)
        }
    }
}
