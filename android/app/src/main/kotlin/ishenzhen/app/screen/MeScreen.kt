package ishenzhen.app.screen

import androidx.compose.foundation.clickable
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.heightIn
import androidx.compose.material3.HorizontalDivider
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
    Group {
        Row(stringResource(R.string.pin_title)) { go(Place.PIN) }
        HorizontalDivider()
        Row(stringResource(R.string.finger_title)) { go(Place.FINGER) }
        HorizontalDivider()
        Row(stringResource(R.string.phones_title)) { go(Place.PHONES) }
        HorizontalDivider()
        Row(stringResource(R.string.elderly_title)) { go(Place.ELDERLY) }
        // What is seldom wanted is in the way of whoever wants little.
        if (!LocalElderly.current) {
            HorizontalDivider()
            Row(stringResource(R.string.language_title)) { go(Place.LANGUAGE) }
            HorizontalDivider()
            Row(stringResource(R.string.name_title)) { go(Place.NAME) }
            HorizontalDivider()
            Row(stringResource(R.string.reminder_title)) { go(Place.REMINDER) }
            HorizontalDivider()
            Row(stringResource(R.string.keys_title)) { go(Place.KEYS) }
            HorizontalDivider()
            Row(stringResource(R.string.wipe_title)) { go(Place.WIPE) }
        }
    }
}

@Composable
private fun Row(words: String, onClick: () -> Unit) =
    Box(Modifier.fillMaxWidth().heightIn(min = 56.dp).clickable(role = Role.Button, onClick = onClick), Alignment.CenterStart) {
        Text(words, style = MaterialTheme.typography.titleMedium)
    }
