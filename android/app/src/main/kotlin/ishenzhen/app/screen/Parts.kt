package ishenzhen.app.screen

import androidx.compose.foundation.BorderStroke
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.ColumnScope
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.heightIn
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.size
import androidx.compose.foundation.layout.widthIn
import androidx.compose.foundation.rememberScrollState
import androidx.compose.foundation.text.KeyboardOptions
import androidx.compose.foundation.verticalScroll
import androidx.compose.material3.Button
import androidx.compose.material3.ButtonDefaults
import androidx.compose.material3.Card
import androidx.compose.material3.CardDefaults
import androidx.compose.material3.HorizontalDivider
import androidx.compose.material3.Icon
import androidx.compose.material3.IconButton
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.OutlinedButton
import androidx.compose.material3.OutlinedTextField
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.remember
import androidx.compose.runtime.setValue
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.res.painterResource
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.semantics.heading
import androidx.compose.ui.semantics.liveRegion
import androidx.compose.ui.semantics.LiveRegionMode
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.text.input.ImeAction
import androidx.compose.ui.text.input.KeyboardType
import androidx.compose.ui.text.input.PasswordVisualTransformation
import androidx.compose.ui.unit.dp
import androidx.lifecycle.compose.collectAsStateWithLifecycle
import ishenzhen.app.R
import kotlinx.coroutines.flow.StateFlow
import szid.Advice

/** A page that scrolls: with large text on a small phone nothing is cut off. */
@Composable
fun Page(title: String, back: (() -> Unit)? = null, content: @Composable ColumnScope.() -> Unit) {
    Column(
        Modifier.fillMaxSize().verticalScroll(rememberScrollState()).padding(horizontal = 16.dp, vertical = 12.dp),
        Arrangement.spacedBy(12.dp), Alignment.CenterHorizontally,
    ) {
        Column(Modifier.widthIn(max = 600.dp).fillMaxWidth(), Arrangement.spacedBy(12.dp)) {
            Row(verticalAlignment = Alignment.CenterVertically) {
                if (back != null) {
                    IconButton(back) { Icon(painterResource(R.drawable.back), stringResource(R.string.back)) }
                }
                Text(title, Modifier.semantics { heading() }, style = MaterialTheme.typography.headlineSmall)
            }
            content()
        }
    }
}

/** What goes together, on a surface of its own. */
@Composable
fun Group(content: @Composable ColumnScope.() -> Unit) {
    Card(
        Modifier.fillMaxWidth(),
        colors = CardDefaults.cardColors(containerColor = MaterialTheme.colorScheme.surfaceContainer),
    ) { Column(Modifier.padding(16.dp), Arrangement.spacedBy(8.dp), content = content) }
}

/** What is alike, one below the other with a line between; nothing where there is none. */
@Composable
fun <T> Lines(all: List<T>, line: @Composable (T) -> Unit) {
    if (all.isEmpty()) return
    Group {
        all.forEachIndexed { at, one ->
            if (at > 0) HorizontalDivider()
            line(one)
        }
    }
}

/** What is touched twice: what follows is said first. */
@Composable
fun Twice(ask: String, act: String, onAct: () -> Unit, said: @Composable () -> Unit) {
    var sure by remember { mutableStateOf(false) }
    if (sure) {
        said()
        Big(act, onClick = onAct)
        Other(stringResource(R.string.cancel)) { sure = false }
    } else {
        Other(ask) { sure = true }
    }
}

/** A name, and what is named, one below the other: side by side does not fit in every language and size. */
@Composable
fun Field(name: String, value: String) {
    Column {
        Text(name, style = MaterialTheme.typography.labelLarge, color = MaterialTheme.colorScheme.onSurfaceVariant)
        Text(value, style = MaterialTheme.typography.bodyLarge)
    }
}

/** What the wallet advises, with its code for whoever helps. */
@Composable
fun Told(advice: Advice) {
    Card(
        Modifier.fillMaxWidth().semantics { liveRegion = LiveRegionMode.Polite },
        colors = CardDefaults.cardColors(containerColor = MaterialTheme.colorScheme.surfaceContainerHighest),
    ) {
        Column(Modifier.padding(16.dp), Arrangement.spacedBy(4.dp)) {
            Text(spoken(advice.zh, advice.en), style = MaterialTheme.typography.bodyLarge)
            Text(advice.code, style = MaterialTheme.typography.labelMedium, color = MaterialTheme.colorScheme.onSurfaceVariant)
        }
    }
}

@Composable
fun Big(text: String, enabled: Boolean = true, onClick: () -> Unit) =
    Button(onClick, Modifier.fillMaxWidth().heightIn(min = 52.dp), enabled) { Text(text, style = MaterialTheme.typography.titleMedium) }

@Composable
fun Other(text: String, modifier: Modifier = Modifier, enabled: Boolean = true, onClick: () -> Unit) =
    OutlinedButton(
        onClick, modifier.fillMaxWidth().heightIn(min = 52.dp), enabled,
        colors = ButtonDefaults.outlinedButtonColors(contentColor = MaterialTheme.colorScheme.primary),
        border = BorderStroke(1.dp, MaterialTheme.colorScheme.outline),
    ) { Text(text, style = MaterialTheme.typography.titleMedium) }

/** Digits that nobody looks at over a shoulder; never kept in saved state. */
@Composable
fun SecretDigits(value: String, onValue: (String) -> Unit, label: String) = OutlinedTextField(
    value, { typed -> onValue(typed.filter(Char::isDigit).take(DIGITS)) }, Modifier.fillMaxWidth(), label = { Text(label) },
    visualTransformation = PasswordVisualTransformation(), singleLine = true,
    keyboardOptions = KeyboardOptions(keyboardType = KeyboardType.NumberPassword, imeAction = ImeAction.Done),
)

/** What an act takes the PIN for, and the PIN, or finger or face where they are set up; after a wrong PIN it is typed anew. */
@Composable
fun ByPin(
    words: String, trouble: Advice?, act: String, onPin: (String) -> Unit,
    byFinger: (() -> Unit)? = null, enabled: Boolean = true, beside: @Composable () -> Unit = {},
) {
    var pin by remember(trouble) { mutableStateOf("") }
    Text(words, style = MaterialTheme.typography.bodyLarge)
    trouble?.let { Told(it) }
    SecretDigits(pin, { pin = it }, stringResource(R.string.pin))
    beside()
    Big(act, enabled = enabled && pin.isNotEmpty()) { onPin(pin) }
    byFinger?.let { Other(stringResource(R.string.by_finger), enabled = enabled, onClick = it) }
}

/** The act by finger or face, where they unlock on this phone. */
@Composable
fun whereReady(ready: StateFlow<Boolean>, act: () -> Unit): (() -> Unit)? {
    val isReady by ready.collectAsStateWithLifecycle()
    return act.takeIf { isReady }
}

private const val DIGITS = 12
