#if canImport(LocalAuthentication)
import Foundation
import LocalAuthentication
import Szid

/// Asks for the phone's screen lock. iOS offers finger or face first, and its number where they fail.
final class PhonePrompt: HolderPrompt {
    /// Why it is asked, in the language of the app.
    private let reason: String
    private static let longest = 120.0

    init(reason: String) { self.reason = reason }

    func confirmScreenLock() throws -> Bool {
        let context = LAContext()
        // Also where it was opened a moment ago.
        context.touchIDAuthenticationAllowableReuseDuration = 0
        let answer = Answer()
        context.evaluatePolicy(.deviceOwnerAuthentication, localizedReason: reason) { yes, fault in
            answer.give(yes, fault)
        }
        guard answer.waited(Self.longest) else {
            context.invalidate()
            throw PromptPortError.Unavailable
        }
        return try answer.taken()
    }
}

/// What the system's sheet said.
private final class Answer: @unchecked Sendable {
    private let done = DispatchSemaphore(value: 0)
    private let lock = NSLock()
    private var yes = false
    private var fault: (any Error)?

    func give(_ yes: Bool, _ fault: (any Error)?) {
        lock.withLock { (self.yes, self.fault) = (yes, fault) }
        done.signal()
    }

    func waited(_ seconds: TimeInterval) -> Bool { done.wait(timeout: .now() + seconds) == .success }

    func taken() throws -> Bool {
        let (yes, fault) = lock.withLock { (self.yes, self.fault) }
        if yes { return true }
        switch (fault as? LAError)?.code {
        case .passcodeNotSet: throw PromptPortError.NotSetUp
        case .userCancel, .authenticationFailed: throw PromptPortError.NotAllowed
        default: throw PromptPortError.Unavailable
        }
    }
}
#endif
