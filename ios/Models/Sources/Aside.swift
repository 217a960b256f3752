import Dispatch

/// Does what waits, for the disk, the key store or a PIN's arithmetic, on a thread that may wait: neither the
/// one that draws nor one of the few that run all tasks.
func aside<T: Sendable, Failure: Error>(
    _ work: @escaping @Sendable () throws(Failure) -> T
) async throws(Failure) -> T {
    let done: Result<T, Failure> = await withCheckedContinuation { continuation in
        DispatchQueue.global(qos: .userInitiated).async { continuation.resume(returning: Result(catching: work)) }
    }
    return try done.get()
}
