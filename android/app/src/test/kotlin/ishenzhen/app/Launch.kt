package ishenzhen.app

import android.content.Intent
import android.os.Bundle
import android.os.Parcel
import androidx.compose.ui.test.junit4.v2.AndroidComposeTestRule
import org.junit.rules.ExternalResource
import org.robolectric.Robolectric
import org.robolectric.RuntimeEnvironment
import org.robolectric.android.controller.ActivityController

/** Opens the app when the test says so: things happen to a phone before. */
class Launch : ExternalResource() {
    private var controller: ActivityController<MainActivity>? = null
    private val one get() = checkNotNull(controller) { "the app is not open" }
    val activity: MainActivity get() = one.get()
    val app get() = RuntimeEnvironment.getApplication() as TrialApp

    fun open(intent: Intent? = null) {
        controller = Robolectric.buildActivity(MainActivity::class.java, intent).setup()
    }

    /** Home was touched: the app is out of sight. */
    fun leave() {
        one.pause().stop()
    }

    fun comeBack() {
        one.restart().start().resume()
    }

    /** What the system keeps of the screen; read back from bytes, as another process has it. */
    fun saved(): Bundle {
        val kept = Bundle()
        one.saveInstanceState(kept)
        return Parcel.obtain().run {
            writeBundle(kept)
            setDataPosition(0)
            readBundle(MainActivity::class.java.classLoader)!!
        }
    }

    /** Out of sight, and ended by the system; then opened again from the list of recent apps. */
    fun killAndOpenAgain() {
        leave()
        val kept = saved()
        kill()
        controller = Robolectric.buildActivity(MainActivity::class.java).setup(kept)
    }

    /** The system ends the process. */
    fun kill() {
        one.destroy()
        controller = null
        app.die()
    }

    fun turn(qualifiers: String) {
        RuntimeEnvironment.setQualifiers(qualifiers)
        one.recreate()
    }

    fun close() {
        controller?.run { pause().stop().destroy() }
        controller = null
    }

    override fun after() = close()

    fun rule() = AndroidComposeTestRule(this, activityProvider = Launch::activity)
}
