/// Codes to show, one after the other: a new one each time that the one before is to be redrawn.
///
/// They state the tier of the unlocking. Iterate while the screen shows the code, and no longer: each code
/// asks the key store for a signature. Ends with the ``PresentError`` of the code that could not be drawn,
/// `Locked` once the unlocking is over, or when the task is cancelled. Codes are drawn off the main actor.
public struct CitizenCodes: AsyncSequence, Sendable {
    public typealias Element = CitizenCode

    let wallet: Wallet
    let unlocking: Unlocking
    let options: CodeOptions?

    public func makeAsyncIterator() -> Iterator { Iterator(codes: self) }

    public struct Iterator: AsyncIteratorProtocol {
        let codes: CitizenCodes
        /// Seconds from the code before to the next one; nil before the first.
        private var wait: UInt32?

        init(codes: CitizenCodes) { self.codes = codes }

        public mutating func next() async throws -> CitizenCode? {
            if let wait { try await Task.sleep(for: .seconds(Int(wait))) }
            try Task.checkCancellation()
            let code = try codes.wallet.code(unlocking: codes.unlocking, options: codes.options)
            wait = UInt32(code.redrawIn)
            return code
        }
    }
}

extension Wallet {
    /// Codes to show from now on, by default with the tier of an open app.
    public func codes(unlocking: Unlocking? = nil, options: CodeOptions? = nil) -> CitizenCodes {
        CitizenCodes(wallet: self, unlocking: unlocking ?? appOpened(), options: options)
    }
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
