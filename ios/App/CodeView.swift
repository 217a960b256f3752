#if canImport(SwiftUI)
import IShenzhenModels
import SwiftUI
import Szid

/// 亮码: the code, as large as the screen allows, and below it how long it is good for; beside it, other ways.
struct CodeView<Beside: View>: View {
    @Bindable var model: CodeModel
    @ViewBuilder let beside: Beside
    @Environment(\.isSceneCaptured) private var isCaptured

    init(model: CodeModel, @ViewBuilder beside: () -> Beside = { EmptyView() }) {
        self.model = model
        self.beside = beside()
    }

    var body: some View {
        Page(title: words("code_title")) {
            if isCaptured {
                // Whoever has the recording would have a code that is good for a minute.
                Text(words("code_recorded")).font(.headline)
            } else {
                switch model.state {
                case .drawing: ProgressView()
                case .stopped(let advice):
                    Told(advice: advice)
                    Big(text: words("try_again")) { model.tryAgain() }
                case .shown(let shown): ShownView(shown: shown, easier: $model.easier)
                }
            }
            beside
        }
        // A code costs a signature: none is drawn that nobody looks at.
        .task(id: isCaptured) {
            if !isCaptured { await model.show() }
        }
    }
}

private struct ShownView: View {
    let shown: CodeModel.Shown
    @Binding var easier: Bool
    @AppStorage(elderly) private var isElderly = false

    var body: some View {
        ModulesView(bits: shown.code.bits)
            .bright(shown.code.display)
            .accessibilityElement(children: .ignore)
            .accessibilityLabel(Text(label))
        ClockView(left: shown.secondsLeft, of: Int(shown.code.secondsLeft))
        if shown.unlocked { Text(words("unlocked")) }
        if let holder = shown.holder { HolderView(holder: holder) }
        if shown.code.timeInDoubt { Text(words("time_in_doubt")) }
        if let refused = shown.refused {
            // Nobody takes such a code, with network or without.
            RefusedView(known: refused)
        } else {
            if let until = shown.until { Text(words("works_until", dayBefore(until))) }
            if let few = shown.fewDays { Text(words("few_days", few)).font(.headline) }
        }
        if isElderly { ReadAloud(text: what + " " + words("seconds_left", shown.secondsLeft)) }
        Other(text: words(easier ? "usual_code" : "easier_code")) { easier.toggle() }
    }

    private var what: String {
        spoken(shown.code.display.accessibilityLabelZh, shown.code.display.accessibilityLabelEn)
    }

    private var label: String { what + " " + words("renews_every", Int(shown.code.redrawIn)) }
}

/// The seconds as a ring and as text, so that neither colour nor movement alone tells them.
private struct ClockView: View {
    let left: Int
    let of: Int

    var body: some View {
        HStack(spacing: 12) {
            Circle()
                .trim(from: 0, to: CGFloat(left) / CGFloat(max(1, of)))
                .stroke(Color.accentColor, lineWidth: 4)
                .frame(width: 28, height: 28)
                .accessibilityHidden(true)
            Text(words("seconds_left", left)).font(.headline)
        }
    }
}

/// For the holder, and for staff who look; a scanner reads nothing of it.
private struct HolderView: View {
    let holder: CodeModel.Holder

    var body: some View { Text([holder.maskedName, level].compactMap { $0 }.joined(separator: " · ")).font(.headline) }

    private var level: String? {
        switch holder.level {
        case 1: words("level_1")
        case 2: words("level_2")
        case 3: words("level_3")
        case 4: words("level_4")
        default: nil
        }
    }
}

/// What was last heard of account and phone; without network the phone knows no more.
private struct RefusedView: View {
    let known: LastKnown

    var body: some View {
        switch known.standing {
        case .deviceEnded: Text(words("ended_refused"))
        case .revoked: Text(words("revoked_refused"))
        default: Text(words("frozen_refused"))
        }
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
