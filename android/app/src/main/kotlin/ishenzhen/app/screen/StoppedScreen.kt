package ishenzhen.app.screen

import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.remember
import androidx.compose.runtime.setValue
import androidx.compose.ui.res.stringResource
import ishenzhen.app.R
import ishenzhen.app.model.HomeState
import ishenzhen.app.model.Wiping

/** The wallet does not open: what to do. */
@Composable
fun StoppedScreen(state: HomeState.Stopped, onAgain: () -> Unit, onWipe: () -> Unit) {
    var sure by remember { mutableStateOf(false) }
    Page(stringResource(R.string.stopped_title)) {
        Told(state.advice)
        when {
            sure -> {
                Text(stringResource(R.string.wipe_explained))
                Big(stringResource(R.string.wipe_now), onClick = onWipe)
                Other(stringResource(R.string.cancel)) { sure = false }
            }
            // Trying again brings back nothing that is lost.
            state.wiping == Wiping.FIRST -> {
                Big(stringResource(R.string.begin_anew)) { sure = true }
                Other(stringResource(R.string.try_again), onClick = onAgain)
            }
            else -> {
                Big(stringResource(R.string.try_again), onClick = onAgain)
                if (state.wiping == Wiping.LAST) Other(stringResource(R.string.begin_anew)) { sure = true }
            }
        }
    }
}
