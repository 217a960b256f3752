#if canImport(SwiftUI)
import IShenzhenModels
import SwiftUI
import Szid

/// 谁查了我: each scan of the last months, and what it gave away.
struct UsesView: View {
    @Bindable var model: UsesModel
    let events: EventsModel
    @AppStorage(elderly) private var isElderly = false

    var body: some View {
        Page(title: words("uses_title")) {
            Way(text: events.unseen == 0 ? words("events_title") : words("events_new", events.unseen)) {
                EventsView(model: events)
            }
            if !isElderly, !model.list.isEmpty { FilterView(wanted: $model.wanted) }
            if let trouble = model.trouble {
                Told(advice: trouble)
                Big(text: words("try_again")) { await model.load() }
            }
            if model.loading { ProgressView() }
            if model.shown.isEmpty, !model.loading, model.trouble == nil {
                Text(words(model.list.isEmpty ? "uses_none" : "uses_none_such"))
            }
            ForEach(model.shown.map(Listed.init)) { one in
                NavigationLink {
                    UseView(use: one.use, model: model)
                } label: {
                    LineView(use: one.use)
                }
                Divider()
            }
            if model.more, !model.loading { Other(text: words("older")) { await model.loadMore() } }
        }
        .task { await model.load() }
    }
}

/// A use by its receipt.
private struct Listed: Identifiable {
    let use: IdentityUse
    var id: String { use.receipt }
}

/// Three buttons, and not a row of them: with large text a row does not fit.
private struct FilterView: View {
    @Binding var wanted: UsesModel.Wanted

    var body: some View {
        Picker(words("uses_title"), selection: $wanted) {
            ForEach(UsesModel.Wanted.allCases) { one in Text(words(name(of: one))).tag(one) }
        }
        .pickerStyle(.menu)
    }

    private func name(of wanted: UsesModel.Wanted) -> String {
        switch wanted {
        case .all: "uses_all"
        case .given: "uses_given"
        case .refused: "uses_refused"
        case .notices: "uses_notices"
        }
    }
}

private struct LineView: View {
    let use: IdentityUse

    var body: some View {
        VStack(alignment: .leading, spacing: 4) {
            Text(place(use)).font(.headline)
            Text(spoken(use.sceneZh, use.sceneEn) + " · " + result(use))
            Text(dayAndTime(use.at)).foregroundStyle(.secondary)
        }
        .frame(maxWidth: .infinity, minHeight: 44, alignment: .leading)
        .accessibilityElement(children: .combine)
    }
}

/// One of them, and what the city signed of it.
private struct UseView: View {
    let use: IdentityUse
    let model: UsesModel

    var body: some View {
        Page(title: words("use_title")) {
            Field(name: words("who_asked"), value: place(use))
            if !now.isEmpty { Field(name: words("named_now"), value: now) }
            Field(name: words("what_for"), value: spoken(use.sceneZh, use.sceneEn))
            Field(name: words("when_was_it"), value: dayAndTime(use.at))
            Field(name: words("result"), value: result(use))
            if !UsesModel.isAccepted(use) { Field(name: words("reason_code"), value: use.reason) }
            Field(name: words("was_given"), value: use.claims.isEmpty ? words("nothing_given") : claims(use.claims))
            if use.consent == "approved" { Field(name: words("your_answer"), value: words("you_approved")) }
            if let matter = use.matter {
                Field(name: words("matter_purpose"), value: matter.purpose)
                Field(name: words("matter_case"), value: matter.caseNumber)
                Field(name: words("matter_operator"), value: matter.operator)
            }
            if use.notice { Text(words("lawful_check")) }
            if use.offline { Text(words("decided_offline")) }
            if let trouble = model.trouble(of: use) { Told(advice: trouble) }
            if let signed = model.receipt(of: use) {
                ReceiptView(signed: signed)
            } else {
                Other(text: words("receipt_fetch")) { await model.fetchReceipt(of: use) }
            }
            if use.reported { Text(words("use_reported")) } else { ReportView(use: use, model: model) }
        }
        .onAppear { model.leaveReceipt() }
    }

    /// What venue and site are called now, where that is something else.
    private var now: String { [use.venueNameNow, use.siteNameNow].compactMap { $0 }.joined(separator: " · ") }
}

private struct ReceiptView: View {
    let signed: SignedReceipt

    var body: some View {
        Text(words("receipt_title")).font(.headline)
        Field(name: words("receipt_number"), value: signed.id)
        Field(name: words("receipt_signed_at"), value: dayAndTime(signed.signedAt))
        Text(words("receipt_explained"))
        // The holder says where it goes; the app keeps none of it.
        ShareLink(item: signed.document, preview: SharePreview(words("receipt_title"))) { Text(words("receipt_save")) }
    }
}

/// Somebody will look into it.
private struct ReportView: View {
    let use: IdentityUse
    let model: UsesModel

    var body: some View {
        Twice(
            ask: words("report_use"), act: words("report_now"), onAct: { await model.report(use) },
            said: { Text(words("report_explained")) })
    }
}

private func place(_ use: IdentityUse) -> String { [use.venueName, use.siteName].compactMap { $0 }.joined(separator: " · ") }

/// What the holder did is said first, for it is why.
private func result(_ use: IdentityUse) -> String {
    switch use.consent {
    case "denied": words("you_refused")
    case "expired": words("you_did_not_answer")
    default: words(UsesModel.isAccepted(use) ? "was_accepted" : "was_not_accepted")
    }
}
#endif
