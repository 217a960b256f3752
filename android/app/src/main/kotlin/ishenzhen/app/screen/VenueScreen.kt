package ishenzhen.app.screen

import androidx.activity.compose.BackHandler
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.text.KeyboardOptions
import androidx.compose.material3.LinearProgressIndicator
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.OutlinedTextField
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.remember
import androidx.compose.runtime.setValue
import androidx.compose.ui.Modifier
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.text.input.KeyboardType
import androidx.lifecycle.compose.collectAsStateWithLifecycle
import ishenzhen.app.R
import ishenzhen.app.model.CodeModel
import ishenzhen.app.model.VenueModel
import ishenzhen.app.model.Visiting
import szid.VenueRequestDetails
import szid.Visit

/** 扫场所码: the phone reads the venue's code, and the holder confirms what it asks for. */
@Composable
fun VenueScreen(model: VenueModel, back: () -> Unit) {
    val state by model.state.collectAsStateWithLifecycle()
    var desk by remember { mutableStateOf<CodeModel?>(null) }
    val codes = desk
    if (codes != null) {
        BackHandler { desk = null }
        CodeScreen(codes) { Other(stringResource(R.string.back)) { desk = null } }
        return
    }
    val leave = {
        model.again()
        back()
    }
    BackHandler { if (state.step == Visiting.Step.READ) leave() else if (state.step != Visiting.Step.SENDING) model.again() }
    Page(stringResource(R.string.venue_title), if (state.step == Visiting.Step.READ) leave else null) {
        when (state.step) {
            Visiting.Step.READ -> Read(state) { model.take(it) }
            Visiting.Step.ASKING -> LinearProgressIndicator(Modifier.fillMaxWidth())
            Visiting.Step.SHOWN -> Asks(state, { model.confirm() }, { desk = model.codes() }, model::again)
            Visiting.Step.UNLOCK -> Unlock(state, model)
            Visiting.Step.SENDING -> {
                state.details?.let { Details(it) }
                Text(stringResource(R.string.sending))
            }
            Visiting.Step.DONE -> {
                state.visit?.let { Outcome(it) }
                state.details?.let { Details(it) }
                Big(stringResource(R.string.close), onClick = leave)
            }
        }
    }
}

@Composable
private fun Read(state: Visiting, take: (String) -> Unit) {
    var text by remember { mutableStateOf("") }
    Text(stringResource(R.string.venue_explained), style = MaterialTheme.typography.bodyLarge)
    state.trouble?.let { Told(it) }
    Scan(take)
    OutlinedTextField(
        text, { typed -> text = typed.filter(Char::isDigit).take(LONGEST) }, Modifier.fillMaxWidth(),
        label = { Text(stringResource(R.string.venue_digits)) }, maxLines = 3,
        keyboardOptions = KeyboardOptions(keyboardType = KeyboardType.Number),
    )
    Other(stringResource(R.string.next), enabled = text.isNotEmpty()) { take(text) }
}

@Composable
private fun Asks(state: Visiting, confirm: () -> Unit, show: () -> Unit, again: () -> Unit) {
    val details = state.details ?: return
    Details(details)
    state.trouble?.let { Told(it) }
    if (details.followed) {
        Big(stringResource(R.string.confirm), onClick = confirm)
    } else {
        Text(stringResource(R.string.venue_away), style = MaterialTheme.typography.bodyLarge)
    }
    if (state.challenge != null) Other(stringResource(R.string.code_for_desk), onClick = show)
    Other(stringResource(R.string.cancel), onClick = again)
}

@Composable
private fun Details(details: VenueRequestDetails) = Group {
    Field(stringResource(R.string.who_asks), listOfNotNull(details.venueName, details.siteName).joinToString(" · "))
    Field(stringResource(R.string.venue_desk), details.device)
    Field(stringResource(R.string.what_for), spoken(details.sceneZh, details.sceneEn))
    Field(
        stringResource(R.string.asks_for),
        if (details.claims.isEmpty()) stringResource(R.string.venue_asks_nothing) else claims(details.claims),
    )
    Field(stringResource(R.string.kept_for), keptFor(details.retentionDays.toInt()))
}

@Composable
private fun Unlock(state: Visiting, model: VenueModel) {
    val words = stringResource(R.string.pin_to_confirm, state.details?.venueName.orEmpty())
    val byFinger = whereReady(model.byFingerReady) { model.confirmByFinger() }
    ByPin(words, state.trouble, stringResource(R.string.confirm), { model.confirmWith(it) }, byFinger)
    Other(stringResource(R.string.cancel), onClick = model::again)
}

/** The desk's screen shows the same. */
@Composable
private fun Outcome(visit: Visit) {
    val words = if (visit.decision == "accept") R.string.visit_accepted else R.string.visit_refused
    Text(stringResource(words), style = MaterialTheme.typography.titleLarge)
    if (visit.reason != "OK") Field(stringResource(R.string.reason_code), visit.reason)
}

/** Longer than any venue's code. */
private const val LONGEST = 2_048
