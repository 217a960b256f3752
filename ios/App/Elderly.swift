#if canImport(SwiftUI)
import SwiftUI

/// 长辈版: whether the holder chose it, kept on this phone. Views ask with `@AppStorage(elderly)`.
let elderly = "elderly"

extension View {
    /// Text as large as the mode for the elderly has it at least. Where the phone's own is larger still, that
    /// one.
    func readable() -> some View { modifier(Readable()) }
}

private struct Readable: ViewModifier {
    @AppStorage(elderly) private var isElderly = false

    func body(content: Content) -> some View {
        content.dynamicTypeSize(isElderly ? .accessibility1... : .xSmall...)
    }
}

/// The mode is turned on and off.
struct ElderlyView: View {
    @AppStorage(elderly) private var isElderly = false

    var body: some View {
        Page(title: words("elderly_title")) {
            Text(words("elderly_explained"))
            Big(text: words(isElderly ? "turn_off" : "turn_on")) { isElderly.toggle() }
        }
    }
}
#endif
