#if canImport(SwiftUI)
import IShenzhenModels
import SwiftUI

/// 报号: a number to say where no scanner reads the code.
struct NumberView: View {
    let model: NumberModel
    /// Counts the numbers that were asked for: each further one ends the one before.
    @State private var round = 0

    var body: some View {
        Page(title: words("number_title")) {
            Text(words("number_explained"))
            switch model.state {
            case .asking: ProgressView()
            case .given(let grouped, let left): GivenView(grouped: grouped, left: left)
            case .over:
                Text(words("number_over")).font(.headline)
                Big(text: words("number_another")) { round += 1 }
            case .stopped(let advice):
                Told(advice: advice)
                Big(text: words("try_again")) { round += 1 }
            }
        }
        .task(id: round) { await model.show() }
    }
}

private struct GivenView: View {
    let grouped: String
    let left: Int

    var body: some View {
        Text(grouped)
            .font(.largeTitle)
            .accessibilityLabel(Text(spelled))
        Text(words("seconds_left", left)).font(.headline)
        ReadAloud(text: spelled)
    }

    /// Digit by digit, and a pause after each group.
    private var spelled: String {
        grouped.split(separator: " ").map { group in group.map(String.init).joined(separator: " ") }.joined(separator: ", ")
    }
}
#endif
