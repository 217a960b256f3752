#if canImport(SwiftUI)
import IShenzhenModels
import SwiftUI
import Szid

/// 授权: who asks for what, and the answer. It stands before everything else while the venue waits.
struct AskedView: View {
    let asked: Asked
    let model: AskedModel
    /// The question that has stood for a moment: a touch that was meant for what stood there before answers
    /// nothing.
    @State private var seen: String?

    var body: some View {
        Page(title: words("asked_title")) {
            switch asked.step {
            case .asking:
                QuestionView(details: asked.details)
                if let trouble = asked.trouble { Told(advice: trouble) }
                seconds
                Big(text: words("approve"), enabled: isSeen) { await model.approve() }
                Other(text: words("refuse"), enabled: isSeen) { await model.refuse() }
                Other(text: words("refuse_and_report"), enabled: isSeen) { await model.refuseAndReport() }
            case .unlock:
                ByPin(
                    why: words("pin_to_approve", asked.details.venueName), trouble: asked.trouble, act: words("approve"),
                    byPin: { await model.approve(pin: $0) },
                    byFinger: whereReady(model.byFingerReady) { await model.approveByFinger() })
                seconds
                Other(text: words("refuse")) { await model.refuse() }
            case .sending:
                QuestionView(details: asked.details)
                Text(words("sending"))
            case .approved: ended("approved")
            case .refused: ended("refused")
            case .reported: ended("reported")
            case .over: ended("over")
            }
        }
        .task(id: asked.details.id) {
            try? await Task.sleep(for: .milliseconds(700))
            if !Task.isCancelled { seen = asked.details.id }
        }
    }

    private var isSeen: Bool { seen == asked.details.id }

    private var seconds: some View { Text(words("asked_seconds", asked.secondsLeft)).font(.headline) }

    @ViewBuilder private func ended(_ outcome: String) -> some View {
        Text(words(outcome)).font(.title3)
        if let trouble = asked.trouble { Told(advice: trouble) }
        PlaceView(details: asked.details)
        Big(text: words("close")) { model.close() }
    }
}

private struct QuestionView: View {
    let details: ConsentDetails

    var body: some View {
        PlaceView(details: details)
        // A scene may ask whether, and receive nothing.
        let asksFor = details.claims.isEmpty ? words("asks_for_nothing") : claims(details.claims)
        Field(name: words("asks_for"), value: asksFor)
        if let matter = details.matter {
            Field(name: words("matter_purpose"), value: matter.purpose)
            Field(name: words("matter_case"), value: matter.caseNumber)
            Field(name: words("matter_operator"), value: matter.operator)
        }
        Field(name: words("kept_for"), value: keptFor(days: details.retentionDays))
    }
}

private struct PlaceView: View {
    let details: ConsentDetails

    var body: some View {
        let place = [details.venueName, details.siteName].compactMap { $0 }.joined(separator: " · ")
        Field(name: words("who_asks"), value: place)
        Field(name: words("what_for"), value: spoken(details.sceneZh, details.sceneEn))
    }
}
#endif
