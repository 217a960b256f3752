#if canImport(SwiftUI)
import SwiftUI

#if canImport(UIKit)
import UIKit
#endif

/// iOS chooses an app's language in its own settings, and starts the app anew: it is said where, and they are
/// opened.
struct LanguageView: View {
    @Environment(\.openURL) private var openURL

    var body: some View {
        Page(title: words("language_title")) {
            Text(words("language_in_settings"))
            if let settings = Self.settings {
                Big(text: words("open_settings")) { openURL(settings) }
            }
        }
    }

    static var canOpenSettings: Bool { settings != nil }

    #if canImport(UIKit)
    private static var settings: URL? { URL(string: UIApplication.openSettingsURLString) }
    #else
    private static let settings: URL? = nil
    #endif
}
#endif
