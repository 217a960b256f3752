#if canImport(SwiftUI)
import IShenzhenModels
import SwiftUI
import Szid

/// 亮码: the code, as large as the screen allows, and below it how long it is good for.
struct CodeView: View {
    @Bindable var model: CodeModel

    var body: some View {
        Page(title: words("code_title")) {
            switch model.state {
            case .drawing: ProgressView()
            case .stopped(let advice): Told(advice: advice)
            case .shown(let shown): ShownView(shown: shown, easier: $model.easier)
            }
        }
        // A code costs a signature: none is drawn that nobody looks at.
        .task { await model.show() }
    }
}

private struct ShownView: View {
    let shown: CodeModel.Shown
    @Binding var easier: Bool

    var body: some View {
        ModulesView(bits: shown.code.bits)
            .bright(shown.code.display)
            .accessibilityElement(children: .ignore)
            .accessibilityLabel(Text(label))
        Text(words("seconds_left", shown.secondsLeft)).font(.headline)
        if shown.unlocked { Text(words("unlocked")) }
        if shown.code.timeInDoubt { Text(words("time_in_doubt")) }
        if let frozen = shown.frozen {
            FrozenView(known: frozen)
        } else if let until = shown.until {
            // Nobody takes the code of a frozen account, with network or without.
            Text(words("works_until", dayBefore(until)))
        }
        Other(text: words(easier ? "usual_code" : "easier_code")) { easier.toggle() }
    }

    private var label: String {
        let display = shown.code.display
        let what = spoken(display.accessibilityLabelZh, display.accessibilityLabelEn)
        return what + " " + words("renews_every", Int(shown.code.redrawIn))
    }
}

/// What was last heard of a freeze; a phone without network knows no more.
private struct FrozenView: View {
    let known: LastKnown

    var body: some View {
        Text(words("frozen_refused"))
        if let freeze = known.freeze {
            Text(words("frozen_at", dayAndTime(freeze.at)))
            switch freeze.by {
            case .registrar: Text(words("frozen_by_registrar"))
            case .holder: Text(words("frozen_by_holder"))
            case .service: Text(words("frozen_by_service"))
            case .unknown: EmptyView()
            }
        }
        Text(words("known_at", dayAndTime(known.at)))
    }
}
#endif
