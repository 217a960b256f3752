package ishenzhen.app

import android.app.job.JobInfo
import android.app.job.JobParameters
import android.app.job.JobScheduler
import android.security.keystore.UserNotAuthenticatedException
import androidx.compose.ui.test.junit4.v2.createAndroidComposeRule
import androidx.lifecycle.Lifecycle
import ishenzhen.app.model.HomeState
import ishenzhen.app.model.Unseen
import ishenzhen.sdk.RefreshJob
import kotlinx.coroutines.runBlocking
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config
import org.robolectric.annotation.GraphicsMode
import org.robolectric.shadow.api.Shadow

/** What the phone does by itself while nobody looks. */
@RunWith(RobolectricTestRunner::class)
@Config(application = TrialApp::class, sdk = [35], qualifiers = "zh-rCN-w360dp-h720dp-xhdpi")
@GraphicsMode(GraphicsMode.Mode.NATIVE)
class BackgroundTest {
    @get:Rule val rule = createAndroidComposeRule<MainActivity>()

    private val screen by lazy { Screen(rule) }
    private val app get() = rule.activity.application as TrialApp

    @Test fun `passes are fetched twice a day with a connection, from an enrolment to a wipe`() {
        assertNull(pending())
        screen.enrol("440399198803150237" to "林后台")
        rule.waitUntil("the job", 10_000) { pending() != null }
        val job = pending()!!
        assertTrue(job.isPersisted && job.isPeriodic && job.requiredNetwork != null)
        assertEquals(12 * 3_600_000L, job.intervalMillis)

        val service = Robolectric.setupService(RefreshJob::class.java)
        assertTrue(service.onStartJob(Shadow.newInstanceOf(JobParameters::class.java)))
        rule.waitUntil("the job is done", 10_000) { shadowOf(service).isJobFinished }
        assertFalse(shadowOf(service).isRescheduleNeeded)

        screen.touch(R.string.tab_me)
        screen.touch(R.string.wipe_title)
        screen.touch(R.string.wipe_title)
        screen.touch(R.string.wipe_now)
        screen.see(R.string.enrol_title)
        rule.waitUntil("no job", 10_000) { pending() == null }
    }

    @Test fun `nothing is fetched while the phone's keys are locked, and it is tried again`() {
        screen.enrol("440399198803150245" to "林锁屏")
        rule.activityRule.scenario.moveToState(Lifecycle.State.CREATED)
        // The process ended; the system wakes it while the phone is locked.
        (app.home.state.value as HomeState.Enrolled).opened.wallet.close()
        FakeKeyStore.fault = UserNotAuthenticatedException()
        val fresh = app.makeHome()
        assertFalse(runBlocking { fresh.refreshUnseen() == Unseen.DONE })
        assertTrue(fresh.state.value is HomeState.Stopped)
        FakeKeyStore.fault = null
        assertEquals(Unseen.DONE, runBlocking { fresh.refreshUnseen() })
        (fresh.state.value as HomeState.Enrolled).opened.wallet.close()
    }

    private fun pending(): JobInfo? = app.getSystemService(JobScheduler::class.java)!!.getPendingJob(RefreshJob.ID)
}
