package ishenzhen.app

import android.os.Looper
import android.os.StrictMode
import android.system.Os
import com.sun.jna.Function
import com.sun.jna.NativeLibrary
import java.io.File
import java.net.URI
import java.util.Collections
import java.util.Locale
import org.junit.After
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config
import org.robolectric.annotation.GraphicsMode

/**
 * The thread that draws neither reads nor writes the app's files nor talks to the network, in Kotlin or in the core: seen below
 * the program, at the C library, and by StrictMode where the framework tells it.
 */
@RunWith(RobolectricTestRunner::class)
@Config(application = TrialApp::class, sdk = [35], qualifiers = "zh-rCN-w360dp-h720dp-xhdpi")
@GraphicsMode(GraphicsMode.Mode.NATIVE)
class MainThreadTest {
    private val launch = Launch()
    @get:Rule val rule = launch.rule()
    private val screen by lazy { Screen(rule) }
    private val app get() = launch.app
    private val violations: MutableList<String> = Collections.synchronizedList(mutableListOf())

    private fun native(name: String): Function = NativeLibrary.getProcess().getFunction(name)

    private fun watch() {
        StrictMode.setThreadPolicy(
            StrictMode.ThreadPolicy.Builder().detectDiskReads().detectDiskWrites().detectNetwork()
                .penaltyListener(Runnable::run) { violations += it.stackTraceToString() }.build(),
        )
        native("trial_watch").invokeVoid(arrayOf<Any>(app.dataDir.path))
    }

    private fun watched() = native("trial_watched").invokeString(emptyArray(), false).lines().filter(String::isNotEmpty)

    @After fun lax() = StrictMode.setThreadPolicy(StrictMode.ThreadPolicy.LAX)

    @Test fun `from the first start to the last screen`() {
        // The counter is not on this phone.
        val offer = TrialCity.offer(citizen(19_890_101, 1), "林流畅")
        watch()
        launch.open()
        screen.takeUp(offer)
        screen.type(R.string.pin_new, PIN)
        screen.type(R.string.pin_again, PIN)
        screen.touch(R.string.pin_set)
        screen.touch(R.string.close)
        screen.waitForCode()
        screen.touch(R.string.unlock)
        screen.type(R.string.pin, PIN)
        screen.touch(R.string.unlock)
        screen.see(R.string.unlocked)
        screen.touch(R.string.number_title)
        screen.touch(R.string.read_aloud)
        screen.back()
        screen.touch(R.string.venue_title)
        screen.see(R.string.venue_explained)
        screen.back()
        screen.touch(R.string.tab_uses)
        screen.see(R.string.uses_none)
        screen.touch(R.string.tab_me)
        screen.touch(R.string.finger_title)
        screen.see(R.string.finger_pin)
        screen.type(R.string.pin, PIN)
        screen.touch(R.string.turn_on)
        screen.see(R.string.finger_is_on)
        screen.back()
        screen.touch(R.string.phones_title)
        screen.see(R.string.this_phone)
        screen.back()
        screen.touch(R.string.elderly_title)
        screen.touch(R.string.turn_on)
        screen.see(R.string.turn_off)
        screen.touch(R.string.turn_off)
        screen.see(R.string.turn_on)
        screen.back()
        screen.touch(R.string.language_title)
        val other = Locale.forLanguageTag("zh-Hant")
        screen.touch(other.getDisplayName(other))
        rule.waitUntil("another language", 10_000) { screen.isThere("語言") }
        launch.leave()
        launch.comeBack()
        screen.back()
        screen.touchJust("亮碼")
        screen.waitForCode()
        assertEquals(emptyList<String>(), watched())
        assertEquals(emptyList<String>(), violations)
    }

    @Test fun `what is watched for is seen`() {
        watch()
        val file = File(app.dataDir, "seen")
        file.writeText("x")
        assertEquals("x", file.readText())
        assertTrue(runCatching { URI("http://127.0.0.1:9/").toURL().openStream() }.isFailure)
        // The core's own disk, in this thread.
        Phone.enrol(citizen(19_890_101, 2), "林看见")
        val seen = watched().map { "${it.substringBefore(' ')} ${it.substringAfter(' ').substringAfterLast('/').substringBefore('[')}" }
        assertTrue("$seen", listOf("open seen", "write seen", "read seen", "connect socket:", "open db").all(seen::contains))
        assertEquals(emptyList<String>(), violations)
        Os.mkdir(File(app.dataDir, "made").path, 448)
        shadowOf(Looper.getMainLooper()).idle()
        assertTrue("$violations", violations.any { "DiskWriteViolation" in it && "mkdir" in it })
    }

    private companion object {
        const val PIN = "702958"
    }
}
