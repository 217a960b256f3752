#if canImport(WidgetKit) && canImport(SwiftUI)
import SwiftUI
import WidgetKit

/// On the lock screen or the home screen: it opens the app, and shows nothing of its holder. A code would be
/// read off it by anybody, and is over in a minute.
@main struct CodeWidget: Widget {
    var body: some WidgetConfiguration {
        StaticConfiguration(kind: "code", provider: Always()) { _ in OpensTheApp() }
            .configurationDisplayName(Text("code_title"))
            .description(Text("widget_explained"))
            .supportedFamilies([.accessoryCircular, .accessoryRectangular, .systemSmall])
    }
}

/// It never changes.
private struct Always: TimelineProvider {
    struct Entry: TimelineEntry { let date: Date }

    func placeholder(in context: Context) -> Entry { Entry(date: .now) }

    func getSnapshot(in context: Context, completion: @escaping @Sendable (Entry) -> Void) {
        completion(Entry(date: .now))
    }

    func getTimeline(in context: Context, completion: @escaping @Sendable (Timeline<Entry>) -> Void) {
        completion(Timeline(entries: [Entry(date: .now)], policy: .never))
    }
}

private struct OpensTheApp: View {
    @Environment(\.widgetFamily) private var family

    var body: some View {
        Group {
            if family == .accessoryCircular {
                Image(systemName: "qrcode").font(.title)
            } else {
                Label("code_title", systemImage: "qrcode").font(.headline)
            }
        }
        .accessibilityLabel(Text("open_code"))
        .widgetURL(URL(string: "ishenzhen:code"))
        .containerBackground(.background, for: .widget)
    }
}
#endif
