#if canImport(SwiftUI)
import IShenzhenModels
import SwiftUI
import Szid

/// 申领: an offer, the code that the counter says, and the first passes.
struct EnrolView: View {
    let model: EnrolModel
    let done: @MainActor () async -> Void

    var body: some View {
        Page(title: words("enrol_title")) {
            switch model.state {
            case .offer(let trouble): OfferView(trouble: trouble, take: model.take)
            case .txCode(let trouble): TxCodeView(trouble: trouble, model: model)
            case .working(let progress): WorkingView(progress: progress)
            case .stopped(let advice):
                Told(advice: advice)
                Text(words("enrol_goes_on"))
                Big(text: words("go_on")) { await model.goOn() }
                Other(text: words("another_offer")) { model.again() }
            case .done: ProgressView().task { await done() }
            }
        }
    }
}

private struct OfferView: View {
    let trouble: Advice?
    let take: @MainActor (String) -> Void
    @State private var text = ""

    var body: some View {
        Text(words("enrol_explained"))
        if let trouble { Told(advice: trouble) }
        ScanView { take($0) }
        TextField(words("offer"), text: $text)
            .keyboardType(.URL)
            .textFieldStyle(.roundedBorder)
        // The system asks nobody whether this may be pasted: the holder has just said so.
        PasteButton(payloadType: String.self) { pasted in
            if let first = pasted.first { text = first }
        }
        Big(text: words("next"), enabled: !text.isEmpty) { take(text) }
    }
}

private struct TxCodeView: View {
    let trouble: Advice?
    let model: EnrolModel
    @State private var code = ""

    var body: some View {
        Text(words("tx_code_explained"))
        if let trouble { Told(advice: trouble) }
        SecretDigits(label: words("tx_code"), digits: $code)
        Big(text: words("enrol"), enabled: !code.isEmpty) { await model.enrol(txCode: code) }
        Other(text: words("another_offer")) { model.again() }
    }
}

private struct WorkingView: View {
    let progress: EnrolProgress?

    var body: some View {
        if let progress, progress.of > 0 {
            ProgressView(value: Double(progress.keysMade + progress.passesReceived), total: Double(2 * progress.of))
            Text(words("enrol_keys", Int(progress.keysMade), Int(progress.of)))
            Text(words("enrol_passes", Int(progress.passesReceived), Int(progress.of)))
        } else {
            ProgressView()
            Text(words("enrol_begun"))
        }
    }
}
#endif
