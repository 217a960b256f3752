import Observation

/// Waits until something of a model that `look` reads changes, or the task is cancelled.
@MainActor func change(of look: () -> Void) async {
    let (changes, change) = AsyncStream.makeStream(of: Void.self)
    withObservationTracking(look) { change.finish() }
    for await _ in changes {}
}
