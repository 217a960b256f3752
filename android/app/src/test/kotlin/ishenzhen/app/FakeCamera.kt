package ishenzhen.app

import android.view.Surface
import com.google.zxing.qrcode.decoder.ErrorCorrectionLevel
import com.google.zxing.qrcode.encoder.Encoder
import ishenzhen.sdk.Camera
import ishenzhen.sdk.CameraAway
import ishenzhen.sdk.Light
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.delay

/** A camera that sees what the test holds before it. */
class FakeCamera : Camera {
    /** What it sees; another app has the camera where there is none. */
    @Volatile var before: Light? = null

    @Volatile var looking = false

    override suspend fun see(preview: Surface, picture: (Light) -> Unit): Nothing {
        val light = before ?: throw CameraAway()
        looking = true
        try {
            // Nothing is held before it at first.
            picture(Light(ByteArray(light.bytes.size) { 90 }, light.width, light.height))
            delay(50)
            picture(light)
            awaitCancellation()
        } finally {
            looking = false
        }
    }
}

/** A printed QR code as a camera has it: grey on grey, a table around it, a little askew. */
fun photographed(text: String): Light {
    val code = Encoder.encode(text, ErrorCorrectionLevel.M).matrix
    val (width, height) = 1280 to 960
    val module = 800.0 / (code.width + 8)
    val (sine, cosine) = kotlin.math.sin(0.05) to kotlin.math.cos(0.05)
    val bytes = ByteArray(width * height) { at ->
        val (x, y) = at % width - width / 2.0 to at / width - height / 2.0
        val column = kotlin.math.floor((x * cosine + y * sine) / module + code.width / 2.0).toInt()
        val row = kotlin.math.floor((y * cosine - x * sine) / module + code.height / 2.0).toInt()
        val paper = column in -4 until code.width + 4 && row in -4 until code.height + 4
        val printed = column in 0 until code.width && row in 0 until code.height && code.get(column, row).toInt() == 1
        (if (printed) 60 else if (paper) 200 else 120).toByte()
    }
    return Light(bytes, width, height)
}
