package ishenzhen.app.screen

import androidx.activity.compose.BackHandler
import androidx.compose.foundation.clickable
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.padding
import androidx.compose.material3.HorizontalDivider
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
import szid.IdentityUse

/** 谁查了我: each scan of the last months, and what it gave away. */
@Composable
fun UsesScreen(model: UsesModel) {
    val uses by model.state.collectAsStateWithLifecycle()
    var chosen by rememberSaveable { mutableStateOf<String?>(null) }
    LaunchedEffect(model) { model.load() }
    val one = uses.list.find { it.receipt == chosen }
    if (one != null) {
        BackHandler { chosen = null }
        Page(stringResource(R.string.use_title), { chosen = null }) { Detail(one) }
        return
    }
    Page(stringResource(R.string.uses_title)) {
        uses.trouble?.let { Told(it) }
        if (uses.loading) LinearProgressIndicator(Modifier.fillMaxWidth())
        if (uses.list.isEmpty() && !uses.loading && uses.trouble == null) Text(stringResource(R.string.uses_none))
        if (uses.list.isNotEmpty()) {
            Group {
                uses.list.forEachIndexed { at, use ->
                    if (at > 0) HorizontalDivider()
                    Line(use) { chosen = use.receipt }
                }
            }
        }
        if (uses.more && !uses.loading) Other(stringResource(R.string.older), onClick = { model.loadMore() })
        if (uses.trouble != null) Big(stringResource(R.string.try_again), onClick = { model.load() })
    }
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

@Composable
private fun Detail(use: IdentityUse) = Group {
    Field(stringResource(R.string.who_asked), place(use))
    val now = listOfNotNull(use.venueNameNow, use.siteNameNow)
    if (now.isNotEmpty()) Field(stringResource(R.string.named_now), now.joinToString(" · "))
    Field(stringResource(R.string.what_for), spoken(use.sceneZh, use.sceneEn))
    Field(stringResource(R.string.when_was_it), dayAndTime(use.at.toLong()))
    Field(stringResource(R.string.result), result(use))
    if (use.reason != "OK") Field(stringResource(R.string.reason_code), use.reason)
    Field(
        stringResource(R.string.was_given),
        if (use.claims.isEmpty()) stringResource(R.string.nothing_given) else claims(use.claims),
    )
    if (use.consent == "approved") Field(stringResource(R.string.your_answer), stringResource(R.string.you_approved))
    use.matter?.let {
        Field(stringResource(R.string.matter_purpose), it.purpose)
        Field(stringResource(R.string.matter_case), it.caseNumber)
        Field(stringResource(R.string.matter_operator), it.operator)
    }
    if (use.notice) Text(stringResource(R.string.lawful_check))
    if (use.offline) Text(stringResource(R.string.decided_offline))
}

private fun place(use: IdentityUse) = listOfNotNull(use.venueName, use.siteName).joinToString(" · ")

/** What the holder did is said first, for it is why. */
@Composable
private fun result(use: IdentityUse): String = when {
    use.consent == "denied" -> stringResource(R.string.you_refused)
    use.consent == "expired" -> stringResource(R.string.you_did_not_answer)
    use.reason == "OK" -> stringResource(R.string.was_accepted)
    else -> stringResource(R.string.was_not_accepted)
}
