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
        case .stopped(let advice, let wiping): StoppedView(home: home, advice: advice, wiping: wiping)
        case .empty(let opened) where opened.enrol.isTurnedDown:
            TurnedDownView(title: words("offer_under_way"), why: words("offer_under_way_why"), model: opened.enrol)
        case .empty(let opened):
            EnrolView(model: opened.enrol) {
                isNew = true
                await home.look()
            }
        case .enrolled(let opened): EnrolledView(opened: opened, home: home, isNew: $isNew)
        }
    }
}

/// An offer was opened that is not taken: the phone has a code, or another offer is under way.
private struct TurnedDownView: View {
    let title: String
    let why: String
    let model: EnrolModel

    var body: some View {
        Page(title: title) {
            Text(why)
            Big(text: words("understood")) { model.isTurnedDown = false }
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
            TurnedDownView(title: words("offer_turned_down"), why: words("offer_turned_down_why"), model: opened.enrol)
        } else if isNew {
            PinView(model: opened.pin) { isNew = false }
        } else {
            TabsView(opened: opened, home: home, tab: $tab)
        }
    }
}
#endif
