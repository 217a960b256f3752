#if canImport(SwiftUI)
import Observation

/// What whoever opened the app by a shortcut wants to see: the code.
@MainActor @Observable final class Wish {
    static let shared = Wish()
    /// Goes up with each time that the code is wanted.
    private(set) var times = 0

    func code() { times += 1 }
}
#endif
