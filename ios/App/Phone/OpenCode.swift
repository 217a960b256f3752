#if canImport(AppIntents)
import AppIntents

/// Opens the app at the code, from Shortcuts, Siri, Spotlight or the Action button. It gives nothing away
/// itself.
struct OpenCode: AppIntent {
    static let title: LocalizedStringResource = "open_code"
    static let openAppWhenRun = true
    /// The phone has to be unlocked, as for the app.
    static let authenticationPolicy = IntentAuthenticationPolicy.requiresLocalDeviceAuthentication

    @MainActor func perform() async throws -> some IntentResult {
        Wish.shared.code()
        return .result()
    }
}

/// What the holder finds without setting anything up; the phrases in other languages are in
/// AppShortcuts.strings.
struct Offered: AppShortcutsProvider {
    static var appShortcuts: [AppShortcut] {
        AppShortcut(
            intent: OpenCode(), phrases: ["Show my code in \(.applicationName)"], shortTitle: "open_code",
            systemImageName: "qrcode")
    }
}
#endif
