package ishenzhen.app

import android.Manifest
import android.content.pm.PackageManager
import android.graphics.SurfaceTexture
import android.view.Surface
import android.view.SurfaceView
import android.view.View
import android.view.ViewGroup
import androidx.compose.ui.test.junit4.v2.createAndroidComposeRule
import ishenzhen.app.model.HomeState
import ishenzhen.sdk.BackCamera
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Rule
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config
import org.robolectric.annotation.GraphicsMode
import org.robolectric.shadows.ShadowSurfaceView
import org.robolectric.shadows.ShadowTextToSpeech
import szid.KeyPortException

/** The ways to be known where no scanner reads the code: a number to say, and a venue's code. */
@RunWith(RobolectricTestRunner::class)
@Config(application = TrialApp::class, sdk = [35], qualifiers = "zh-rCN-w360dp-h720dp-xhdpi")
@GraphicsMode(GraphicsMode.Mode.NATIVE)
class OtherWaysTest {
    @get:Rule val rule = createAndroidComposeRule<MainActivity>()

    private val screen by lazy { Screen(rule) }
    private val app get() = rule.activity.application as TrialApp
    private val camera get() = app.camera
    private val finger get() = app.finger

    private fun opened() = (app.home.state.value as HomeState.Enrolled).opened

    @Test fun `a number is said, accepted once, and read aloud`() {
        screen.enrol("440399198803150122" to "林报号")
        screen.touch(R.string.number_title)
        screen.see(R.string.read_aloud)
        screen.keep("number")
        val number = screen.firstText(Regex("[0-9]{3} [0-9]{3} [0-9]{3}"))
        assertEquals("accept", TrialCity.scan(number).getString("decision"))
        assertEquals("refuse", TrialCity.scan(number, "desk-2").getString("decision"))
        screen.touch(R.string.read_aloud)
        val said = shadowOf(ShadowTextToSpeech.getLastTextToSpeechInstance()).lastSpokenText
        assertEquals(number.replace(" ", ""), said.filter(Char::isDigit))
    }

    @Test fun `a venue's code is scanned, seen and confirmed`() {
        screen.enrol("440399198803150130" to "林场所")
        TrialCity.visitsInHall()
        camera.before = photographed(TrialCity.venueCode(TrialCity.LIBRARY))
        shadowOf(rule.activity.application).grantPermissions(Manifest.permission.CAMERA)
        screen.touch(R.string.venue_title)
        screen.touch(R.string.camera_open)
        holdUp()
        screen.see("演示市综合服务大厅 · 南山分厅")
        rule.waitUntil("the camera rests", 10_000) { !camera.looking }
        screen.keep("venue-asks")
        screen.touch(R.string.confirm)
        screen.see(R.string.visit_accepted)
        screen.keep("venue-accepted")
        val visits = TrialCity.visitsInHall()
        assertEquals("accept", visits.getJSONObject(visits.length() - 1).getString("decision"))
        screen.touch(R.string.close)
        screen.waitForCode()
    }

    @Test fun `a scene that wants more than an open app has the PIN entered first`() {
        screen.enrol("440399198803150149" to "林密码", pin = true)
        TrialCity.visitsInHall()
        screen.touch(R.string.venue_title)
        screen.type(R.string.venue_digits, TrialCity.venueCode(TrialCity.HOSPITAL))
        screen.touch(R.string.next)
        screen.touch(R.string.confirm)
        screen.type(R.string.pin, "111111")
        screen.touch(R.string.confirm)
        screen.see("PIN_WRONG")
        screen.type(R.string.pin, PIN)
        screen.touch(R.string.confirm)
        screen.see(R.string.visit_accepted)
    }

