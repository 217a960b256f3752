package ishenzhen.app

import android.graphics.Bitmap
import androidx.compose.ui.geometry.Rect
import androidx.compose.ui.graphics.Color
import androidx.compose.ui.graphics.asAndroidBitmap
import androidx.compose.ui.graphics.luminance
import androidx.compose.ui.semantics.SemanticsActions
import androidx.compose.ui.semantics.SemanticsNode
import androidx.compose.ui.semantics.SemanticsProperties
import androidx.compose.ui.semantics.getOrNull
import androidx.compose.ui.test.SemanticsMatcher
import androidx.compose.ui.test.captureToImage
import androidx.compose.ui.test.onRoot
import androidx.compose.ui.text.TextLayoutResult
import androidx.compose.ui.text.font.FontWeight
import kotlin.math.max
import kotlin.math.min

/** As WCAG 2.2 has it: 1 for none, 21 for black on white. */
fun contrast(one: Color, other: Color): Double {
    val (dark, light) = listOf(one.luminance(), other.luminance()).sorted()
    return (light + 0.05) / (dark + 0.05)
}

/**
 * Texts of the screen that a picture of it shows with less contrast than WCAG 2.2 AA asks for. Where something is, it is looked
 * at anew: the screen may have changed since the picture was taken.
 */
fun faint(rule: Rule, picture: Bitmap): List<String> {
    var found = faintIn(rule, picture)
    for (look in 1..LOOKS) if (found.isNotEmpty()) found = faintIn(rule, rule.onRoot().captureToImage().asAndroidBitmap())
    return found
}

private fun faintIn(rule: Rule, picture: Bitmap): List<String> = rule.onAllNodes(SemanticsMatcher.keyIsDefined(SemanticsProperties.Text), useUnmergedTree = true)
    .fetchSemanticsNodes().filterNot(::isOff).mapNotNull { node ->
        val words = node.config[SemanticsProperties.Text].joinToString()
        // Of what is scrolled out of sight in part, the rest may show no stroke.
        if (node.boundsInRoot.height < node.size.height - 1) return@mapNotNull null
        val found = contrastIn(picture, node.boundsInRoot) ?: return@mapNotNull null
        val asked = if (isLarge(node, rule.density.density)) LARGE else USUAL
        if (found < asked) "$words: %.2f in place of %.1f".format(found, asked) else null
    }

/** What cannot be touched now may be faint. */
private fun isOff(node: SemanticsNode): Boolean =
    generateSequence(node) { it.parent }.any { it.config.getOrNull(SemanticsProperties.Disabled) != null }

/** 24 pixels of the standard, or 18.66 of them in bold; a dp is one. */
private fun isLarge(node: SemanticsNode, density: Float): Boolean {
    val layouts = mutableListOf<TextLayoutResult>()
    node.config.getOrNull(SemanticsActions.GetTextLayoutResult)?.action?.invoke(layouts)
    val input = layouts.firstOrNull()?.layoutInput ?: return false
    val size = with(input.density) { input.style.fontSize.toPx() } / density
    return size >= 24 || size >= 18.66 && (input.style.fontWeight?.weight ?: 0) >= FontWeight.Bold.weight
}

/** Between the colour that most of it has and the one farthest from that; nothing where there is nothing to be seen. */
private fun contrastIn(picture: Bitmap, bounds: Rect): Double? {
    val (left, top) = max(0, bounds.left.toInt()) to max(0, bounds.top.toInt())
    val (width, height) = min(picture.width, bounds.right.toInt()) - left to min(picture.height, bounds.bottom.toInt()) - top
    if (width < LEAST || height < LEAST) return null
    val pixels = IntArray(width * height).also { picture.getPixels(it, 0, width, left, top, width, height) }
    val counts = pixels.asIterable().groupingBy { it }.eachCount()
    val ground = Color(counts.maxBy { it.value }.key)
    return counts.keys.maxOf { contrast(Color(it), ground) }
}

private const val LOOKS = 3
private const val USUAL = 4.5
private const val LARGE = 3.0
/** Pixels; of less nothing is read. */
private const val LEAST = 8
