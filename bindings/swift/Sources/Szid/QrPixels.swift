import Foundation

/// A drawing as grey pixels, row by row: 0 is dark, 255 is light.
public struct QrPixels: Sendable {
    /// Pixels per side, quiet zone included.
    public let side: Int
    /// One byte for each: for a `CGImage` of 8 bits in `CGColorSpaceCreateDeviceGray()`.
    public let gray: Data
}

extension QrBits {
    /// The quiet zone around a drawing, modules; it is light.
    public static let quietZone = 4

    /// Whether a module is dark, counted from 0 at the top left; false outside of the drawing.
    public func isDark(row: Int, column: Int) -> Bool {
        let side = Int(self.side)
        guard (0..<side).contains(row), (0..<side).contains(column) else { return false }
        let byte = bits[bits.startIndex + row * ((side + 7) / 8) + column / 8]
        return byte & (0x80 >> UInt8(column % 8)) != 0
    }

    /// The most pixels for each module with which the drawing, quiet zone included, fits into so many: 0
    /// where it does not.
    public func pixelsPerModule(available: Int) -> Int { max(0, available) / (Int(side) + 2 * Self.quietZone) }

    /// The drawing with so many pixels for each module, 1 to 64, as ``pixelsPerModule(available:)`` says: a
    /// whole number, so that all modules are equally large. Show it at just its own size: a picture that is
    /// stretched loses that again.
    public func pixels(perModule: Int) -> QrPixels {
        precondition((1...64).contains(perModule), "1 to 64 pixels for each module")
        let side = (Int(self.side) + 2 * Self.quietZone) * perModule
        var gray = Data(repeating: 255, count: side * side)
        for y in 0..<side {
            for x in 0..<side
            where isDark(row: y / perModule - Self.quietZone, column: x / perModule - Self.quietZone) {
                gray[y * side + x] = 0
            }
        }
        return QrPixels(side: side, gray: gray)
    }
}
