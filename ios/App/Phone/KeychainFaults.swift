#if canImport(Security) && canImport(LocalAuthentication)
import Foundation
import LocalAuthentication
import Security
import Szid

/// What a fault of the keychain's means for the wallet: the rows of docs/mobile/ports.md. What is in no row
/// costs nothing and is tried again.
struct KeychainFault: Error {
    private let domain: String
    private let code: Int

    init(status: OSStatus) { (domain, code) = (NSOSStatusErrorDomain, Int(status)) }

    /// Of a call that left an error behind, or none.
    init(_ fault: Unmanaged<CFError>?) {
        guard let fault = fault?.takeRetainedValue() else {
            self.init(status: errSecInternalError)
            return
        }
        (domain, code) = (CFErrorGetDomain(fault) as String, CFErrorGetCode(fault))
    }

    var ofKey: KeyPortError {
        if isStatus(errSecItemNotFound) { return .Lost }
        let refused: [LAError.Code] = [.userCancel, .authenticationFailed, .userFallback]
        let isRefused = isStatus(errSecUserCanceled) || isStatus(errSecAuthFailed) || refused.contains(where: isLocal)
        return isRefused ? .NotAllowed : .Unavailable
    }

    var ofSealing: SealingPortError {
        if isStatus(errSecItemNotFound) { return .Lost }
        return isStatus(errSecDecode) || isStatus(errSecParam) ? .Rejected : .Unavailable
    }

    private func isStatus(_ status: OSStatus) -> Bool { domain == NSOSStatusErrorDomain && code == Int(status) }

    private func isLocal(_ fault: LAError.Code) -> Bool { domain == LAError.errorDomain && code == fault.rawValue }
}
#endif
