package ishenzhen.sdk

import android.media.Image
import com.google.zxing.BinaryBitmap
import com.google.zxing.DecodeHintType
import com.google.zxing.PlanarYUVLuminanceSource
import com.google.zxing.ReaderException
import com.google.zxing.common.HybridBinarizer
import com.google.zxing.qrcode.QRCodeReader
import java.nio.Buffer

/** The text of a QR code in the picture, if there is one. */
fun readQr(light: Light): String? = try {
    val source = PlanarYUVLuminanceSource(light.bytes, light.width, light.height, 0, 0, light.width, light.height, false)
    QRCodeReader().decode(BinaryBitmap(HybridBinarizer(source)), mapOf(DecodeHintType.TRY_HARDER to true)).text
} catch (none: ReaderException) {
    null
}

/** The first plane has the brightness; its rows may be longer than the picture is wide. */
internal fun lightOf(image: Image): Light {
    val plane = image.planes[0]
    val (width, height) = image.width to image.height
    val bytes = ByteArray(width * height)
    // As a Buffer: Android 8 has no position() that answers a ByteBuffer.
    val brightness = plane.buffer
    val place: Buffer = brightness
    for (row in 0 until height) {
        place.position(row * plane.rowStride)
        brightness.get(bytes, row * width, width)
    }
    return Light(bytes, width, height)
}
