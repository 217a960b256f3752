import Foundation
import Szid

/// The system's own sheet that asks for finger or face.
public protocol Finger: Sendable {
    /// Whether the phone can ask for one that is good enough to guard a key. May wait: it is not called on
    /// the main actor.
    func isThere() -> Bool

    /// Has this key of the wallet's sign once the holder has shown one. The signature is ES256, r and s or
    /// DER.
    func sign(handle: String, message: Data) async throws(KeyPortError) -> Data
}
