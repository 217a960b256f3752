package ishenzhen.app.screen

import androidx.compose.foundation.clickable
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.heightIn
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.semantics.Role
import androidx.compose.ui.unit.dp
import ishenzhen.app.R

/** 我的: what is set once, and what is hoped never to be needed. */
@Composable
fun MeScreen(go: (Place) -> Unit) = Page(stringResource(R.string.me_title)) {
    // What is seldom wanted is in the way of whoever wants little.
    val rows = if (LocalElderly.current) OFTEN else OFTEN + SELDOM
    Lines(rows) { (words, place) -> Row(stringResource(words)) { go(place) } }
}

private val OFTEN = listOf(
    R.string.pin_title to Place.PIN, R.string.finger_title to Place.FINGER, R.string.phones_title to Place.PHONES,
    R.string.elderly_title to Place.ELDERLY,
)
private val SELDOM = listOf(
    R.string.language_title to Place.LANGUAGE, R.string.name_title to Place.NAME, R.string.reminder_title to Place.REMINDER,
    R.string.keys_title to Place.KEYS, R.string.wipe_title to Place.WIPE,
)

@Composable
private fun Row(words: String, onClick: () -> Unit) =
    Box(Modifier.fillMaxWidth().heightIn(min = 56.dp).clickable(role = Role.Button, onClick = onClick), Alignment.CenterStart) {
        Text(words, style = MaterialTheme.typography.titleMedium)
    }