    @Test fun `finger or face unlocks in place of the PIN, for the code and for what a scene asks`() {
        screen.enrol("440399198803150173" to "林指纹", pin = true)
        screen.touch(R.string.tab_me)
        screen.touch(R.string.finger_title)
        screen.type(R.string.pin, PIN)
        screen.touch(R.string.turn_on)
        screen.see(R.string.finger_is_on)
        screen.keep("finger")
        screen.back()
        screen.touch(R.string.tab_code)
        // The PIN has just unlocked; out of sight, that is over.
        rule.runOnUiThread { opened().unlocks.lock() }
        screen.touch(R.string.unlock)
        finger.fault = KeyPortException.NotAllowed()
        screen.touch(R.string.by_finger)
        screen.see("UNLOCK_NOT_ALLOWED")
        finger.fault = null
        screen.touch(R.string.by_finger)
        screen.see(R.string.unlocked)
        assertEquals(3, opened().unlocks.now().tier().toInt())
        screen.keep("code-unlocked")

        // Another finger was added on the phone: its key is lost, and the PIN goes on.
        rule.runOnUiThread { opened().unlocks.lock() }
        TrialCity.visitsInHall()
        screen.touch(R.string.venue_title)
        screen.type(R.string.venue_digits, TrialCity.venueCode(TrialCity.HOSPITAL))
        screen.touch(R.string.next)
        screen.touch(R.string.confirm)
        finger.fault = KeyPortException.Lost()
        screen.touch(R.string.by_finger)
        rule.waitUntil("finger or face is gone", 10_000) { !screen.isThere(screen.words(R.string.by_finger)) }
        screen.type(R.string.pin, PIN)
        screen.touch(R.string.confirm)
        screen.see(R.string.visit_accepted)
        screen.touch(R.string.close)
        screen.touch(R.string.tab_me)
        finger.there = false
        screen.touch(R.string.finger_title)
        screen.see(R.string.finger_away)
    }

    @Test fun `a code for one desk is refused at another`() {
        screen.enrol("440399198803150157" to "林柜台")
        screen.touch(R.string.venue_title)
        screen.type(R.string.venue_digits, TrialCity.venueCode(TrialCity.LIBRARY))
        screen.touch(R.string.next)
        screen.touch(R.string.code_for_desk)
        screen.waitForCode()
        val digits = read(screen.keep("code-for-desk"))
        assertEquals("refuse", TrialCity.scan(digits).getString("decision"))
        assertEquals("accept", TrialCity.scanInHall(digits, TrialCity.LIBRARY).getString("decision"))
    }

    @Test fun `what is no venue's code, and a camera that is refused or away, are said`() {
        screen.enrol("440399198803150165" to "林错码")
        screen.touch(R.string.venue_title)
        screen.type(R.string.venue_digits, "1".repeat(1_000_000))
        screen.touch(R.string.next)
        screen.see("VENUE_CODE")
        screen.touch(R.string.camera_open)
        refuseCamera()
        screen.see(R.string.camera_denied)
        assertFalse(camera.looking)
        shadowOf(rule.activity.application).grantPermissions(Manifest.permission.CAMERA)
        screen.touch(R.string.camera_open)
        holdUp()
        screen.see(R.string.camera_away)
    }

    /** What the system's own question answers where the holder says no. */
    @Suppress("DEPRECATION")
    private fun refuseCamera() {
        rule.waitUntil("the question for the camera", 10_000) { shadowOf(rule.activity).lastRequestedPermission != null }
        val asked = shadowOf(rule.activity).lastRequestedPermission.requestCode
        rule.runOnUiThread {
            rule.activity.onRequestPermissionsResult(asked, arrayOf(Manifest.permission.CAMERA), intArrayOf(PackageManager.PERMISSION_DENIED))
        }
    }

    /** The surface of the picture is there, which no display makes here. */
    private fun holdUp() {
        rule.waitUntil("a picture of the camera", 10_000) { views(rule.activity.window.decorView).any { it is SurfaceView } }
        rule.runOnUiThread {
            val view = views(rule.activity.window.decorView).filterIsInstance<SurfaceView>().first()
            val holder = object : ShadowSurfaceView.FakeSurfaceHolder() {
                override fun getSurface() = Surface(SurfaceTexture(0))
            }
            shadowOf(view).fakeSurfaceHolder.callbacks.forEach { it.surfaceChanged(holder, 0, BackCamera.WIDTH, BackCamera.HEIGHT) }
        }
    }

    private fun views(from: View): Sequence<View> = sequence {
        yield(from)
        if (from is ViewGroup) for (at in 0 until from.childCount) yieldAll(views(from.getChildAt(at)))
    }
}
