package ishenzhen.app

import android.content.Context
import android.graphics.Bitmap
import androidx.annotation.StringRes
import androidx.compose.ui.graphics.asAndroidBitmap
import androidx.compose.ui.semantics.SemanticsActions
import androidx.compose.ui.semantics.SemanticsProperties
import androidx.compose.ui.semantics.getOrNull
import androidx.compose.ui.test.SemanticsMatcher
import androidx.compose.ui.test.captureToImage
import androidx.compose.ui.test.hasAnyAncestor
import androidx.compose.ui.test.hasClickAction
import androidx.compose.ui.test.hasScrollAction
import androidx.compose.ui.test.hasSetTextAction
import androidx.compose.ui.test.hasText
import androidx.compose.ui.test.isEnabled
import androidx.compose.ui.test.junit4.AndroidComposeTestRule
import androidx.compose.ui.test.onAllNodesWithText
import androidx.compose.ui.test.onFirst
import androidx.compose.ui.test.onRoot
import androidx.compose.ui.test.performClick
import androidx.compose.ui.test.performScrollTo
import androidx.compose.ui.test.performTextReplacement
import androidx.compose.ui.text.TextLayoutResult
import androidx.compose.ui.unit.dp
import java.io.File
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue

typealias Rule = AndroidComposeTestRule<*, MainActivity>

/** A PIN that no rule finds weak. */
const val PIN = "702958"

/** The screen as a person has it: reads words, touches words, looks at it. */
class Screen(private val rule: Rule) {
    private val context: Context get() = rule.activity

    fun words(@StringRes id: Int, vararg parts: Any): String = context.getString(id, *parts)

    /** Waits for words; what the core and the service do takes its own time. */
    fun see(words: String) = rule.waitUntil("\"$words\" on the screen", LONGEST_MS) { isThere(words) }

    fun see(@StringRes id: Int) = see(words(id))

    fun isThere(words: String): Boolean =
        rule.onAllNodesWithText(words, substring = true).fetchSemanticsNodes(atLeastOneRootRequired = false).isNotEmpty()

    /** The first words on the screen that are like this. */
    fun firstText(like: Regex): String {
        val nodes = rule.onAllNodes(SemanticsMatcher("like $like") { node -> node.config.getOrNull(SemanticsProperties.Text).orEmpty().any { like.matches(it) } })
        return nodes.fetchSemanticsNodes().first().config[SemanticsProperties.Text].first { like.matches(it) }.text
    }

    fun touch(@StringRes id: Int) = touch(hasText(words(id)))

    fun touch(words: String) = touch(hasText(words, substring = true))

    /** Waits until these words can be touched. */
    fun seeLive(@StringRes id: Int) {
        val nodes = rule.onAllNodes(hasText(words(id)) and hasClickAction() and isEnabled())
        rule.waitUntil("live: ${words(id)}", LONGEST_MS) { nodes.fetchSemanticsNodes(atLeastOneRootRequired = false).isNotEmpty() }
    }

    /** What says these words and no more. */
    fun touchJust(words: String) = touch(hasText(words))

    /** The first one that can be touched, once there is one. */
    private fun touch(what: SemanticsMatcher) {
        val nodes = rule.onAllNodes(what and hasClickAction() and isEnabled())
        rule.waitUntil("to be touched: ${what.description}", LONGEST_MS) {
            nodes.fetchSemanticsNodes(atLeastOneRootRequired = false).isNotEmpty()
        }
        val node = nodes.onFirst()
        // The bar below does not scroll.
        if (rule.onAllNodes(what and hasAnyAncestor(hasScrollAction())).fetchSemanticsNodes().isNotEmpty()) node.performScrollTo()
        node.performClick()
    }

    fun back() = rule.runOnUiThread { rule.activity.onBackPressedDispatcher.onBackPressed() }

    /** Waits until a scanner can read a code off the screen. */
    fun waitForCode() = rule.waitUntil("a code on the screen", LONGEST_MS) { runCatching { read(look()) }.isSuccess }

    /** The next code, once the screen has it. */
    fun anotherCode(before: String): String {
        rule.waitUntil("another code", 60_000) { read(look()) != before }
        return read(look())
    }

