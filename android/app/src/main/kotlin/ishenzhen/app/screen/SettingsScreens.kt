package ishenzhen.app.screen

import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.heightIn
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.selection.selectable
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.RadioButton
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.platform.LocalContext
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.semantics.Role
import androidx.compose.ui.unit.dp
import ishenzhen.app.Elderly
import ishenzhen.app.Language
import ishenzhen.app.R
import java.util.Locale

/** Each language by its own name, so that nobody is lost in one that they cannot read. */
@Composable
fun LanguageScreen(back: () -> Unit) {
    val context = LocalContext.current
    val chosen = Language.chosen(context)
    Page(stringResource(R.string.language_title), back) {
        Group {
            Choice(stringResource(R.string.language_of_phone), chosen == null) { Language.choose(context, null) }
            Language.TAGS.forEach { tag ->
                val locale = Locale.forLanguageTag(tag)
                Choice(locale.getDisplayName(locale), chosen == tag) { Language.choose(context, tag) }
            }
        }
    }
}

@Composable
private fun Choice(words: String, selected: Boolean, onClick: () -> Unit) = Row(
    Modifier.fillMaxWidth().heightIn(min = 56.dp).selectable(selected, role = Role.RadioButton, onClick = onClick),
    verticalAlignment = Alignment.CenterVertically,
) {
    RadioButton(selected, null)
    Text(words, Modifier.padding(start = 12.dp), style = MaterialTheme.typography.bodyLarge)
}

/** 长辈版: larger, fewer choices, and the code says aloud what it is. */
@Composable
fun ElderlyScreen(back: () -> Unit) {
    val context = LocalContext.current
    Page(stringResource(R.string.elderly_title), back) {
        Text(stringResource(R.string.elderly_explained), style = MaterialTheme.typography.bodyLarge)
        val on = LocalElderly.current
        Big(stringResource(if (on) R.string.turn_off else R.string.turn_on)) { Elderly.set(context, !on) }
    }
}

/** Nothing is left on this phone; the account is as it was. */
@Composable
fun WipeScreen(back: () -> Unit, wipe: () -> Unit) = Page(stringResource(R.string.wipe_title), back) {
    Text(stringResource(R.string.wipe_explained), style = MaterialTheme.typography.bodyLarge)
    Twice(stringResource(R.string.wipe_title), stringResource(R.string.wipe_now), wipe) {
        Text(stringResource(R.string.wipe_sure), style = MaterialTheme.typography.titleMedium)
    }
}
