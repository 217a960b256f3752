package ishenzhen.app.screen

import androidx.compose.runtime.Composable
import androidx.compose.runtime.DisposableEffect
import androidx.lifecycle.Lifecycle
import androidx.lifecycle.compose.LocalLifecycleOwner
import androidx.lifecycle.lifecycleScope
import androidx.lifecycle.repeatOnLifecycle
import kotlinx.coroutines.launch

/** Does this while the screen is in sight, and no longer. */
@Composable
fun WhileLookedAt(what: Any, act: suspend () -> Unit) {
    val owner = LocalLifecycleOwner.current
    DisposableEffect(what, owner) {
        val acting = owner.lifecycleScope.launch { owner.repeatOnLifecycle(Lifecycle.State.STARTED) { act() } }
        onDispose { acting.cancel() }
    }
}
