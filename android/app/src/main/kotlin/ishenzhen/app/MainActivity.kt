package ishenzhen.app

import android.content.Intent
import android.os.Build
import android.os.Bundle
import android.view.MotionEvent
import android.view.View
import android.view.WindowManager
import androidx.activity.ComponentActivity
import androidx.activity.compose.setContent
import androidx.activity.enableEdgeToEdge
import androidx.annotation.RequiresApi
import androidx.compose.runtime.getValue
import androidx.lifecycle.Lifecycle
import androidx.lifecycle.compose.collectAsStateWithLifecycle
import androidx.lifecycle.lifecycleScope
import androidx.lifecycle.repeatOnLifecycle
import ishenzhen.app.model.HomeState
import ishenzhen.app.screen.AppScreen
import ishenzhen.app.screen.InLanguage
import ishenzhen.app.screen.Theme
import ishenzhen.sdk.RefreshJob
import ishenzhen.sdk.Reminder
import kotlinx.coroutines.flow.collectLatest
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.launch

/** The app's one window. Nothing of it goes into screenshots or the list of recent apps. */
class MainActivity : ComponentActivity() {
    private val app get() = application as CitizenApp
    private val home get() = app.home

    /** The wallet of somebody who is enrolled, while it is open. */
    private val enrolled get() = (home.state.value as? HomeState.Enrolled)?.opened

    override fun onCreate(savedInstanceState: Bundle?) {
        super.onCreate(savedInstanceState)
        window.addFlags(WindowManager.LayoutParams.FLAG_SECURE)
        // No touch counts that went through another app's window, and no service is offered what is typed.
        window.decorView.filterTouchesWhenObscured = true
        window.decorView.importantForAutofill = View.IMPORTANT_FOR_AUTOFILL_NO_EXCLUDE_DESCENDANTS
        if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.S) aloneSince31()
        if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.TIRAMISU) notInRecentsSince33()
        enableEdgeToEdge()
        // A link that was opened once is not opened again from the list of recent apps.
        val again = intent.flags and Intent.FLAG_ACTIVITY_LAUNCHED_FROM_HISTORY != 0
        if (savedInstanceState == null && !again) takeOffer(intent)
        setContent {
            val choices by app.choices.collectAsStateWithLifecycle()
            choices?.let { InLanguage(it.language) { Theme(it.elderly) { AppScreen(home) } } }
        }
        lifecycleScope.launch {
            repeatOnLifecycle(Lifecycle.State.STARTED) {
                home.start()
                home.state.collectLatest {
                    if (it !is HomeState.Enrolled) {
                        // After a wipe there is nothing to refresh; while the wallet does not open, nothing
                        // is known.
                        if (it is HomeState.Empty) {
                            RefreshJob.cancel(this@MainActivity)
                            Reminder(this@MainActivity).hide()
                        }
                        return@collectLatest
                    }
                    RefreshJob.schedule(this@MainActivity)
                    launch { if (!it.opened.comeInSight()) Reminder(this@MainActivity).hide() }
                    it.opened.asked.listen()
                }
            }
        }
    }

    @RequiresApi(Build.VERSION_CODES.S)
    private fun aloneSince31() = window.setHideOverlayWindows(true)

    @RequiresApi(Build.VERSION_CODES.TIRAMISU)
    private fun notInRecentsSince33() = setRecentsScreenshotEnabled(false)

    override fun onNewIntent(intent: Intent) {
        super.onNewIntent(intent)
        takeOffer(intent)
    }

    /** Before Android 12, where other apps' windows cannot be hidden: no answer to a question that may be covered in part. */
    override fun dispatchTouchEvent(event: MotionEvent): Boolean {
        val covered = Build.VERSION.SDK_INT >= Build.VERSION_CODES.Q && event.flags and MotionEvent.FLAG_WINDOW_IS_PARTIALLY_OBSCURED != 0
        return covered && enrolled?.asked?.state?.value != null || super.dispatchTouchEvent(event)
    }

    override fun onUserInteraction() {
        super.onUserInteraction()
        enrolled?.unlocks?.active()
    }

    override fun onStop() {
        super.onStop()
        // A phone that was turned shows the same holder the same screen.
        if (!isChangingConfigurations && !app.asksScreenLock) enrolled?.unlocks?.lock()
    }

    /** The counter's QR code is a link of this app's: the phone's own camera opens it. */
    private fun takeOffer(intent: Intent) {
        val link = intent.data?.toString() ?: return
        lifecycleScope.launch {
            when (val state = home.state.first { it is HomeState.Empty || it is HomeState.Enrolled }) {
                is HomeState.Empty -> state.opened.enrol.open(link)
                is HomeState.Enrolled -> state.opened.enrol.turnDown()
                else -> Unit
            }
        }
    }
}