    /** These words, with whatever number is in them, are seen without scrolling. */
    fun wholeInSight(@StringRes id: Int) {
        val words = Regex(words(id, 77).split("77").joinToString("\\d+") { Regex.escape(it) })
        val said = SemanticsMatcher("says $words") { node -> node.config.getOrNull(SemanticsProperties.Text).orEmpty().any { words.matches(it) } }
        val node = rule.onNode(said, useUnmergedTree = true).fetchSemanticsNode()
        assertTrue("$words ${node.boundsInRoot} of ${node.size}", node.boundsInRoot.height >= node.size.height - 1)
    }

    /** No text is cut off, whatever its size; what can be touched is as large as a finger, and says what it is. */
    fun inspect() {
        val least = with(rule.density) { FINGER.toPx() } - 1
        val faults = mutableListOf<String>()
        for (node in rule.onAllNodes(SemanticsMatcher("any") { true }, useUnmergedTree = true).fetchSemanticsNodes()) {
            val words = node.config.getOrNull(SemanticsProperties.Text)?.joinToString() ?: continue
            val layouts = mutableListOf<TextLayoutResult>()
            node.config.getOrNull(SemanticsActions.GetTextLayoutResult)?.action?.invoke(layouts)
            // Pages scroll up and down, and never sideways.
            val narrow = node.boundsInRoot.height > 0 && node.boundsInRoot.width < node.size.width - 1
            if (narrow || layouts.any(::isCut)) faults += "cut off: $words"
        }
        for (node in rule.onAllNodes(hasClickAction()).fetchSemanticsNodes()) {
            val bounds = node.touchBoundsInRoot
            val name = node.config.getOrNull(SemanticsProperties.Text)?.joinToString() ?: node.config.getOrNull(SemanticsProperties.ContentDescription)?.joinToString()
            if (name.isNullOrEmpty() && node.config.getOrNull(SemanticsActions.SetText) == null) faults += "without a name: $bounds"
            // What is scrolled out of sight has no bounds there.
            val seen = node.boundsInRoot.height > 0 && node.positionInRoot.y + node.size.height <= rule.onRoot().fetchSemanticsNode().size.height
            if (seen && (bounds.height < least || bounds.width < least)) faults += "too small to touch: $name $bounds"
        }
        assertEquals(emptyList<String>(), faults)
    }

    private fun isCut(layout: TextLayoutResult): Boolean {
        val last = layout.lineCount - 1
        return (0..last).any { layout.isLineEllipsized(it) || layout.getLineRight(it) - layout.getLineLeft(it) > layout.size.width + 1 } ||
            layout.getLineBottom(last) > layout.size.height + 1 || layout.getLineEnd(last) < layout.layoutInput.text.length
    }

    /** Into the field of this name, once it is there: a page before it may say the same words. */
    fun type(@StringRes label: Int, text: String) {
        val field = hasText(words(label)) and hasSetTextAction()
        rule.waitUntil("to be filled in: ${words(label)}", LONGEST_MS) {
            rule.onAllNodes(field).fetchSemanticsNodes(atLeastOneRootRequired = false).isNotEmpty()
        }
        val node = rule.onNode(field)
        node.performScrollTo()
        node.performTextReplacement(text)
    }

    /** Takes up an offer as far as the first PIN, or what comes in its place. */
    fun takeUp(offer: Offer, atTxCode: () -> Unit = {}) {
        type(R.string.offer, offer.link)
        touch(R.string.next)
        see(R.string.tx_code_explained)
        atTxCode()
        type(R.string.tx_code, offer.txCode)
        touch(R.string.enrol)
    }

    /** From an offer to the first code, with a PIN or without one. */
    fun enrol(person: Pair<String, String>, pin: Boolean = false) {
        takeUp(TrialCity.offer(person.first, person.second))
        see(R.string.pin_explained)
        if (pin) {
            type(R.string.pin_new, PIN)
            type(R.string.pin_again, PIN)
            touch(R.string.pin_set)
            touch(R.string.close)
        } else {
            touch(R.string.later)
        }
        waitForCode()
    }

    fun look(): Bitmap = rule.onRoot().captureToImage().asAndroidBitmap()

    /** Keeps a picture of the screen. */
    fun keep(name: String): Bitmap = look().also { keepPicture(name, it) }

    private companion object {
        const val LONGEST_MS = 120_000L
        val FINGER = 48.dp
    }
}
