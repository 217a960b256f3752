package ishenzhen.app

import android.content.Intent
import android.os.Build
import android.os.Bundle
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
import kotlinx.coroutines.flow.collectLatest
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.launch

/** The app's one window. Nothing of it goes into screenshots or the list of recent apps. */
class MainActivity : ComponentActivity() {
    private val home get() = (application as CitizenApp).home

    override fun onCreate(savedInstanceState: Bundle?) {
        super.onCreate(savedInstanceState)
        window.addFlags(WindowManager.LayoutParams.FLAG_SECURE)
        // No touch counts that went through another app's window, and no service is offered what is typed.
        window.decorView.filterTouchesWhenObscured = true
        window.decorView.importantForAutofill = View.IMPORTANT_FOR_AUTOFILL_NO_EXCLUDE_DESCENDANTS
        if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.TIRAMISU) notInRecentsSince33()
        enableEdgeToEdge()
        if (savedInstanceState == null) takeOffer(intent)
        setContent {
            val choices by (application as CitizenApp).choices.collectAsStateWithLifecycle()
            choices?.let { InLanguage(it.language) { Theme(it.elderly) { AppScreen(home) } } }
        }
        lifecycleScope.launch {
            repeatOnLifecycle(Lifecycle.State.STARTED) {
                home.start()
                home.state.collectLatest {
                    if (it !is HomeState.Enrolled) {
                        // After a wipe there is nothing to refresh; while the wallet does not open, nothing is known.
                        if (it is HomeState.Empty) RefreshJob.cancel(this@MainActivity)
                        return@collectLatest
                    }
                    RefreshJob.schedule(this@MainActivity)
                    launch { it.opened.comeInSight() }
                    it.opened.asked.listen()
                }
            }
        }
    }

    @RequiresApi(Build.VERSION_CODES.TIRAMISU)
    private fun notInRecentsSince33() = setRecentsScreenshotEnabled(false)

    override fun onNewIntent(intent: Intent) {
        super.onNewIntent(intent)
        takeOffer(intent)
    }

    override fun onUserInteraction() {
        super.onUserInteraction()
        (home.state.value as? HomeState.Enrolled)?.opened?.unlocks?.active()
    }

    override fun onStop() {
        super.onStop()
        // A phone that was turned shows the same holder the same screen.
        if (!isChangingConfigurations) (home.state.value as? HomeState.Enrolled)?.opened?.unlocks?.lock()
    }

    /** The counter's QR code is a link of this app's: the phone's own camera opens it. */
    private fun takeOffer(intent: Intent) {
        val link = intent.data?.toString() ?: return
        lifecycleScope.launch {
            when (val state = home.state.first { it is HomeState.Empty || it is HomeState.Enrolled }) {
                is HomeState.Empty -> state.opened.enrol.take(link)
                is HomeState.Enrolled -> state.opened.enrol.turnDown()
                else -> Unit
            }
        }
    }
}
