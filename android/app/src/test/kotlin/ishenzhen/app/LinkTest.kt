package ishenzhen.app

import android.content.Intent
import android.net.Uri
import android.view.MotionEvent
import android.view.View
import androidx.test.platform.app.InstrumentationRegistry
import androidx.compose.ui.test.junit4.v2.createAndroidComposeRule
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.annotation.Config
import org.robolectric.annotation.GraphicsMode

/** The app opened by a link, and by other apps that mean no good. */
@RunWith(RobolectricTestRunner::class)
@Config(application = TrialApp::class, sdk = [35], qualifiers = "zh-rCN-w360dp-h720dp-xhdpi")
@GraphicsMode(GraphicsMode.Mode.NATIVE)
class LinkTest {
    @get:Rule val rule = createAndroidComposeRule<MainActivity>()

    private val screen by lazy { Screen(rule) }

    @Test fun `the counter's link opens at the transaction code, and a phone that has a code says so`() {
        val offer = TrialCity.offer("44039919880315027X", "林链接")
        screen.see(R.string.enrol_title)
        open(offer.link)
        screen.type(R.string.tx_code, offer.txCode)
        screen.touch(R.string.enrol)
        screen.touch(R.string.later)
        screen.waitForCode()
        open(TrialCity.offer("440399198803150288", "林另一").link)
        screen.see(R.string.offer_turned_down)
        screen.keep("offer-turned-down")
        screen.touch(R.string.understood)
        screen.waitForCode()
    }

    @Test fun `an offer that is under way is not replaced by a link`() {
        val offer = TrialCity.offer("440399198803150296", "林在办")
        screen.type(R.string.offer, offer.link)
        screen.touch(R.string.next)
        screen.see(R.string.tx_code_explained)
        open("openid-credential-offer:x")
        screen.see(R.string.offer_under_way)
        screen.keep("offer-under-way")
        screen.touch(R.string.understood)
        screen.type(R.string.tx_code, offer.txCode)
        screen.touch(R.string.enrol)
        screen.touch(R.string.later)
        screen.waitForCode()
    }

    @Test fun `a link of a million characters is an offer that is none`() {
        screen.see(R.string.enrol_title)
        open("openid-credential-offer://?x=" + "1".repeat(1_000_000))
        screen.type(R.string.tx_code, "123456")
        screen.touch(R.string.enrol)
        screen.see("WALLET_OFFER")
    }

    @Test fun `a touch through another app's window does not count`() {
        val root = rule.activity.window.decorView
        val touch = { flags: Int ->
            val at = MotionEvent.PointerCoords().apply { x = 5f; y = 5f; pressure = 1f; size = 1f }
            val pointer = MotionEvent.PointerProperties().apply { id = 0 }
            MotionEvent.obtain(0, 0, MotionEvent.ACTION_DOWN, 1, arrayOf(pointer), arrayOf(at), 0, 0, 1f, 1f, 0, 0, 0, flags)
        }
        assertEquals(false to true, root.onFilterTouchEventForSecurity(touch(MotionEvent.FLAG_WINDOW_IS_OBSCURED)) to root.onFilterTouchEventForSecurity(touch(0)))
        assertEquals(View.IMPORTANT_FOR_AUTOFILL_NO_EXCLUDE_DESCENDANTS, root.importantForAutofill)
        assertTrue(rule.activity.packageManager.getActivityInfo(rule.activity.componentName, 0).taskAffinity.isNullOrEmpty())
    }

    private fun open(link: String) = rule.runOnUiThread {
        InstrumentationRegistry.getInstrumentation().callActivityOnNewIntent(rule.activity, Intent(Intent.ACTION_VIEW, Uri.parse(link)))
    }
}
