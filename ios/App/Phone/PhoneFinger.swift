#if canImport(Security) && canImport(LocalAuthentication)
import Foundation
import IShenzhenModels
import LocalAuthentication
import Szid

/// The system's own sheet for finger or face, before a key of the Secure Enclave signs.
struct PhoneFinger: Finger {
    /// Why it is asked, in the language of the app.
    let reason: String

    func isThere() -> Bool { LAContext().canEvaluatePolicy(.deviceOwnerAuthenticationWithBiometrics, error: nil) }

    func sign(handle: String, message: Data) async throws(KeyPortError) -> Data {
        let reason = reason
        // It waits for the holder, on a thread that may.
        let signed: Result<Data, KeyPortError> = await withCheckedContinuation { continuation in
            DispatchQueue.global(qos: .userInitiated).async {
                continuation.resume(returning: Self.sign(handle, message, reason))
            }
        }
        return try signed.get()
    }

    private static func sign(_ handle: String, _ message: Data, _ reason: String) -> Result<Data, KeyPortError> {
        let context = LAContext()
        context.localizedReason = reason
        // The phone's number is no finger.
        context.localizedFallbackTitle = ""
        do {
            let key = try Keychain.find(PhoneKeys.name(handle), asking: context)
            return .success(try Keychain.sign(message, by: key))
        } catch let fault as KeychainFault {
            return .failure(fault.ofKey)
        } catch {
            return .failure(.Unavailable)
        }
    }
}
#endif
