extension Wallet {
    /// Enrols, and tells how far it is, each state once; the last one is `done`. Ends with the ``EnrolError``
    /// that ended the enrolment. Whoever stops iterating leaves it to go on unseen. Whose app is ended, or
    /// whose enrolment fails, repeats it with the same offer: it goes on where it stopped.
    public func enrolling(offer: String, txCode: String) -> AsyncThrowingStream<EnrolProgress, Error> {
        AsyncThrowingStream { continuation in
            let watch = EnrolmentWatch()
            let looking = Task {
                var last: EnrolProgress?
                while true {
                    let now = watch.progress()
                    if now != last { continuation.yield(now) }
                    last = now
                    if Task.isCancelled || now.step == .done { return }
                    try? await Task.sleep(for: .milliseconds(100))
                }
            }
            Task {
                do {
                    _ = try await self.enrol(offer: offer, txCode: txCode, watch: watch)
                    looking.cancel()
                    await looking.value
                    continuation.finish()
                } catch {
                    looking.cancel()
                    await looking.value
                    continuation.finish(throwing: error)
                }
            }
            // The call itself is not ended with its task.
            continuation.onTermination = { _ in looking.cancel() }
        }
    }
}
