#if canImport(SwiftUI)
import IShenzhenModels
import SwiftUI

/// 本人验证: for scanners to which an open app says too little.
struct UnlockView: View {
    let model: UnlockModel
    @Environment(\.dismiss) private var dismiss

    var body: some View {
        Page(title: words("unlock_title")) {
            ByPin(
                why: words("unlock_explained"), trouble: model.trouble, act: words("unlock"), enabled: !model.working,
                byPin: { await model.unlock(pin: $0) },
                byFinger: whereReady(model.byFingerReady) { await model.unlockByFinger() })
        }
        .onAppear { model.begin() }
        .onChange(of: model.done) {
            if model.done { dismiss() }
        }
    }
}
#endif
