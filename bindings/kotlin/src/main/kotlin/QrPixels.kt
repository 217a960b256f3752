package szid

/** The quiet zone around a drawing, modules; it is light. */
const val QUIET_ZONE = 4

/** Whether a module is dark, counted from 0 at the top left; false outside of the drawing. */
fun QrBits.isDark(row: Int, column: Int): Boolean {
    val side = side.toInt()
    if (row !in 0 until side || column !in 0 until side) return false
    return bits[row * ((side + 7) / 8) + column / 8].toInt() and (0x80 shr column % 8) != 0
}

/** The most pixels for each module with which the drawing, quiet zone included, fits into so many: 0 where it does not. */
fun QrBits.pixelsPerModule(available: Int): Int = available.coerceAtLeast(0) / (side.toInt() + 2 * QUIET_ZONE)

/** [png] with eight pixels for each module, as the other languages have by default. */
@Throws(PresentException::class)
fun QrBits.png(): ByteArray = png(8u)

/** A drawing as opaque black and white pixels, `0xAARRGGBB` row by row: on Android for `Bitmap.createBitmap`. */
class QrPixels(
    /** Pixels per side, quiet zone included. */
    val side: Int,
    val argb: IntArray,
)

/**
 * The drawing with so many pixels for each module, as [pixelsPerModule] says: a whole number, so that all modules are equally
 * large. Show it at just its own size: a picture that is stretched loses that again.
 */
fun QrBits.pixels(perModule: Int): QrPixels {
    require(perModule in 1..64) { "1 to 64 pixels for each module" }
    val side = (side.toInt() + 2 * QUIET_ZONE) * perModule
    val argb = IntArray(side * side) { at ->
        val dark = isDark(at / side / perModule - QUIET_ZONE, at % side / perModule - QUIET_ZONE)
        if (dark) 0xff000000.toInt() else -1
    }
    return QrPixels(side, argb)
}
