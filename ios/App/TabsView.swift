#if canImport(SwiftUI)
import IShenzhenModels
import SwiftUI

/// Where an enrolled holder is.
enum Tab: Hashable, Sendable { case code, uses, me }

/// 亮码, 谁查了我, 我的.
struct TabsView: View {
    let opened: Opened
    let home: Home
    @Binding var tab: Tab

    var body: some View {
        TabView(selection: $tab) {
            NavigationStack { OwnCodeView(opened: opened) }
                .tabItem { Label(words("tab_code"), systemImage: "qrcode") }
                .tag(Tab.code)
            NavigationStack { UsesView(model: opened.uses, events: opened.events) }
                .tabItem { Label(words("tab_uses"), systemImage: "list.bullet.rectangle") }
                .tag(Tab.uses)
            NavigationStack { MeView(opened: opened, home: home) }
                .tabItem { Label(words("tab_me"), systemImage: "person") }
                .tag(Tab.me)
        }
    }
}

/// The code for any scanner, and the other ways to be known at a desk.
private struct OwnCodeView: View {
    let opened: Opened
    @AppStorage(elderly) private var isElderly = false

    var body: some View {
        CodeView(model: opened.code) {
            if !opened.newPhones.asked.isEmpty {
                Way(text: words("new_phones_look")) { NewPhonesView(model: opened.newPhones) }
            }
            Way(text: words("unlock_title")) { UnlockView(model: opened.unlock) }
            if !isElderly { Way(text: words("venue_title")) { VenueView(model: opened.venue) } }
            Way(text: words("number_title")) { NumberView(model: opened.number) }
        }
    }
}
#endif
