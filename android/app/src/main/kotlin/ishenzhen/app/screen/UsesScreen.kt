package ishenzhen.app.screen

import androidx.activity.compose.BackHandler
import androidx.compose.foundation.clickable
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.FlowRow
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.padding
import androidx.compose.material3.FilterChip
import androidx.compose.material3.LinearProgressIndicator
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.runtime.LaunchedEffect
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.saveable.rememberSaveable
import androidx.compose.runtime.setValue
import androidx.compose.ui.Modifier
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.semantics.Role
import androidx.compose.ui.unit.dp
import androidx.lifecycle.compose.collectAsStateWithLifecycle
import ishenzhen.app.R
import ishenzhen.app.model.UsesModel
import ishenzhen.app.model.Wanted
import szid.IdentityUse

/** 谁查了我: each scan of the last months, what it gave away, and what the city signed of it. */
@Composable
fun UsesScreen(model: UsesModel, unseen: Int, toEvents: () -> Unit) {
    val uses by model.state.collectAsStateWithLifecycle()
    var chosen by rememberSaveable { mutableStateOf<String?>(null) }
    LaunchedEffect(model) { model.load() }
    val one = uses.list.find { it.receipt == chosen }
    if (one != null) {
        val leave = {
            chosen = null
            model.leaveReceipt()
        }
        BackHandler(onBack = leave)
        UseScreen(one, uses, model, leave)
        return
    }
    Page(stringResource(R.string.uses_title)) {
        Other(if (unseen == 0) stringResource(R.string.events_title) else stringResource(R.string.events_new, unseen), onClick = toEvents)
        if (!LocalElderly.current && uses.list.isNotEmpty()) Filter(uses.wanted, model::want)
        uses.trouble?.let { Told(it) }
        if (uses.loading) LinearProgressIndicator(Modifier.fillMaxWidth())
        val shown = uses.shown
        if (shown.isEmpty() && !uses.loading && uses.trouble == null) {
            Text(stringResource(if (uses.list.isEmpty()) R.string.uses_none else R.string.uses_none_such))
        }
        Lines(shown) { use -> Line(use) { chosen = use.receipt } }
        if (uses.more && !uses.loading) Other(stringResource(R.string.older), onClick = { model.loadMore() })
        if (uses.trouble != null) Big(stringResource(R.string.try_again), onClick = { model.load() })
    }
}

@Composable
private fun Filter(wanted: Wanted, want: (Wanted) -> Unit) = FlowRow(horizontalArrangement = Arrangement.spacedBy(8.dp)) {
    Wanted.entries.forEach { one ->
        FilterChip(one == wanted, { want(one) }, { Text(stringResource(nameOf(one))) })
    }
}

private fun nameOf(wanted: Wanted) = when (wanted) {
    Wanted.ALL -> R.string.uses_all
    Wanted.GIVEN -> R.string.uses_given
    Wanted.REFUSED -> R.string.uses_refused
    Wanted.NOTICES -> R.string.uses_notices
}

@Composable
private fun Line(use: IdentityUse, onClick: () -> Unit) =
    Column(Modifier.fillMaxWidth().clickable(role = Role.Button, onClick = onClick).padding(vertical = 8.dp)) {
        Text(place(use), style = MaterialTheme.typography.titleMedium)
        Text("${spoken(use.sceneZh, use.sceneEn)} · ${result(use)}", style = MaterialTheme.typography.bodyMedium)
        Text(
            dayAndTime(use.at.toLong()), style = MaterialTheme.typography.bodyMedium,
            color = MaterialTheme.colorScheme.onSurfaceVariant,
        )
    }
