package ishenzhen.app.screen

import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.padding
import androidx.compose.material3.LinearProgressIndicator
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.runtime.LaunchedEffect
import androidx.compose.runtime.getValue
import androidx.compose.ui.Modifier
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.unit.dp
import androidx.lifecycle.compose.collectAsStateWithLifecycle
import ishenzhen.app.R
import ishenzhen.app.model.EventsModel
import szid.AccountEvent

/** What happened to the account and its phones, and by whom: what the holder did not do stands here, too. */
@Composable
fun EventsScreen(model: EventsModel, back: () -> Unit) {
    val events by model.state.collectAsStateWithLifecycle()
    LaunchedEffect(model) { model.load() }
    Page(stringResource(R.string.events_title), back) {
        events.trouble?.let { Told(it) }
        if (events.loading) LinearProgressIndicator(Modifier.fillMaxWidth())
        if (events.list.isEmpty() && !events.loading && events.trouble == null) Text(stringResource(R.string.events_none))
        Lines(events.list) { Line(it) }
        if (events.more && !events.loading) Other(stringResource(R.string.older), onClick = { model.loadMore() })
        if (events.trouble != null) Big(stringResource(R.string.try_again), onClick = { model.load() })
    }
}

@Composable
private fun Line(event: AccountEvent) = Column(Modifier.fillMaxWidth().padding(vertical = 8.dp)) {
    Text(spoken(event.zh, event.en), style = MaterialTheme.typography.titleMedium)
    event.device?.let { Text(it, style = MaterialTheme.typography.bodyMedium) }
    val by = when (event.by) {
        "holder" -> R.string.by_holder
        "registrar" -> R.string.by_registrar
        else -> R.string.by_service
    }
    val times = event.times?.toInt() ?: 1
    val often = if (times > 1) " · " + stringResource(R.string.times, times) else ""
    Text(
        "${dayAndTime(event.at.toLong())} · ${stringResource(by)}$often", style = MaterialTheme.typography.bodyMedium,
        color = MaterialTheme.colorScheme.onSurfaceVariant,
    )
}
