package ishenzhen.app.screen

import android.graphics.Bitmap
import androidx.compose.foundation.Canvas
import androidx.compose.foundation.background
import androidx.compose.foundation.shape.RoundedCornerShape
import androidx.compose.runtime.Composable
import androidx.compose.runtime.remember
import androidx.compose.ui.Modifier
import androidx.compose.ui.graphics.Color
import androidx.compose.ui.graphics.FilterQuality
import androidx.compose.ui.graphics.ImageBitmap
import androidx.compose.ui.graphics.asImageBitmap
import androidx.compose.ui.unit.IntOffset
import androidx.compose.ui.unit.IntSize
import androidx.compose.ui.unit.dp

/** Of light modules around a code; scanners need it. */
const val QUIET = 4

/**
 * The modules in black on white, whatever the theme is, each of them so many whole pixels: at 2.8 pixels a module decoders
 * read nothing that they read at 2 and at 3.
 */
@Composable
fun Modules(modules: ByteArray, side: Int, modifier: Modifier) {
    val picture = remember(modules, side) { pictureOf(modules, side) }
    Canvas(modifier.background(Color.White, RoundedCornerShape(8.dp))) {
        val each = (size.minDimension / (side + 2 * QUIET)).toInt().coerceAtLeast(1)
        val start = ((size.minDimension - each * side) / 2).toInt()
        drawImage(
            picture, dstOffset = IntOffset(start, start), dstSize = IntSize(each * side, each * side),
            filterQuality = FilterQuality.None,
        )
    }
}

/** One pixel a module. */
private fun pictureOf(modules: ByteArray, side: Int): ImageBitmap {
    val pixels = IntArray(side * side) { if (modules[it].toInt() == 1) android.graphics.Color.BLACK else android.graphics.Color.WHITE }
    return Bitmap.createBitmap(pixels, side, side, Bitmap.Config.ARGB_8888).asImageBitmap()
}
