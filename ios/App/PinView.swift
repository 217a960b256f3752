#if canImport(SwiftUI)
import IShenzhenModels
import SwiftUI
import Szid

/// The PIN of this app: set after an enrolment, or set and changed later.
struct PinView: View {
    let model: PinModel
    /// Where it is the first one, right after an enrolment: what goes on without it, or with it.
    var first: (@MainActor () -> Void)?
    @Environment(\.dismiss) private var dismiss
    @State private var old = ""
    @State private var new = ""
    @State private var again = ""

    var body: some View {
        Page(title: words("pin_title")) {
            if model.done {
                Text(words("pin_done")).font(.title3)
                Big(text: words("close")) {
                    if let first { first() } else { dismiss() }
                }
            } else {
                Text(words("pin_explained"))
                if let trouble = model.trouble { Told(advice: trouble) }
                if let why = model.why { Text(spoken(why.zh, why.en)) }
                if model.forgotten { Text(words("pin_by_screen_lock")) }
                if model.isSet, !model.forgotten { SecretDigits(label: words("pin_old"), digits: $old) }
                SecretDigits(label: words("pin_new"), digits: $new)
                SecretDigits(label: words("pin_again"), digits: $again)
                if again.count >= new.count, again != new { Text(words("pin_differs")) }
                Big(text: words("pin_set"), enabled: isReady) { await model.set(old: old, new: new) }
                if model.isSet {
                    Other(text: words(model.forgotten ? "pin_known" : "pin_forgotten")) { model.forget(!model.forgotten) }
                }
                if let first { Other(text: words("later")) { first() } }
            }
        }
        .task { await model.begin() }
    }

    private var isReady: Bool {
        let isKnown = !model.isSet || model.forgotten || !old.isEmpty
        return !model.working && !new.isEmpty && new == again && isKnown
    }
}
#endif
