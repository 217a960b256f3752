package ishenzhen.app.screen

import android.view.WindowManager
import androidx.activity.compose.LocalActivity
import androidx.compose.runtime.Composable
import androidx.compose.runtime.DisposableEffect

/** Brightness up and the screen awake, for as long as this is shown; as it was before, afterwards. */
@Composable
fun Bright(full: Boolean, awake: Boolean) {
    val window = LocalActivity.current?.window ?: return
    DisposableEffect(window, full, awake) {
        val before = window.attributes.screenBrightness
        if (full) window.attributes = window.attributes.apply { screenBrightness = WindowManager.LayoutParams.BRIGHTNESS_OVERRIDE_FULL }
        if (awake) window.addFlags(WindowManager.LayoutParams.FLAG_KEEP_SCREEN_ON)
        onDispose {
            window.attributes = window.attributes.apply { screenBrightness = before }
            window.clearFlags(WindowManager.LayoutParams.FLAG_KEEP_SCREEN_ON)
        }
    }
}
