package ishenzhen.app.screen

import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.material3.LinearProgressIndicator
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableIntStateOf
import androidx.compose.runtime.remember
import androidx.compose.runtime.setValue
import androidx.compose.ui.Modifier
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.semantics.LiveRegionMode
import androidx.compose.ui.semantics.contentDescription
import androidx.compose.ui.semantics.liveRegion
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.text.style.TextAlign
import androidx.lifecycle.compose.collectAsStateWithLifecycle
import ishenzhen.app.R
import ishenzhen.app.model.NumberModel
import ishenzhen.app.model.NumberState

/** 报号: a number to say where no scanner reads the code. */
@Composable
fun NumberScreen(model: NumberModel, back: () -> Unit) {
    val state by model.state.collectAsStateWithLifecycle()
    var round by remember { mutableIntStateOf(0) }
    WhileLookedAt(round) { model.show() }
    Page(stringResource(R.string.number_title), back) {
        Text(stringResource(R.string.number_explained), style = MaterialTheme.typography.bodyLarge)
        when (val now = state) {
            NumberState.Asking -> LinearProgressIndicator(Modifier.fillMaxWidth())
            is NumberState.Given -> Given(now)
            NumberState.Over -> {
                Text(stringResource(R.string.number_over), style = MaterialTheme.typography.titleMedium)
                Big(stringResource(R.string.number_another)) { round++ }
            }
            is NumberState.Stopped -> {
                Told(now.advice)
                Big(stringResource(R.string.try_again)) { round++ }
            }
        }
    }
}

@Composable
private fun Given(state: NumberState.Given) {
    val say = rememberSpeaker()
    // Digit by digit, and a pause after each group.
    val spoken = state.grouped.split(' ').joinToString(", ") { it.toList().joinToString(" ") }
    // A group stays in one line, however large the text is.
    Text(
        state.grouped,
        Modifier.fillMaxWidth().semantics {
            contentDescription = spoken
            liveRegion = LiveRegionMode.Polite
        },
        style = MaterialTheme.typography.displayMedium, textAlign = TextAlign.Center,
    )
    Text(
        stringResource(R.string.seconds_left, state.secondsLeft), Modifier.fillMaxWidth(),
        style = MaterialTheme.typography.titleMedium, textAlign = TextAlign.Center,
    )
    Other(stringResource(R.string.read_aloud)) { say(spoken) }
}
