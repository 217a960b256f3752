import com.google.zxing.BinaryBitmap
import com.google.zxing.RGBLuminanceSource
import com.google.zxing.common.HybridBinarizer
import com.google.zxing.qrcode.QRCodeReader
import javax.imageio.ImageIO
import kotlin.test.AfterTest
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertFalse
import kotlin.test.assertTrue
import szid.CodeOptions
import szid.DamageLevel
import szid.PresentException
import szid.QrBits
import szid.QrPixels
import szid.isDark
import szid.pixels
import szid.pixelsPerModule
import szid.png

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
                assertEquals((side + 7) / 8 * side, bits.bits.size)
                for (available in listOf(side + 8, 4 * (side + 8) - 1, 720, 1080)) {
                    val perModule = bits.pixelsPerModule(available)
                    val drawn = bits.pixels(perModule)
                    assert(drawn.side <= available && drawn.side + side + 8 > available)
                    if (perModule > 1) assertEquals(code.digits, read(drawn), "$perModule pixels")
                }
            }
        }
    }

    @Test fun `the pictures that are asked for show the same modules`() {
        Phone(city).enrolled().use { wallet ->
            val code = wallet.code(wallet.appOpened())
            for (perModule in listOf(1, 8, 32)) {
                val drawn = code.bits.pixels(perModule)
                val picture = ImageIO.read(code.bits.png(perModule.toUByte()).inputStream())
                assertEquals(drawn.side to drawn.side, picture.width to picture.height)
                assertTrue(drawn.argb.contentEquals(picture.getRGB(0, 0, drawn.side, drawn.side, null, 0, drawn.side)))
            }
            assertEquals(code.bits.png(8u).toList(), code.bits.png().toList())
            assertTrue(code.bits.svg().startsWith("<svg "))
        }
    }

    @Test fun `bits of no code, and pictures of no sensible size, are refused`() {
        val sound = Phone(city).enrolled().use { wallet -> wallet.code(wallet.appOpened()).bits }
        for (perModule in listOf(0, 33, 255)) assertFailsWith<PresentException.CannotDraw> { sound.png(perModule.toUByte()) }
        val junk = listOf(
            QrBits(0u, ByteArray(0)), QrBits(UInt.MAX_VALUE, sound.bits), QrBits(sound.side - 4u, sound.bits),
            QrBits(sound.side, sound.bits.copyOf(sound.bits.size - 1)), QrBits(sound.side, ByteArray(1 shl 20) { -1 }),
        )
        for (bits in junk) {
            assertFailsWith<PresentException.CannotDraw> { bits.png() }
            assertFailsWith<PresentException.CannotDraw> { bits.svg() }
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
