package ishenzhen.app.screen

import androidx.compose.runtime.Composable
import androidx.compose.runtime.LaunchedEffect
import androidx.compose.runtime.getValue
import androidx.compose.ui.res.stringResource
import androidx.lifecycle.compose.collectAsStateWithLifecycle
import ishenzhen.app.R
import ishenzhen.app.model.UnlockModel

/** 本人验证: for scanners to which an open app says too little. */
@Composable
fun UnlockScreen(model: UnlockModel, back: () -> Unit) {
    val step by model.state.collectAsStateWithLifecycle()
    LaunchedEffect(model) { model.begin() }
    LaunchedEffect(step.done) { if (step.done) back() }
    Page(stringResource(R.string.unlock_title), back) {
        ByPin(
            stringResource(R.string.unlock_explained), step.trouble, stringResource(R.string.unlock), { model.unlockWith(it) },
            whereReady(model.byFingerReady) { model.unlockByFinger() }, enabled = !step.working,
        )
    }
}
