package ishenzhen.app

import android.view.WindowManager
import androidx.compose.ui.test.junit4.v2.createAndroidComposeRule
import java.util.concurrent.CompletableFuture
import java.util.concurrent.TimeUnit
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.annotation.Config
import org.robolectric.annotation.GraphicsMode

/** A citizen's whole way through the app: the real core, the real service, a real gate, and codes read off the screen. */
@RunWith(RobolectricTestRunner::class)
@Config(application = TrialApp::class, sdk = [35], qualifiers = "zh-rCN-w360dp-h720dp-xhdpi")
@GraphicsMode(GraphicsMode.Mode.NATIVE)
class WholeWayTest {
    @get:Rule val rule = createAndroidComposeRule<MainActivity>()

    private val screen by lazy { Screen(rule) }

    @Test fun `a citizen enrols, is accepted, approves what a hospital asks, and sees both`() {
        val offer = TrialCity.offer("440399200002290117", "孙闰日")
        screen.see(R.string.enrol_title)
        screen.keep("enrol")
        screen.takeUp(offer) {
            // A wrong code is asked for again.
            screen.type(R.string.tx_code, "000000")
            screen.touch(R.string.enrol)
            screen.see("WALLET_REFUSED")
        }

        screen.see(R.string.pin_explained)
        screen.type(R.string.pin_new, PIN)
        screen.type(R.string.pin_again, PIN)
        screen.touch(R.string.pin_set)
        screen.see(R.string.pin_done)
        screen.touch(R.string.close)

        screen.see("无网络也可亮码")
        assertEquals(1f to true, brightness() to flag(WindowManager.LayoutParams.FLAG_KEEP_SCREEN_ON))
        assertTrue(flag(WindowManager.LayoutParams.FLAG_SECURE))
        val digits = read(screen.keep("code"))
        assertEquals("accept", TrialCity.scan(digits).getString("decision"))

        // The code of before was used; the screen soon has another one.
        val atGate = screen.anotherCode(digits)
        assertEquals("accept", TrialCity.scanAtGate(atGate).getString("decision"))
        assertEquals("REPLAY", TrialCity.scanAtGate(atGate).getString("reason"))

        val next = screen.anotherCode(atGate)
        val verdict = CompletableFuture.supplyAsync { TrialCity.scanInHall(next, TrialCity.HOSPITAL) }
        screen.see(R.string.asked_title)
        screen.see("演示市综合服务大厅 · 南山分厅")
        screen.keep("asked")
        screen.touch(R.string.approve)
        screen.type(R.string.pin, PIN)
        screen.keep("asked-pin")
        screen.touch(R.string.approve)
        screen.see(R.string.approved)
        assertEquals("OK", verdict.get(20, TimeUnit.SECONDS).getString("reason"))
        screen.keep("approved")
        screen.touch(R.string.close)

        screen.touch(R.string.tab_uses)
        screen.see("演示市图书馆")
        screen.see("演示市综合服务大厅")
        screen.see(R.string.was_accepted)
        assertEquals(WindowManager.LayoutParams.BRIGHTNESS_OVERRIDE_NONE to false, brightness() to flag(WindowManager.LayoutParams.FLAG_KEEP_SCREEN_ON))
        assertTrue(flag(WindowManager.LayoutParams.FLAG_SECURE))

        screen.touch(R.string.tab_me)
        screen.touch(R.string.phones_title)
        screen.touch(R.string.lost_report)
        screen.touch(R.string.lost_now)
        screen.see(R.string.others_ended)
        screen.see(R.string.frozen_now)
        screen.keep("frozen-phones")
        screen.back()
        screen.touch(R.string.tab_code)
        screen.see(R.string.frozen_refused)
        val refused = TrialCity.scan(read(screen.keep("frozen-code")))
        assertEquals("refuse" to "FROZEN", refused.getString("decision") to refused.getString("reason"))
        // The gate asks for news once a minute.
        rule.waitUntil("the gate to know", 120_000) { TrialCity.scanAtGate(read(screen.look())).getString("reason") == "FROZEN" }

        screen.touch(R.string.tab_me)
        screen.touch(R.string.wipe_title)
        screen.touch(R.string.wipe_title)
        screen.touch(R.string.wipe_now)
        screen.see(R.string.enrol_title)
        assertEquals(emptySet<String>(), FakeKeyStore.entries.keys.filter { it != "szid.sealing" }.toSet())
    }

    private fun brightness() = rule.activity.window.attributes.screenBrightness

    private fun flag(one: Int) = rule.activity.window.attributes.flags and one != 0
}
