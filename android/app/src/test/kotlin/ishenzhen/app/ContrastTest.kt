package ishenzhen.app

import android.graphics.Bitmap
import androidx.compose.foundation.background
import androidx.compose.foundation.layout.Column
import androidx.compose.material3.ColorScheme
import androidx.compose.material3.Text
import androidx.compose.ui.Modifier
import androidx.compose.ui.graphics.Color
import androidx.compose.ui.graphics.asAndroidBitmap
import androidx.compose.ui.test.captureToImage
import androidx.compose.ui.test.junit4.v2.createAndroidComposeRule
import androidx.compose.ui.test.onRoot
import androidx.compose.ui.unit.sp
import androidx.activity.compose.setContent
import ishenzhen.app.screen.DARK
import ishenzhen.app.screen.LIGHT
import org.junit.Assert.assertEquals
import org.junit.Rule
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.annotation.Config
import org.robolectric.annotation.GraphicsMode

/** WCAG 2.2 AA: what is read against what it stands on, and what marks a control against what is around it. */
@RunWith(RobolectricTestRunner::class)
@Config(application = TrialApp::class, sdk = [35], qualifiers = "zh-rCN-w360dp-h720dp-mdpi")
@GraphicsMode(GraphicsMode.Mode.NATIVE)
class ContrastTest {
    @get:Rule val rule = createAndroidComposeRule<MainActivity>()

    @Test fun `the colours of both themes`() {
        val faults = mapOf("light" to LIGHT, "dark" to DARK).flatMap { (name, scheme) -> faultsOf(name, scheme) }
        assertEquals(emptyList<String>(), faults)
    }

    private fun faultsOf(name: String, c: ColorScheme): List<String> {
        val read = listOf(
            "text" to (c.onSurface to c.surface), "text on a card" to (c.onSurface to c.surfaceContainer),
            "text of an advice" to (c.onSurface to c.surfaceContainerHighest), "beside" to (c.onSurfaceVariant to c.surface),
            "beside, on a card" to (c.onSurfaceVariant to c.surfaceContainer), "code of an advice" to (c.onSurfaceVariant to c.surfaceContainerHighest),
            "button" to (c.onPrimary to c.primary), "other button" to (c.primary to c.surface), "other button on a card" to (c.primary to c.surfaceContainer),
            "tab" to (c.onSurfaceVariant to c.surfaceContainer), "tab of now" to (c.secondary to c.surfaceContainer),
        )
        val marks = listOf(
            "border of a button" to (c.outline to c.surface), "border on a card" to (c.outline to c.surfaceContainer), "ring" to (c.primary to c.surface),
            "button" to (c.primary to c.surface), "choice" to (c.primary to c.surfaceContainer), "choice not taken" to (c.onSurfaceVariant to c.surfaceContainer),
            "icon of the tab of now" to (c.onSecondaryContainer to c.secondaryContainer),
        )
        return listOf(4.5 to read, 3.0 to marks).flatMap { (least, pairs) ->
            pairs.filter { (_, pair) -> contrast(pair.first, pair.second) < least }.map { (what, pair) -> "$name, $what: ${contrast(pair.first, pair.second)}" }
        }
    }

    @Test fun `what is faint is found in a picture, and what is not is not`() {
        assertEquals(21.0, contrast(Color.Black, Color.White), 0.01)
        assertEquals(4.54, contrast(Color(0xFF767676), Color.White), 0.01)
        rule.runOnUiThread {
            rule.activity.setContent {
                Column(Modifier.background(Color.White)) {
                    Text("黑字", color = Color.Black, fontSize = 16.sp)
                    Text("灰字", color = Color(0xFF999999), fontSize = 16.sp)
                    Text("大灰", color = Color(0xFF8A8A8A), fontSize = 30.sp)
                    Text("大淡", color = Color(0xFFAAAAAA), fontSize = 30.sp)
                }
            }
        }
        val picture: Bitmap = rule.onRoot().captureToImage().asAndroidBitmap()
        assertEquals(listOf("灰字", "大淡"), faint(rule, picture).map { it.substringBefore(':') })
    }
}
