package ishenzhen.app

import android.graphics.Bitmap
import android.view.WindowManager
import ishenzhen.app.model.HomeState
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.annotation.Config
import org.robolectric.annotation.GraphicsMode
import szid.QUIET_ZONE

/** Turned, left, ended by the system and opened again; and back, from everywhere. */
@RunWith(RobolectricTestRunner::class)
@Config(application = TrialApp::class, sdk = [35], qualifiers = AgainTest.UPRIGHT)
@GraphicsMode(GraphicsMode.Mode.NATIVE)
class AgainTest {
    private val launch = Launch()
    @get:Rule val rule = launch.rule()
    private val screen by lazy { Screen(rule) }
    private val app get() = launch.app

    @Test fun `a phone on its side shows the same screen, and the whole code`() {
        open(1)
        launch.turn(ON_ITS_SIDE)
        screen.waitForCode()
        val picture = screen.keep("turned-code")
        isWhole(picture)
        screen.wholeInSight(R.string.seconds_left)
        assertEquals("accept", TrialCity.scan(read(picture)).getString("decision"))
        assertEquals(FULL to true, brightness() to flag(WindowManager.LayoutParams.FLAG_KEEP_SCREEN_ON))
        screen.inspect()

        screen.touch(R.string.tab_me)
        screen.touch(R.string.phones_title)
        screen.see(R.string.this_phone)
        screen.keep("turned-phones")
        launch.turn(UPRIGHT)
        screen.see(R.string.this_phone)
        assertEquals(AS_THE_PHONE to false, brightness() to flag(WindowManager.LayoutParams.FLAG_KEEP_SCREEN_ON))
        assertTrue(flag(WindowManager.LayoutParams.FLAG_SECURE))
    }

    @Test fun `a small phone on its side, with large text, still shows the whole code`() {
        RuntimeEnvironment.setFontScale(2f)
        open(2)
        launch.turn("zh-rCN-w480dp-h320dp-land-xhdpi")
        screen.waitForCode()
        val picture = screen.keep("turned-code-large")
        isWhole(picture)
        assertEquals("accept", TrialCity.scan(read(picture)).getString("decision"))
    }

    @Test fun `out of sight and back, the brightness is the code's, and elsewhere the phone's`() {
        open(3, pin = true)
        screen.touch(R.string.unlock)
        screen.type(R.string.pin, PIN)
        screen.touch(R.string.unlock)
        screen.see(R.string.unlocked)
        launch.leave()
        launch.comeBack()
        screen.waitForCode()
        assertEquals(FULL to true, brightness() to flag(WindowManager.LayoutParams.FLAG_KEEP_SCREEN_ON))
        // Whoever picked the phone up is not the one who unlocked.
        assertEquals(1, opened().unlocks.now().tier().toInt())
        rule.waitUntil("a code that says less", 60_000) { !screen.isThere(screen.words(R.string.unlocked)) }
        screen.touch(R.string.tab_uses)
        screen.see(R.string.uses_title)
        assertEquals(AS_THE_PHONE to false, brightness() to flag(WindowManager.LayoutParams.FLAG_KEEP_SCREEN_ON))
    }

    @Test fun `ended by the system and opened again, the holder is where they were, and locked`() {
        open(4, pin = true)
        for (place in PLACES) {
            place.go(screen)
            screen.see(place.says)
            launch.killAndOpenAgain()
            screen.see(place.says)
            assertTrue(flag(WindowManager.LayoutParams.FLAG_SECURE))
            assertEquals(1, opened().unlocks.now().tier().toInt())
            leaveFor(place)
        }
    }

    @Test fun `back leads up from everywhere, and out of the app from the code`() {
        open(5)
        for (place in PLACES) {
            place.go(screen)
            screen.see(place.says)
            assertTrue(flag(WindowManager.LayoutParams.FLAG_SECURE))
            leaveFor(place)
        }
        screen.back()
        assertTrue(launch.activity.isFinishing)
    }

    @Test fun `back from the transaction code leads to the offer, and from a venue's code to reading one`() {
        launch.open()
        screen.type(R.string.offer, "openid-credential-offer://?credential_offer=none")
        screen.touch(R.string.next)
        screen.see(R.string.tx_code_explained)
        screen.back()
        screen.see(R.string.enrol_explained)
        screen.back()
        assertTrue(launch.activity.isFinishing)
    }

    /** One screen up; then the code again. */
    private fun leaveFor(place: Reached) {
        screen.back()
        if (place.below != null) {
            screen.see(place.below)
            screen.back()
        }
        screen.waitForCode()
    }

    private fun open(person: Int, pin: Boolean = false) {
        Phone.enrol(citizen(19_860_101, person), "林再来")
        if (pin) Phone.wallet().use { it.setPin(PIN, it.appOpened()) }
        launch.open()
        screen.waitForCode()
    }

    private fun isWhole(picture: Bitmap) {
        val side = drawnIn(picture).width()
        assertEquals("whole pixels for each module", 0, side % MODULES)
        assertTrue("quiet zone", isQuiet(picture, QUIET_ZONE * side / MODULES))
    }

    private fun opened() = (app.home.state.value as HomeState.Enrolled).opened

    private fun brightness() = launch.activity.window.attributes.screenBrightness

    private fun flag(one: Int) = launch.activity.window.attributes.flags and one != 0

    /** How a screen is reached from the code, what it says, and what the screen above it says, where that is not the code. */
    private class Reached(val says: Int, val below: Int?, vararg val touched: Int) {
        fun go(screen: Screen) = touched.forEach { screen.touch(it) }
    }

    companion object {
        const val UPRIGHT = "zh-rCN-w360dp-h720dp-port-xhdpi"
        private const val ON_ITS_SIDE = "zh-rCN-w720dp-h360dp-land-xhdpi"
        private const val MODULES = 61
        private const val PIN = "702958"
        private const val FULL = WindowManager.LayoutParams.BRIGHTNESS_OVERRIDE_FULL
        private const val AS_THE_PHONE = WindowManager.LayoutParams.BRIGHTNESS_OVERRIDE_NONE

        private val PLACES = listOf(
            Reached(R.string.unlock_explained, null, R.string.unlock),
            Reached(R.string.number_explained, null, R.string.number_title),
            Reached(R.string.venue_explained, null, R.string.venue_title),
            Reached(R.string.uses_title, null, R.string.tab_uses),
            Reached(R.string.finger_title, null, R.string.tab_me),
            Reached(R.string.pin_explained, R.string.finger_title, R.string.tab_me, R.string.pin_title),
            Reached(R.string.finger_explained, R.string.phones_title, R.string.tab_me, R.string.finger_title),
            Reached(R.string.this_phone, R.string.finger_title, R.string.tab_me, R.string.phones_title),
            Reached(R.string.elderly_explained, R.string.finger_title, R.string.tab_me, R.string.elderly_title),
            Reached(R.string.language_of_phone, R.string.finger_title, R.string.tab_me, R.string.language_title),
            Reached(R.string.wipe_explained, R.string.finger_title, R.string.tab_me, R.string.wipe_title),
        )
    }
}
