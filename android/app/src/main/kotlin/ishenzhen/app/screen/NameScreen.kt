package ishenzhen.app.screen

import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.runtime.LaunchedEffect
import androidx.compose.runtime.getValue
import androidx.compose.ui.res.stringResource
import androidx.lifecycle.compose.collectAsStateWithLifecycle
import ishenzhen.app.R
import ishenzhen.app.model.NameModel

/** Whether the masked name and the level stand beside the code. */
@Composable
fun NameScreen(model: NameModel, back: () -> Unit) {
    val state by model.state.collectAsStateWithLifecycle()
    LaunchedEffect(model) { model.begin() }
    Page(stringResource(R.string.name_title), back) {
        Text(stringResource(R.string.name_explained), style = MaterialTheme.typography.bodyLarge)
        state.trouble?.let { Told(it) }
        state.isOn?.let { on ->
            Big(stringResource(if (on) R.string.turn_off else R.string.turn_on), enabled = !state.working) { model.show(!on) }
        }
    }
}
