#if canImport(SwiftUI)
import SwiftUI
import Szid

#if canImport(UIKit)
import UIKit
#endif

extension View {
    /// Brightness up and the screen awake, for as long as this is shown; as it was before, afterwards.
    func bright(_ hints: DisplayHints) -> some View { modifier(Bright(hints: hints)) }
}

private struct Bright: ViewModifier {
    let hints: DisplayHints
    @State private var before: CGFloat?
    @State private var isThere = false
    @Environment(\.scenePhase) private var phase

    func body(content: Content) -> some View {
        content
            .onAppear { isThere = true }
            .onDisappear { isThere = false }
            // Going to another app is no disappearing, and a tab that is not looked at lives on.
            .onChange(of: isThere && phase == .active, initial: true) {
                if isThere, phase == .active { begin() } else { end() }
            }
    }

    #if canImport(UIKit)
    private func begin() {
        if hints.fullBrightness, before == nil {
            before = UIScreen.main.brightness
            UIScreen.main.brightness = 1
        }
        if hints.keepAwake { UIApplication.shared.isIdleTimerDisabled = true }
    }

    private func end() {
        if let before { UIScreen.main.brightness = before }
        before = nil
        UIApplication.shared.isIdleTimerDisabled = false
    }
    #else
    private func begin() {}
    private func end() {}
    #endif
}
#endif
