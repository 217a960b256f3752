package ishenzhen.app

import android.graphics.Bitmap
import android.graphics.Color
import android.graphics.Rect
import com.google.zxing.BinaryBitmap
import com.google.zxing.DecodeHintType
import com.google.zxing.LuminanceSource
import com.google.zxing.RGBLuminanceSource
import com.google.zxing.ReaderException
import com.google.zxing.common.HybridBinarizer
import com.google.zxing.qrcode.QRCodeReader

/**
 * What a scanner reads off a picture of the screen. Of 400 codes of random digits zxing's search misses 8, however large they
 * are drawn; such a one is cut out for it, as the same digits are never drawn twice.
 */
fun read(picture: Bitmap): String {
    val whole = lightOf(picture)
    return try {
        QRCodeReader().decode(BinaryBitmap(HybridBinarizer(whole))).text
    } catch (missed: ReaderException) {
        val drawn = drawnIn(picture)
        val cut: LuminanceSource = whole.crop(drawn.left, drawn.top, drawn.width(), drawn.height())
        QRCodeReader().decode(BinaryBitmap(HybridBinarizer(cut)), mapOf(DecodeHintType.PURE_BARCODE to true)).text
    }
}

/** Where something is black: of all that the app draws, the code alone is. */
fun drawnIn(picture: Bitmap): Rect {
    val pixels = pixelsOf(picture)
    val black = pixels.indices.filter { pixels[it] == Color.BLACK }
    if (black.isEmpty()) return Rect(0, 0, 1, 1)
    val (columns, rows) = black.map { it % picture.width } to black.map { it / picture.width }
    return Rect(columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
}

/** Whether this many pixels around the code are white, which scanners need. */
fun isQuiet(picture: Bitmap, around: Int): Boolean {
    val drawn = drawnIn(picture)
    val zone = Rect(drawn).apply { inset(-around, -around) }
    return zone.left >= 0 && zone.top >= 0 && zone.right <= picture.width && zone.bottom <= picture.height &&
        (zone.top until zone.bottom).all { y ->
            (zone.left until zone.right).all { x -> drawn.contains(x, y) || picture.getPixel(x, y) == Color.WHITE }
        }
}

private fun lightOf(picture: Bitmap) = RGBLuminanceSource(picture.width, picture.height, pixelsOf(picture))

private fun pixelsOf(picture: Bitmap) = IntArray(picture.width * picture.height).also {
    picture.getPixels(it, 0, picture.width, 0, 0, picture.width, picture.height)
}
