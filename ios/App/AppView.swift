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
                Task { await home.take(link: link.absoluteString) }
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
        case .enrolled(let opened): EnrolledView(opened: opened, isNew: $isNew)
        }
    }
}

/// A question stands before the code, and so does a first PIN.
private struct EnrolledView: View {
    let opened: Opened
    @Binding var isNew: Bool

    var body: some View {
        if let asked = opened.asked.state {
            AskedView(asked: asked, model: opened.asked)
        } else if isNew {
            PinView(model: opened.pin) { isNew = false }
        } else {
            CodeView(model: opened.code)
        }
    }
}
#endif
