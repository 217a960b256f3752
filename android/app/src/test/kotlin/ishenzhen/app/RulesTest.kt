package ishenzhen.app

import android.app.Activity
import android.content.ClipboardManager
import android.content.pm.ApplicationInfo
import android.content.res.XmlResourceParser
import android.os.Build
import android.os.Bundle
import android.os.Parcelable
import android.text.InputType
import android.util.SparseArray
import android.view.View
import android.view.ViewGroup
import android.view.WindowManager
import android.view.inputmethod.EditorInfo
import androidx.compose.ui.test.hasSetTextAction
import androidx.compose.ui.test.onFirst
import androidx.compose.ui.test.performClick
import java.io.ByteArrayOutputStream
import java.io.File
import java.io.PrintStream
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.annotation.Config
import org.robolectric.annotation.GraphicsMode
import org.robolectric.annotation.Implementation
import org.robolectric.annotation.Implements
import org.robolectric.shadows.ShadowActivity
import org.robolectric.shadows.ShadowLog

/** What a phone keeps or shows of an app beside its screen: nothing secret gets there. */
@RunWith(RobolectricTestRunner::class)
@Config(application = TrialApp::class, sdk = [35], qualifiers = "zh-rCN-w360dp-h720dp-xhdpi")
@GraphicsMode(GraphicsMode.Mode.NATIVE)
class RulesTest {
    private val launch = Launch()
    @get:Rule val rule = launch.rule()
    private val screen by lazy { Screen(rule) }
    private val app get() = launch.app

    /** The secrets so far: what was typed, drawn, or said. */
    private val secrets = mutableMapOf<String, String>()

    @Test fun `nothing secret in saved state, logs or clipboard, at any step`() {
        val clips = checkNotNull(app.getSystemService(ClipboardManager::class.java))
        var copied = 0
        clips.addPrimaryClipChangedListener { copied++ }
        val printed = ByteArrayOutputStream()
        val (out, err) = System.out to System.err
        System.setOut(PrintStream(printed, true))
        System.setErr(PrintStream(printed, true))
        try {
            walk()
        } finally {
            System.setOut(out)
            System.setErr(err)
        }
        assertEquals("copied", 0, copied)
        val told = ShadowLog.getLogs().joinToString("\n") { "${it.tag} ${it.msg} ${it.throwable?.stackTraceToString()}" }
        assertTrue("the log is read at all", ShadowLog.getLogs().isNotEmpty())
        assertEquals(emptyList<String>(), foundIn(told) + foundIn(printed.toString()))
    }

    private fun walk() {
        val offer = TrialCity.offer(citizen(19_870_101, 1), "林守密")
        secrets["offer"] = offer.link.substringAfterLast("offer").takeLast(24)
        secrets["transaction code"] = offer.txCode
        secrets["PIN"] = PIN
        launch.open()
        screen.type(R.string.offer, offer.link)
        nothingKept("offer")
        screen.touch(R.string.next)
        screen.type(R.string.tx_code, offer.txCode)
        nothingKept("tx-code")
        screen.touch(R.string.enrol)
        screen.type(R.string.pin_new, PIN)
        screen.type(R.string.pin_again, PIN)
        nothingKept("first pin")
        screen.touch(R.string.pin_set)
        screen.touch(R.string.close)
        screen.waitForCode()
        secrets["code"] = read(screen.look())
        nothingKept("code")
        screen.touch(R.string.unlock)
        screen.type(R.string.pin, PIN)
        nothingKept("unlock")
        screen.back()
        screen.touch(R.string.number_title)
        screen.see(R.string.read_aloud)
        val number = screen.firstText(Regex("[0-9]{3} [0-9]{3} [0-9]{3}"))
        secrets["number"] = number
        secrets["number in one"] = number.replace(" ", "")
        nothingKept("number")
        screen.back()
        screen.touch(R.string.tab_me)
        screen.touch(R.string.finger_title)
        screen.see(R.string.finger_pin)
        screen.type(R.string.pin, PIN)
        nothingKept("finger")
        screen.back()
        screen.touch(R.string.phones_title)
        screen.see(R.string.this_phone)
        nothingKept("phones")
    }

    private fun nothingKept(where: String) {
        rule.waitForIdle()
        launch.leave()
        val kept = textsIn(launch.saved())
        launch.comeBack()
        assertEquals(where, emptyList<String>(), foundIn(kept.joinToString("\n")))
    }

    private fun foundIn(text: String) = secrets.filter { it.value in text }.keys.toList()

    @Test fun `the walk through saved state finds what lies deep in it`() {
        val inner = Bundle().apply { putParcelableArrayList("list", arrayListOf<Parcelable>(Bundle().apply { putCharSequence("x", "a $PIN b") })) }
        val sparse = SparseArray<Parcelable>().apply { put(3, inner) }
        val outer = Bundle().apply { putSparseParcelableArray("views", sparse) }
        assertTrue(textsIn(outer).any { PIN in it })
    }

