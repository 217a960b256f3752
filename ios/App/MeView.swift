#if canImport(SwiftUI)
import IShenzhenModels
import SwiftUI

/// 我的: what is set once, and what is hoped never to be needed.
struct MeView: View {
    let opened: Opened
    let home: Home
    @AppStorage(elderly) private var isElderly = false

    var body: some View {
        Page(title: words("me_title")) {
            Row(text: words("pin_title")) { PinView(model: opened.pin) }
            Row(text: words("finger_title")) { FingerView(model: opened.finger) }
            Row(text: words("phones_title")) { PhonesView(model: opened.phones) }
            Row(text: words("elderly_title")) { ElderlyView() }
            // What is seldom wanted is in the way of whoever wants little.
            if !isElderly {
                if LanguageView.canOpenSettings { Row(text: words("language_title")) { LanguageView() } }
                Row(text: words("name_title")) { NameView(model: opened.name) }
                Row(text: words("wipe_title")) { WipeView(home: home) }
            }
        }
    }
}

private struct Row<Target: View>: View {
    let text: String
    @ViewBuilder let target: () -> Target

    var body: some View {
        NavigationLink {
            target()
        } label: {
            Text(text).font(.headline).frame(maxWidth: .infinity, minHeight: 52, alignment: .leading)
        }
        Divider()
    }
}

/// Nothing is left on this phone; the account is as it was.
private struct WipeView: View {
    let home: Home

    var body: some View {
        Page(title: words("wipe_title")) {
            Text(words("wipe_explained"))
            Twice(
                ask: words("wipe_title"), act: words("wipe_now"), onAct: { await home.wipe() },
                said: { Text(words("wipe_sure")).font(.headline) })
        }
    }
}
#endif
