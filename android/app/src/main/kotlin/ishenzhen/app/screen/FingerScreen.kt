package ishenzhen.app.screen

import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.runtime.LaunchedEffect
import androidx.compose.runtime.getValue
import androidx.compose.ui.res.stringResource
import androidx.lifecycle.compose.collectAsStateWithLifecycle
import ishenzhen.app.R
import ishenzhen.app.model.FingerModel

/** Finger or face in place of the PIN: turned on, or off. */
@Composable
fun FingerScreen(model: FingerModel, back: () -> Unit) {
    val state by model.state.collectAsStateWithLifecycle()
    LaunchedEffect(model) { model.begin() }
    Page(stringResource(R.string.finger_title), back) {
        Text(stringResource(R.string.finger_explained), style = MaterialTheme.typography.bodyLarge)
        when {
            state.isThere == false -> Text(stringResource(R.string.finger_away), style = MaterialTheme.typography.bodyLarge)
            state.isSet -> {
                Text(stringResource(R.string.finger_is_on), style = MaterialTheme.typography.titleMedium)
                state.trouble?.let { Told(it) }
                Other(stringResource(R.string.turn_off), enabled = !state.working) { model.turnOff() }
            }
            state.isThere == true -> ByPin(
                stringResource(R.string.finger_pin), state.trouble, stringResource(R.string.turn_on),
                { model.turnOnWith(it) }, enabled = !state.working,
            )
        }
    }
}
