import com.google.zxing.BinaryBitmap
import com.google.zxing.RGBLuminanceSource
import com.google.zxing.common.HybridBinarizer
import com.google.zxing.qrcode.QRCodeReader
import kotlin.test.AfterTest
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertFalse
import szid.CodeOptions
import szid.DamageLevel
import szid.QrPixels
import szid.isDark
import szid.pixels
import szid.pixelsPerModule

/** The drawing as bits, read by a decoder that knows nothing of how it was drawn. */
class QrTest {
    private val city = City()

    @AfterTest fun close() = city.close()

    private fun read(drawn: QrPixels): String {
        val source = RGBLuminanceSource(drawn.side, drawn.side, drawn.argb)
        return QRCodeReader().decode(BinaryBitmap(HybridBinarizer(source))).text
    }

    @Test fun `a code that is drawn from its bits reads as its digits`() {
        Phone(city).enrolled().use { wallet ->
            for (damage in DamageLevel.entries) {
                val code = wallet.code(wallet.appOpened(), CodeOptions(damage = damage))
                val (bits, side) = code.bits to code.bits.side.toInt()
                assertEquals(code.size, bits.side)
                assertEquals((side + 7) / 8 * side, bits.bits.size)
                val modules = List(side * side) { bits.isDark(it / side, it % side) }
                assertEquals(code.modules.map { it.toInt() == 1 }, modules)
                for (available in listOf(side + 8, 4 * (side + 8) - 1, 720, 1080)) {
                    val perModule = bits.pixelsPerModule(available)
                    val drawn = bits.pixels(perModule)
                    assert(drawn.side <= available && drawn.side + side + 8 > available)
                    if (perModule > 1) assertEquals(code.digits, read(drawn), "$perModule pixels")
                }
            }
        }
    }

    @Test fun `outside of the drawing it is light, and what does not fit is not drawn`() {
        Phone(city).enrolled().use { wallet ->
            val bits = wallet.code(wallet.appOpened()).bits
            val side = bits.side.toInt()
            for ((row, column) in listOf(-1 to 0, 0 to -1, side to 0, 0 to side)) assertFalse(bits.isDark(row, column))
            assertEquals(listOf(0, 0, 0, 1), listOf(Int.MIN_VALUE, 0, side + 7, side + 8).map(bits::pixelsPerModule))
            for (perModule in listOf(0, 65)) assertFailsWith<IllegalArgumentException> { bits.pixels(perModule) }
        }
    }
}
