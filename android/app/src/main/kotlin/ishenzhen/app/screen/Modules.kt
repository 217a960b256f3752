package ishenzhen.app.screen

import android.graphics.Bitmap
import androidx.compose.foundation.background
import androidx.compose.foundation.layout.Spacer
import androidx.compose.foundation.shape.RoundedCornerShape
import androidx.compose.runtime.Composable
import androidx.compose.ui.Modifier
import androidx.compose.ui.draw.drawWithCache
import androidx.compose.ui.geometry.Offset
import androidx.compose.ui.graphics.Color
import androidx.compose.ui.graphics.ImageBitmap
import androidx.compose.ui.graphics.asImageBitmap
import androidx.compose.ui.unit.dp
import szid.QrBits
import szid.pixels
import szid.pixelsPerModule

/**
 * The modules in black on white, whatever the theme is, each of them so many whole pixels: at 2.8 pixels a module decoders
 * read nothing that they read at 2 and at 3. Nothing is scaled when it is drawn.
 */
@Composable
fun Modules(code: QrBits, modifier: Modifier) = Spacer(
    modifier.background(Color.White, RoundedCornerShape(8.dp)).drawWithCache {
        val room = size.minDimension.toInt()
        val picture = pictureOf(code, room)
        onDrawBehind {
            val edge = ((room - picture.width) / 2).toFloat()
            drawImage(picture, Offset(edge, edge))
        }
    },
)

private fun pictureOf(code: QrBits, room: Int): ImageBitmap {
    val drawn = code.pixels(code.pixelsPerModule(room).coerceAtLeast(1))
    return Bitmap.createBitmap(drawn.argb, drawn.side, drawn.side, Bitmap.Config.ARGB_8888).asImageBitmap()
}
