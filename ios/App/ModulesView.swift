#if canImport(SwiftUI)
import SwiftUI
import Szid

/// The modules in black on white, whatever the theme is, each of them so many whole pixels: at 2.8 pixels a
/// module decoders read nothing that they read at 2 and at 3.
struct ModulesView: View {
    let bits: QrBits
    @Environment(\.displayScale) private var scale

    var body: some View {
        Modules(bits: bits, scale: scale)
            .fill(Color.black)
            .aspectRatio(1, contentMode: .fit)
            .background(Color.white)
    }
}

private struct Modules: Shape {
    let bits: QrBits
    /// Pixels for each point.
    let scale: CGFloat

    nonisolated func path(in room: CGRect) -> Path {
        let available = Int(min(room.width, room.height) * scale)
        let each = CGFloat(max(1, bits.pixelsPerModule(available: available))) / scale
        let side = Int(bits.side)
        // The drawing stands in the middle, from a whole pixel on.
        let margin = (min(room.width, room.height) - CGFloat(side) * each) / 2
        let edge = (margin * scale).rounded(.down) / scale
        var path = Path()
        for row in 0..<side {
            for column in 0..<side where bits.isDark(row: row, column: column) {
                path.addRect(
                    CGRect(
                        x: room.minX + edge + CGFloat(column) * each, y: room.minY + edge + CGFloat(row) * each,
                        width: each, height: each))
            }
        }
        return path
    }
}
#endif
