package ishenzhen.app

import android.graphics.Bitmap
import android.graphics.Canvas
import android.graphics.Color
import android.graphics.Paint
import android.graphics.Rect
import java.io.File

/** Keeps a picture where the build looks for them. */
fun keepPicture(name: String, picture: Bitmap) =
    File(System.getProperty("szid.pictures")!!, "$name.png").outputStream().use { picture.compress(Bitmap.CompressFormat.PNG, 100, it) }

/** Keeps all pictures of a way through the app as one, in their order, each as wide as [WIDE]. */
fun keepSheet(name: String, pictures: List<Bitmap>) {
    val high = pictures.maxOf { it.height * WIDE / it.width }
    val rows = (pictures.size + COLUMNS - 1) / COLUMNS
    val sheet = Bitmap.createBitmap(COLUMNS * (WIDE + GAP), rows * (high + GAP), Bitmap.Config.ARGB_8888)
    val canvas = Canvas(sheet).apply { drawColor(Color.GRAY) }
    val smooth = Paint(Paint.FILTER_BITMAP_FLAG)
    pictures.forEachIndexed { at, picture ->
        val (left, top) = at % COLUMNS * (WIDE + GAP) to at / COLUMNS * (high + GAP)
        canvas.drawBitmap(picture, null, Rect(left, top, left + WIDE, top + picture.height * WIDE / picture.width), smooth)
    }
    keepPicture(name, sheet)
}

private const val COLUMNS = 8
/** Pixels. */
private const val WIDE = 240
private const val GAP = 8
