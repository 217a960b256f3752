#if canImport(SwiftUI)
import IShenzhenModels
import SwiftUI
import Szid

/// 扫场所码: the phone reads the venue's code, and the holder confirms what it asks for.
struct VenueView: View {
    let model: VenueModel
    @Environment(\.dismiss) private var dismiss

    var body: some View {
        Page(title: words("venue_title")) {
            switch model.state.step {
            case .read: ReadView(trouble: model.state.trouble) { await model.take($0) }
            case .asking: ProgressView()
            case .shown: AsksView(model: model)
            case .unlock:
                ByPin(
                    why: words("pin_to_confirm", model.state.details?.venueName ?? ""), trouble: model.state.trouble,
                    act: words("confirm"),
                    byPin: { await model.confirm(pin: $0) },
                    byFinger: whereReady(model.byFingerReady) { await model.confirmByFinger() })
                Other(text: words("cancel")) { model.again() }
            case .sending:
                if let details = model.state.details { DetailsView(details: details) }
                Text(words("sending"))
            case .done:
                if let visit = model.state.visit { OutcomeView(visit: visit) }
                if let details = model.state.details { DetailsView(details: details) }
                Big(text: words("close")) {
                    model.again()
                    dismiss()
                }
            }
        }
    }
}

private struct ReadView: View {
    let trouble: Advice?
    let take: @MainActor (String) async -> Void
    @State private var digits = ""

    var body: some View {
        Text(words("venue_explained"))
        if let trouble { Told(advice: trouble) }
        ScanView { await take($0) }
        TextField(words("venue_digits"), text: $digits)
            .keyboardType(.numberPad)
            .textFieldStyle(.roundedBorder)
            .onChange(of: digits) {
                // Longer than any venue's code.
                digits = String(digits.filter(\.isWholeNumber).prefix(2_048))
            }
        Other(text: words("next"), enabled: !digits.isEmpty) { await take(digits) }
    }
}

private struct AsksView: View {
    let model: VenueModel

    var body: some View {
        if let details = model.state.details {
            DetailsView(details: details)
            if let trouble = model.state.trouble { Told(advice: trouble) }
            if details.followed {
                Big(text: words("confirm")) { await model.confirm() }
            } else {
                Text(words("venue_away"))
            }
            if let codes = model.codes() {
                Way(text: words("code_for_desk")) { CodeView(model: codes) }
            }
            Other(text: words("cancel")) { model.again() }
        }
    }
}

private struct DetailsView: View {
    let details: VenueRequestDetails

    var body: some View {
        let place = [details.venueName, details.siteName].compactMap { $0 }.joined(separator: " · ")
        Field(name: words("who_asks"), value: place)
        Field(name: words("venue_desk"), value: details.device)
        Field(name: words("what_for"), value: spoken(details.sceneZh, details.sceneEn))
        let asksFor = details.claims.isEmpty ? words("venue_asks_nothing") : claims(details.claims)
        Field(name: words("asks_for"), value: asksFor)
        Field(name: words("kept_for"), value: keptFor(days: details.retentionDays))
    }
}

/// The desk's screen shows the same.
private struct OutcomeView: View {
    let visit: Visit

    var body: some View {
        Text(words(visit.decision == "accept" ? "visit_accepted" : "visit_refused")).font(.title3)
        if visit.reason != "OK" { Field(name: words("reason_code"), value: visit.reason) }
    }
}
#endif
