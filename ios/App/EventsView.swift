#if canImport(SwiftUI)
import IShenzhenModels
import SwiftUI
import Szid

/// What happened to the account and its phones, and by whom: what the holder did not do stands here, too.
struct EventsView: View {
    let model: EventsModel

    var body: some View {
        Page(title: words("events_title")) {
            if let trouble = model.trouble {
                Told(advice: trouble)
                Big(text: words("try_again")) { await model.load() }
            }
            if model.loading { ProgressView() }
            if model.list.isEmpty, !model.loading, model.trouble == nil { Text(words("events_none")) }
            ForEach(model.list.map(Listed.init)) { one in
                LineView(event: one.event)
                Divider()
            }
            if model.more, !model.loading { Other(text: words("older")) { await model.loadMore() } }
        }
        .task { await model.load() }
    }
}

/// An event by its own id.
private struct Listed: Identifiable {
    let event: AccountEvent
    var id: String { event.id }
}

private struct LineView: View {
    let event: AccountEvent

    var body: some View {
        VStack(alignment: .leading, spacing: 4) {
            Text(spoken(event.zh, event.en)).font(.headline)
            if let device = event.device { Text(device) }
            Text([dayAndTime(event.at), by, often].compactMap { $0 }.joined(separator: " · ")).foregroundStyle(.secondary)
        }
        .frame(maxWidth: .infinity, minHeight: 44, alignment: .leading)
        .accessibilityElement(children: .combine)
    }

    private var by: String {
        switch event.by {
        case "holder": words("by_holder")
        case "registrar": words("by_registrar")
        default: words("by_service")
        }
    }

    private var often: String? {
        guard let times = event.times, times > 1 else { return nil }
        return words("times", Int(times))
    }
}
#endif