    /** Every text in it, however deep. */
    private fun textsIn(one: Any?): List<String> = when (one) {
        null -> emptyList()
        is Bundle -> one.keySet().flatMap { key -> listOf(key) + @Suppress("DEPRECATION") textsIn(one.get(key)) }
        is CharSequence -> listOf(one.toString())
        is Map<*, *> -> one.entries.flatMap { textsIn(it.key) + textsIn(it.value) }
        is Iterable<*> -> one.flatMap(::textsIn)
        is Array<*> -> one.flatMap(::textsIn)
        is SparseArray<*> -> (0 until one.size()).flatMap { textsIn(one.valueAt(it)) }
        is androidx.compose.runtime.State<*> -> textsIn(one.value)
        is Pair<*, *> -> textsIn(one.first) + textsIn(one.second)
        else -> listOf(one.toString())
    }

    @Test @Config(shadows = [WatchedActivity::class]) fun `nothing in screenshots and the list of recent apps`() {
        launch.open()
        screen.see(R.string.enrol_title)
        assertTrue(launch.activity.window.attributes.flags and WindowManager.LayoutParams.FLAG_SECURE != 0)
        assertEquals(false, WatchedActivity.inRecents)
    }

    @Test fun `nothing in backups`() {
        Phone.enrol(citizen(19_870_101, 2), "林备份")
        assertEquals(0, app.applicationInfo.flags and ApplicationInfo.FLAG_ALLOW_BACKUP)
        assertEquals(DOMAINS, excluded(app.resources.getXml(R.xml.backup_rules)).getValue("full-backup-content"))
        val newer = excluded(app.resources.getXml(R.xml.extraction_rules))
        assertEquals(mapOf("cloud-backup" to DOMAINS, "device-transfer" to DOMAINS), newer)
        // Were the rules not there, the vault would be out of a backup's reach all the same.
        assertTrue(Phone.folder.walk().any(File::isFile))
        assertTrue(Phone.folder.startsWith(app.noBackupFilesDir))
        val others = app.dataDir.walk().filter { it.isFile && !it.startsWith(app.noBackupFilesDir) }
        assertEquals(emptyList<String>(), others.map { it.name }.filter { it != "settings.xml" }.toList())
    }

    /** The domains left out whole, by the element around them. */
    private fun excluded(rules: XmlResourceParser): Map<String, Set<String>> {
        val found = mutableMapOf<String, MutableSet<String>>()
        var around = ""
        while (rules.next() != XmlResourceParser.END_DOCUMENT) {
            if (rules.eventType != XmlResourceParser.START_TAG) continue
            if (rules.name == "include") error("something goes into backups")
            if (rules.name == "exclude") {
                assertEquals(null, rules.getAttributeValue(null, "path"))
                found.getOrPut(around, ::mutableSetOf) += rules.getAttributeValue(null, "domain")
            } else {
                around = rules.name
            }
        }
        return found
    }

    @Test fun `a keyboard learns nothing of what is typed`() {
        launch.open()
        screen.type(R.string.offer, "openid-credential-offer://?credential_offer=none")
        assertEquals("no suggestions for the offer", 0, typeOfInput() and InputType.TYPE_TEXT_FLAG_AUTO_CORRECT)
        screen.touch(R.string.next)
        screen.see(R.string.tx_code)
        assertEquals(DIGITS_HIDDEN, typeOfInput())
        launch.close()
        app.die()
        Phone.enrol(citizen(19_870_101, 3), "林键盘")
        launch.open()
        screen.touch(R.string.unlock)
        screen.see(R.string.unlock_explained)
        assertEquals(DIGITS_HIDDEN, typeOfInput())
        screen.back()
        screen.touch(R.string.tab_me)
        screen.touch(R.string.pin_title)
        screen.see(R.string.pin_new)
        assertEquals(DIGITS_HIDDEN, typeOfInput())
    }

    /** What a keyboard is told of the first field, once it is touched. */
    private fun typeOfInput(): Int {
        rule.onAllNodes(hasSetTextAction()).onFirst().performClick()
        rule.waitForIdle()
        return rule.runOnUiThread {
            val told = EditorInfo()
            val view = views(launch.activity.window.decorView).first(View::onCheckIsTextEditor)
            checkNotNull(view.onCreateInputConnection(told))
            told.inputType
        }
    }

    private fun views(from: View): Sequence<View> = sequence {
        yield(from)
        if (from is ViewGroup) for (at in 0 until from.childCount) yieldAll(views(from.getChildAt(at)))
    }

    private companion object {
        const val PIN = "702958"
        const val DIGITS_HIDDEN = InputType.TYPE_CLASS_NUMBER or InputType.TYPE_NUMBER_VARIATION_PASSWORD
        val DOMAINS = setOf("root", "file", "database", "sharedpref", "external")
    }
}

/** Hears whether the list of recent apps may have a picture. */
@Implements(Activity::class)
class WatchedActivity : ShadowActivity() {
    @Implementation(minSdk = Build.VERSION_CODES.TIRAMISU)
    fun setRecentsScreenshotEnabled(enabled: Boolean) {
        inRecents = enabled
    }

    companion object {
        var inRecents: Boolean? = null
    }
}
