import Foundation
import Szid
import XCTest

/// The drawing as bits. That they read as the digits is shown in Kotlin, where there is a decoder.
final class QrTests: XCTestCase {
    func testThePixelsAreTheModules() async throws {
        try await withPhone { phone in
            let wallet = try await phone.enrolled()
            for damage: DamageLevel in [.low, .medium] {
                let code = try wallet.code(unlocking: wallet.appOpened(), options: CodeOptions(damage: damage))
                let (bits, side) = (code.bits, Int(code.bits.side))
                XCTAssertEqual(bits.bits.count, (side + 7) / 8 * side)
                let bytes = [UInt8](bits.bits), rowBytes = (side + 7) / 8
                let modules: [Bool] = (0..<side * side).map { (at: Int) -> Bool in
                    let row = at / side, column = at % side
                    let mask = UInt8(0x80) >> UInt8(column % 8)
                    return bytes[row * rowBytes + column / 8] & mask != 0
                }
                XCTAssertEqual(modules, (0..<side * side).map { bits.isDark(row: $0 / side, column: $0 % side) })

                let (available, quiet) = (4 * (side + 8) + 3, QrBits.quietZone)
                let each = bits.pixelsPerModule(available: available)
                XCTAssertEqual(each, 4)
                let drawn = bits.pixels(perModule: each)
                XCTAssertEqual(drawn.side, available - 3)
                let gray = (0..<drawn.side * drawn.side).map { at in
                    let (row, column) = (at / drawn.side / each - quiet, at % drawn.side / each - quiet)
                    let inside = (0..<side).contains(row) && (0..<side).contains(column)
                    return inside && modules[row * side + column] ? UInt8(0) : 255
                }
                XCTAssertEqual(drawn.gray, Data(gray))
            }
        }
    }

    func testPicturesComeForWhoAsksAndNotOfBitsOfNoCode() async throws {
        try await withPhone { phone in
            let wallet = try await phone.enrolled()
            let sound = try wallet.code(unlocking: wallet.appOpened()).bits
            XCTAssertEqual([UInt8](try sound.png().prefix(4)), [0x89] + [UInt8]("PNG".utf8))
            XCTAssertEqual(try sound.png(), try sound.png(pixelsPerModule: 8))
            XCTAssertTrue(try sound.svg().hasPrefix("<svg "))
            func assertRefused(_ call: @autoclosure () throws -> Any, line: UInt = #line) {
                XCTAssertThrowsError(try call(), line: line) { error in
                    guard case PresentError.CannotDraw = error else { return XCTFail("\(error)", line: line) }
                }
            }
            for each: UInt8 in [0, 33, 255] { assertRefused(try sound.png(pixelsPerModule: each)) }
            let junk = [
                QrBits(side: 0, bits: Data()), QrBits(side: .max, bits: sound.bits),
                QrBits(side: sound.side - 4, bits: sound.bits), QrBits(side: sound.side, bits: sound.bits.dropLast()),
                QrBits(side: sound.side, bits: Data(repeating: 255, count: 1 << 20)),
            ]
            for bits in junk {
                assertRefused(try bits.png())
                assertRefused(try bits.svg())
            }
        }
    }

    func testOutsideOfTheDrawingItIsLightAndWhatDoesNotFitIsNotDrawn() async throws {
        try await withPhone { phone in
            let wallet = try await phone.enrolled()
            let bits = try wallet.code(unlocking: wallet.appOpened()).bits
            let side = Int(bits.side)
            for (row, column) in [(-1, 0), (0, -1), (side, 0), (0, side)] {
                XCTAssertFalse(bits.isDark(row: row, column: column))
            }
            let fits = [Int.min, 0, side + 7, side + 8].map { bits.pixelsPerModule(available: $0) }
            XCTAssertEqual(fits, [0, 0, 0, 1])
        }
    }
}
