import Szid

/// An error that says what the holder does about it.
protocol Advised: Error {
    func advice() -> Advice
}

extension ApproveError: Advised {}
extension EnrolError: Advised {}
extension OpenError: Advised {}
extension PresentError: Advised {}
extension SyncError: Advised {}
extension UnlockError: Advised {}
extension UnlockSetupError: Advised {}
extension VenueCodeError: Advised {}
extension VisitError: Advised {}
extension WipeError: Advised {}

/// What the holder is told of a call that failed. The wallet's calls end with errors of the wallet's and no
/// others.
func advice(of failed: any Error) -> Advice {
    guard let advised = failed as? any Advised else { fatalError("no error of the wallet's: \(type(of: failed))") }
    return advised.advice()
}
