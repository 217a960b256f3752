import Observation
import Szid

/// Who used the holder's identity, as far as it was read.
@MainActor @Observable public final class UsesModel {
    /// Which of them are looked at.
    public enum Wanted: CaseIterable, Identifiable, Sendable {
        case all, given, refused, notices
        public var id: Self { self }
    }

    /// The newest first.
    public private(set) var list: [IdentityUse] = []
    public var wanted = Wanted.all
    public private(set) var loading = false
    /// Whether there may be older ones.
    public private(set) var more = false
    public private(set) var trouble: Advice?
    /// What the city signed of the use that was asked about last.
    private var receipt: SignedReceipt?
    /// Of which use there is none, or which is not reported, and why.
    private var troubleOfOne: (receipt: String, why: Advice)?

    /// Those of the list that are looked at.
    public var shown: [IdentityUse] {
        switch wanted {
        case .all: list
        case .given: list.filter { !$0.claims.isEmpty }
        case .refused: list.filter { !Self.isAccepted($0) }
        case .notices: list.filter(\.notice)
        }
    }

    /// Whether the venue let the holder pass.
    public nonisolated static func isAccepted(_ use: IdentityUse) -> Bool { use.reason == "OK" || use.reason == "OK_AGAIN" }

    private let wallet: Wallet

    init(_ wallet: Wallet) { self.wallet = wallet }

    /// Reads the newest.
    public func load() async { await read(before: nil) }

    /// Reads what came before the last one shown.
    public func loadMore() async { await read(before: list.last?.receipt) }

    /// What the city signed of this use: an answer that comes late belongs to another one.
    public func receipt(of use: IdentityUse) -> SignedReceipt? { receipt?.id == use.receipt ? receipt : nil }

    /// What went wrong with this use.
    public func trouble(of use: IdentityUse) -> Advice? { troubleOfOne?.receipt == use.receipt ? troubleOfOne?.why : nil }

    /// Another use is looked at, or none.
    public func leaveReceipt() { (receipt, troubleOfOne) = (nil, nil) }

    /// Fetches what the city signed of a use.
    public func fetchReceipt(of use: IdentityUse) async {
        do {
            receipt = try await wallet.receipt(id: use.receipt)
            troubleOfOne = nil
        } catch {
            troubleOfOne = (use.receipt, advice(of: error))
        }
    }

    /// Tells the city that this was not the holder, or not expected.
    public func report(_ use: IdentityUse) async {
        do {
            try await wallet.reportUse(receipt: use.receipt)
            troubleOfOne = nil
            if let at = list.firstIndex(where: { $0.receipt == use.receipt }) { list[at].reported = true }
        } catch {
            troubleOfOne = (use.receipt, advice(of: error))
        }
    }

    private func read(before: String?) async {
        if loading { return }
        (loading, trouble) = (true, nil)
        defer { loading = false }
        do {
            let page = try await wallet.uses(before: before)
            list = before == nil ? page : list + page
            more = !page.isEmpty
        } catch {
            trouble = advice(of: error)
        }
    }
}
