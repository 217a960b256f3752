#if canImport(SwiftUI)
import IShenzhenModels
import SwiftUI

/// What stands before everything else: a wallet that opens, an enrolment, what a venue asks, the code.
struct AppView: View {
    let home: Home
    @Environment(\.scenePhase) private var phase
    /// Whether somebody has just enrolled, and is asked for a PIN.
    @State private var isNew = false

    var body: some View {
        stage
            .readable()
            .overlay {
                // The list of recent apps shows nothing of it.
                if phase != .active { Color.white.ignoresSafeArea() }
            }
            .task(id: phase) {
                if phase == .active { await home.inSight() }
            }
            .onChange(of: phase) {
                if phase == .background { home.outOfSight() }
            }
            .onOpenURL { link in
                // The widget's own link is no offer.
                if link.scheme == "ishenzhen" { Wish.shared.code() } else { Task { await home.take(link: link.absoluteString) } }
            }
            .simultaneousGesture(TapGesture().onEnded { home.touched() })
    }

    @ViewBuilder private var stage: some View {
        switch home.state {
        case .opening: ProgressView()
        case .stopped(let advice, let canWipe): StoppedView(home: home, advice: advice, canWipe: canWipe)
        case .empty(let opened):
            EnrolView(model: opened.enrol) {
                isNew = true
                await home.look()
            }
        case .enrolled(let opened): EnrolledView(opened: opened, home: home, isNew: $isNew)
        }
    }
}

/// A question stands before everything else, and so does a first PIN.
private struct EnrolledView: View {
    let opened: Opened
    let home: Home
    @Binding var isNew: Bool
    /// Kept here, so that the holder is where they were once a question is answered.
    @State private var tab = Tab.code

    var body: some View {
        stage
            .onChange(of: Wish.shared.times) { tab = .code }
    }

    @ViewBuilder private var stage: some View {
        if let asked = opened.asked.state {
            AskedView(asked: asked, model: opened.asked)
        } else if opened.enrol.isTurnedDown {
            Page(title: words("offer_turned_down")) {
                Text(words("offer_turned_down_why"))
                Big(text: words("understood")) { opened.enrol.isTurnedDown = false }
            }
        } else if isNew {
            PinView(model: opened.pin) { isNew = false }
        } else {
            TabsView(opened: opened, home: home, tab: $tab)
        }
    }
}
#endif
