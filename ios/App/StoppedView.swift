#if canImport(SwiftUI)
import IShenzhenModels
import SwiftUI
import Szid

/// The wallet does not open: what to do.
struct StoppedView: View {
    let home: Home
    let advice: Advice
    let wiping: Home.Wiping
    @State private var sure = false

    var body: some View {
        Page(title: words("stopped_title")) {
            Told(advice: advice)
            if sure {
                Text(words("wipe_explained"))
                Big(text: words("wipe_now")) { await home.wipe() }
                Other(text: words("cancel")) { sure = false }
            } else if wiping == .first {
                // Trying again brings back nothing that is lost.
                Big(text: words("begin_anew")) { sure = true }
                Other(text: words("try_again")) { await home.start() }
            } else {
                Big(text: words("try_again")) { await home.start() }
                if wiping == .last { Other(text: words("begin_anew")) { sure = true } }
            }
        }
    }
}
#endif
