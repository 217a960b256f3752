package ishenzhen.app.screen

import android.content.ClipboardManager
import android.content.Context
import androidx.activity.compose.BackHandler
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.text.KeyboardOptions
import androidx.compose.material3.LinearProgressIndicator
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.OutlinedTextField
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.runtime.LaunchedEffect
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.remember
import androidx.compose.runtime.setValue
import androidx.compose.ui.Modifier
import androidx.compose.ui.platform.LocalContext
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.text.input.KeyboardType
import androidx.lifecycle.compose.collectAsStateWithLifecycle
import ishenzhen.app.R
import ishenzhen.app.model.EnrolModel
import ishenzhen.app.model.EnrolState
import szid.EnrolProgress

/** 申领: an offer, the code that the counter says, and the first passes. */
@Composable
fun EnrolScreen(model: EnrolModel, onDone: () -> Unit) {
    val state by model.state.collectAsStateWithLifecycle()
    Page(stringResource(R.string.enrol_title)) {
        when (val now = state) {
            is EnrolState.Offer -> Offer(now, model::take)
            is EnrolState.TxCode -> TxCode(now, model::enrol, model::again)
            is EnrolState.Working -> Working(now.progress)
            is EnrolState.Stopped -> {
                Told(now.advice)
                Text(stringResource(R.string.enrol_goes_on))
                Big(stringResource(R.string.go_on), onClick = { model.goOn() })
                Other(stringResource(R.string.another_offer), onClick = model::again)
            }
            EnrolState.Done -> LaunchedEffect(Unit) { onDone() }
        }
    }
}

@Composable
private fun Offer(state: EnrolState.Offer, take: (String) -> Unit) {
    val context = LocalContext.current
    // Not in saved state: an offer is worth an identity.
    var text by remember { mutableStateOf("") }
    Text(stringResource(R.string.enrol_explained), style = MaterialTheme.typography.bodyLarge)
    state.trouble?.let { Told(it) }
    Scan(take)
    OutlinedTextField(
        text, { text = it.take(LONGEST) }, Modifier.fillMaxWidth(), label = { Text(stringResource(R.string.offer)) }, maxLines = 4,
        keyboardOptions = KeyboardOptions(autoCorrectEnabled = false, keyboardType = KeyboardType.Uri),
    )
    Other(stringResource(R.string.paste)) { text = pasted(context) }
    Other(stringResource(R.string.next), enabled = text.isNotBlank()) { take(text) }
}

@Composable
private fun TxCode(state: EnrolState.TxCode, enrol: (String) -> Unit, again: () -> Unit) {
    var code by remember(state) { mutableStateOf("") }
    BackHandler(onBack = again)
    Text(stringResource(R.string.tx_code_explained), style = MaterialTheme.typography.bodyLarge)
    state.trouble?.let { Told(it) }
    SecretDigits(code, { code = it }, stringResource(R.string.tx_code))
    Big(stringResource(R.string.enrol), enabled = code.isNotEmpty()) { enrol(code) }
    Other(stringResource(R.string.another_offer), onClick = again)
}

@Composable
private fun Working(progress: EnrolProgress?) {
    val of = progress?.of?.toInt() ?: 0
    if (progress == null || of == 0) {
        LinearProgressIndicator(Modifier.fillMaxWidth())
        Text(stringResource(R.string.enrol_begun))
        return
    }
    val (keys, passes) = progress.keysMade.toInt() to progress.passesReceived.toInt()
    LinearProgressIndicator({ (keys + passes) / (2f * of) }, Modifier.fillMaxWidth())
    Text(stringResource(R.string.enrol_keys, keys, of))
    Text(stringResource(R.string.enrol_passes, passes, of))
}

private fun pasted(context: Context): String {
    val clip = context.getSystemService(ClipboardManager::class.java)?.primaryClip ?: return ""
    return clip.getItemAt(0)?.coerceToText(context)?.toString().orEmpty().take(LONGEST)
}

/** Longer than any offer. */
private const val LONGEST = 4_096
