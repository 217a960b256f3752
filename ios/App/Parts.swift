#if canImport(SwiftUI)
import SwiftUI
import Szid

/// A page that scrolls: with large text on a small phone nothing is cut off.
struct Page<Content: View>: View {
    let title: String
    @ViewBuilder let content: Content

    var body: some View {
        ScrollView {
            VStack(alignment: .leading, spacing: 12) {
                Text(title).font(.title2).accessibilityAddTraits(.isHeader)
                content
            }
            .frame(maxWidth: 600, alignment: .leading)
            .padding()
        }
    }
}

/// A name, and what is named, one below the other: side by side does not fit in every language and size.
struct Field: View {
    let name: String
    let value: String

    var body: some View {
        VStack(alignment: .leading) {
            Text(name).font(.subheadline).foregroundStyle(.secondary)
            Text(value).font(.body)
        }
        .accessibilityElement(children: .combine)
    }
}

/// What the wallet advises, with its code for whoever helps.
struct Told: View {
    let advice: Advice

    var body: some View {
        VStack(alignment: .leading, spacing: 4) {
            Text(spoken(advice.zh, advice.en)).font(.body)
            Text(advice.code).font(.caption).foregroundStyle(.secondary)
        }
        .accessibilityElement(children: .combine)
    }
}

/// What a page is for.
struct Big: View {
    let text: String
    var enabled = true
    let act: @MainActor () async -> Void

    var body: some View {
        WideButton(text: text, act: act).buttonStyle(.borderedProminent).disabled(!enabled)
    }
}

/// Another way.
struct Other: View {
    let text: String
    var enabled = true
    let act: @MainActor () async -> Void

    var body: some View {
        WideButton(text: text, act: act).buttonStyle(.bordered).disabled(!enabled)
    }
}

/// As wide as the page, and high enough for a thumb.
private struct WideButton: View {
    let text: String
    let act: @MainActor () async -> Void

    var body: some View {
        Button {
            Task { await act() }
        } label: {
            Text(text).font(.headline).frame(maxWidth: .infinity, minHeight: 52)
        }
    }
}

/// Goes on to another page.
struct Way<Target: View>: View {
    let text: String
    @ViewBuilder let target: () -> Target

    var body: some View {
        NavigationLink {
            target()
        } label: {
            Text(text).font(.headline).frame(maxWidth: .infinity, minHeight: 52)
        }
        .buttonStyle(.bordered)
    }
}

/// What is touched twice: what follows is said first.
struct Twice<Said: View>: View {
    let ask: String
    let act: String
    var enabled = true
    let onAct: @MainActor () async -> Void
    @ViewBuilder let said: Said
    @State private var sure = false

    var body: some View {
        if sure {
            said
            Big(text: act, enabled: enabled, act: onAct)
            Other(text: words("cancel")) { sure = false }
        } else {
            Other(text: ask) { sure = true }
        }
    }
}

/// The act by finger or face, where they unlock on this phone.
func whereReady(_ ready: Bool, _ act: @escaping @MainActor () async -> Void) -> (@MainActor () async -> Void)? {
    ready ? act : nil
}

/// Digits that nobody looks at over a shoulder.
struct SecretDigits: View {
    let label: String
    @Binding var digits: String

    var body: some View {
        SecureField(label, text: $digits)
            .keyboardType(.numberPad)
            .textFieldStyle(.roundedBorder)
    }
}

/// What an act takes the PIN for, and the PIN, or finger or face where they are set up; after a wrong PIN it
/// is typed anew.
struct ByPin: View {
    let why: String
    let trouble: Advice?
    let act: String
    var enabled = true
    let byPin: @MainActor (String) async -> Void
    let byFinger: (@MainActor () async -> Void)?
    @State private var pin = ""

    var body: some View {
        Text(why)
        if let trouble { Told(advice: trouble) }
        SecretDigits(label: words("pin"), digits: $pin)
        Big(text: act, enabled: enabled && !pin.isEmpty) {
            let typed = pin
            pin = ""
            await byPin(typed)
        }
        if let byFinger { Other(text: words("by_finger"), enabled: enabled, act: byFinger) }
    }
}
#endif
