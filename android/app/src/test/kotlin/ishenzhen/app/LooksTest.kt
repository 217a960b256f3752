package ishenzhen.app

import android.graphics.Bitmap
import androidx.compose.ui.test.junit4.v2.createAndroidComposeRule
import androidx.lifecycle.Lifecycle
import java.util.concurrent.CompletableFuture
import java.util.concurrent.TimeUnit
import kotlinx.coroutines.runBlocking
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test
import org.junit.rules.ExternalResource
import org.junit.rules.RuleChain
import org.junit.runner.RunWith
import org.robolectric.ParameterizedRobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.annotation.Config
import org.robolectric.annotation.GraphicsMode
import szid.QUIET_ZONE

/** Every screen in every language and size: drawn, nothing cut off, large enough to touch, and its code readable. */
@RunWith(ParameterizedRobolectricTestRunner::class)
@Config(application = TrialApp::class, sdk = [35])
@GraphicsMode(GraphicsMode.Mode.NATIVE)
class LooksTest(private val name: String, private val qualifiers: String, private val fontScale: Float, private val person: Pair<String, String>) {
    private val rule = createAndroidComposeRule<MainActivity>()

    @get:Rule val chain: RuleChain = RuleChain.outerRule(object : ExternalResource() {
        override fun before() {
            RuntimeEnvironment.setQualifiers(qualifiers)
            RuntimeEnvironment.setFontScale(fontScale)
            runBlocking { Elderly.set(RuntimeEnvironment.getApplication(), elderly).join() }
        }
    }).around(rule)

    private val screen by lazy { Screen(rule) }
    private val elderly = name == "elderly"

    private val drawn = mutableListOf<Bitmap>()

    @Test fun `every screen`() {
        walk()
        keepSheet("all-$name", drawn)
    }

    private fun walk() {
        screen.see(R.string.enrol_title)
        keep("enrol")
        screen.takeUp(TrialCity.offer(person.first, person.second)) { keep("tx-code") }

        screen.see(R.string.pin_explained)
        keep("first-pin")
        screen.touch(R.string.later)
        screen.waitForCode()
        val picture = keep("code")
        val digits = read(picture)
        val side = drawnIn(picture).width()
        assertEquals("whole pixels for each of $MODULES modules", 0, side % MODULES)
        assertTrue("quiet zone", isQuiet(picture, QUIET_ZONE * side / MODULES))
        screen.wholeInSight(R.string.seconds_left)
        assertEquals("accept", TrialCity.scan(digits).getString("decision"))

        val next = screen.anotherCode(digits)
        val verdict = CompletableFuture.supplyAsync { TrialCity.scanInHall(next, TrialCity.HOSPITAL) }
        screen.see(R.string.asked_title)
        screen.seeLive(R.string.approve)
        keep("asked")
        screen.touch(R.string.refuse)
        screen.see(R.string.refused)
        keep("refused")
        assertEquals("CONSENT_DENIED", verdict.get(20, TimeUnit.SECONDS).getString("reason"))
        screen.touch(R.string.close)

        screen.touch(R.string.unlock)
        screen.see(R.string.unlock_explained)
        keep("unlock")
        screen.back()
        screen.touch(R.string.number_title)
        screen.see(R.string.read_aloud)
        keep("number")
        screen.back()
        if (!elderly) {
            screen.touch(R.string.venue_title)
            screen.see(R.string.venue_digits)
            keep("venue")
            screen.type(R.string.venue_digits, TrialCity.venueCode(TrialCity.HOSPITAL))
            screen.touch(R.string.next)
            screen.see(R.string.venue_desk)
            keep("venue-asks")
            screen.back()
            screen.see(R.string.venue_digits)
            screen.back()
        }

        screen.touch(R.string.tab_uses)
        screen.see("演示市图书馆")
        keep("uses")
        screen.touch("演示市图书馆")
        screen.see(R.string.use_title)
        keep("use")
        screen.touch(R.string.receipt_fetch)
        screen.see(R.string.receipt_number)
        screen.touch(R.string.report_use)
        keep("receipt")
        screen.back()
        screen.touch(screen.words(R.string.events_title))
        screen.see(R.string.by_registrar)
        keep("events")
        screen.back()

        screen.touch(R.string.tab_me)
        keep("me")
        screen.touch(R.string.pin_title)
        screen.see(R.string.pin_explained)
        keep("pin")
        screen.back()
        screen.touch(R.string.finger_title)
        screen.see(R.string.finger_pin)
        keep("finger")
        screen.back()
        screen.touch(R.string.phones_title)
        screen.see(R.string.this_phone)
        keep("phones")
        screen.back()
        screen.touch(R.string.elderly_title)
        keep("mode")
        screen.back()
        TrialCity.askForAnotherPhone(person.first, person.second)
        rule.activityRule.scenario.moveToState(Lifecycle.State.CREATED)
        rule.activityRule.scenario.moveToState(Lifecycle.State.RESUMED)
        screen.touch(R.string.tab_code)
        screen.touch(R.string.new_phones_look)
        screen.see(R.string.new_phones_warning)
        keep("new-phone")
        screen.back()
        screen.touch(R.string.tab_me)
        if (elderly) return
        look("language", R.string.language_title, R.string.language_of_phone)
        look("name", R.string.name_title, R.string.turn_on)
        look("reminder", R.string.reminder_title, R.string.reminder_explained)
        look("keys", R.string.keys_title, R.string.keys_unknown)
        screen.touch(R.string.wipe_title)
        screen.see(R.string.wipe_explained)
        keep("wipe")
    }

    /** One of the settings, by its title and by what is seen once it is there. */
    private fun look(name: String, title: Int, there: Int) {
        screen.touch(title)
        screen.see(there)
        keep(name)
        screen.back()
    }

    private fun keep(place: String) = screen.keep("$name-$place").also {
        drawn += it
        screen.inspect()
        assertEquals(place, emptyList<String>(), faint(rule, it))
    }

    companion object {
        /** Of a code for any scene, which is version 11. */
        private const val MODULES = 61

        @JvmStatic
        @ParameterizedRobolectricTestRunner.Parameters(name = "{0}")
        fun looks(): List<Array<Any>> = listOf(
            arrayOf<Any>("zh", "zh-rCN-w360dp-h720dp-xhdpi", 1f, "440399198803150018" to "林示例"),
            arrayOf<Any>("hant", "zh-rHK-w360dp-h720dp-xhdpi", 1f, "440399199411020024" to "陈演示"),
            arrayOf<Any>("en", "en-rUS-w360dp-h720dp-xhdpi", 1f, "440399195202280032" to "黄样本"),
            arrayOf<Any>("dark", "zh-rCN-w360dp-h720dp-night-xhdpi", 1f, "44039919750707006X" to "何测试"),
            arrayOf<Any>("large", "zh-rCN-w320dp-h480dp-xhdpi", 2f, "440399199012310075" to "欧阳示范"),
            arrayOf<Any>("large-en", "en-rUS-w320dp-h480dp-xhdpi", 2f, "440399200105010085" to "阿依·演示"),
            arrayOf<Any>("elderly", "zh-rCN-w360dp-h720dp-xhdpi", 1f, "440399196101150137" to "冯长辈"),
            arrayOf<Any>("tablet", "zh-rCN-w800dp-h1280dp-mdpi", 1f, "440399196101150129" to "冯六五"),
        )
    }
}
