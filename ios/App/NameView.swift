#if canImport(SwiftUI)
import IShenzhenModels
import SwiftUI

/// Whether the masked name and the level stand beside the code.
struct NameView: View {
    let model: NameModel

    var body: some View {
        Page(title: words("name_title")) {
            Text(words("name_explained"))
            if let trouble = model.trouble { Told(advice: trouble) }
            if let on = model.isOn {
                Big(text: words(on ? "turn_off" : "turn_on"), enabled: !model.working) { await model.show(!on) }
            }
        }
        .task { await model.begin() }
    }
}
#endif
