/// Codes to show, one after the other: a new one each time that the one before is to be redrawn.
///
/// Iterate while the screen shows the code, and no longer: each code asks the key store for a signature. Ends with the
/// error of the code that could not be drawn, or when the task is cancelled. Codes are drawn off the main actor.
public struct CitizenCodes: AsyncSequence, Sendable {
    public typealias Element = CitizenCode

    let wallet: Wallet

    public func makeAsyncIterator() -> Iterator { Iterator(wallet: wallet) }

    public struct Iterator: AsyncIteratorProtocol {
        let wallet: Wallet
        /// Seconds from the code before to the next one; nil before the first.
        private var wait: UInt32?

        init(wallet: Wallet) { self.wallet = wallet }

        public mutating func next() async throws -> CitizenCode? {
            if let wait { try await Task.sleep(for: .seconds(Int(wait))) }
            try Task.checkCancellation()
            let code = try wallet.code()
            wait = UInt32(code.redrawIn)
            return code
        }
    }
}

extension Wallet {
    /// Codes to show from now on.
    public func codes() -> CitizenCodes { CitizenCodes(wallet: self) }
}

extension CitizenCode {
    /// The seconds that venues take this code for, counted down from now to 0.
    public func countdown() -> AsyncStream<Int> {
        let seconds = Int(secondsLeft)
        return AsyncStream { continuation in
            let count = Task {
                for left in stride(from: seconds, through: 0, by: -1) {
                    continuation.yield(left)
                    if left > 0 { try await Task.sleep(for: .seconds(1)) }
                }
                continuation.finish()
            }
            continuation.onTermination = { _ in count.cancel() }
        }
    }
}
