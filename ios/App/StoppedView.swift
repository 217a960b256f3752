#if canImport(SwiftUI)
import IShenzhenModels
import SwiftUI
import Szid

/// The wallet does not open: what to do.
struct StoppedView: View {
    let home: Home
    let advice: Advice
    let canWipe: Bool
    @State private var sure = false

    var body: some View {
        Page(title: words("stopped_title")) {
            Told(advice: advice)
            Big(text: words("try_again")) { await home.start() }
            if canWipe {
                if sure {
                    Text(words("wipe_explained"))
                    Other(text: words("wipe_now")) { await home.wipe() }
                } else {
                    Other(text: words("begin_anew")) { sure = true }
                }
            }
        }
    }
}
#endif
