package ishenzhen.app.screen

import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.runtime.LaunchedEffect
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.remember
import androidx.compose.runtime.setValue
import androidx.compose.ui.res.stringResource
import androidx.lifecycle.compose.collectAsStateWithLifecycle
import ishenzhen.app.R
import ishenzhen.app.model.PinModel

/** The PIN of this app: set, or changed. */
@Composable
fun PinScreen(model: PinModel, back: () -> Unit, first: Boolean = false) {
    val state by model.state.collectAsStateWithLifecycle()
    LaunchedEffect(model) { model.begin() }
    // Not in saved state.
    var old by remember { mutableStateOf("") }
    var new by remember { mutableStateOf("") }
    var again by remember { mutableStateOf("") }
    Page(stringResource(R.string.pin_title), if (first) null else back) {
        if (state.done) {
            Text(stringResource(R.string.pin_done), style = MaterialTheme.typography.titleLarge)
            Big(stringResource(R.string.close), onClick = back)
            return@Page
        }
        Text(stringResource(R.string.pin_explained), style = MaterialTheme.typography.bodyLarge)
        state.trouble?.let { Told(it) }
        state.why?.let { Text(spoken(it.first, it.second)) }
        if (state.forgotten) Text(stringResource(R.string.pin_by_screen_lock), style = MaterialTheme.typography.bodyLarge)
        if (state.isSet && !state.forgotten) SecretDigits(old, { old = it }, stringResource(R.string.pin_old))
        SecretDigits(new, { new = it }, stringResource(R.string.pin_new))
        SecretDigits(again, { again = it }, stringResource(R.string.pin_again))
        if (again.isNotEmpty() && again.length >= new.length && again != new) Text(stringResource(R.string.pin_differs))
        val ready = !state.working && new.isNotEmpty() && new == again && (old.isNotEmpty() || !state.isSet || state.forgotten)
        Big(stringResource(R.string.pin_set), enabled = ready) { model.set(old, new) }
        if (state.isSet) {
            Other(stringResource(if (state.forgotten) R.string.pin_known else R.string.pin_forgotten)) { model.forget(!state.forgotten) }
        }
        if (first) Other(stringResource(R.string.later), onClick = back)
    }
}
