#if canImport(SwiftUI)
import IShenzhenModels
import SwiftUI

/// Finger or face in place of the PIN: turned on, or off.
struct FingerView: View {
    let model: FingerModel

    var body: some View {
        Page(title: words("finger_title")) {
            Text(words("finger_explained"))
            if model.isThere == false {
                Text(words("finger_away"))
            } else if model.isSet {
                Text(words("finger_is_on")).font(.headline)
                if let trouble = model.trouble { Told(advice: trouble) }
                Other(text: words("turn_off"), enabled: !model.working) { await model.turnOff() }
            } else if model.isThere == true {
                ByPin(
                    why: words("finger_pin"), trouble: model.trouble, act: words("turn_on"), enabled: !model.working,
                    byPin: { await model.turnOn(pin: $0) }, byFinger: nil)
            }
        }
        .task { await model.begin() }
    }
}
#endif
