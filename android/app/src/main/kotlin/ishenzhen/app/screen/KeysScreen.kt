package ishenzhen.app.screen

import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.runtime.getValue
import androidx.compose.runtime.produceState
import androidx.compose.ui.platform.LocalContext
import androidx.compose.ui.res.stringResource
import ishenzhen.app.CitizenApp
import ishenzhen.app.R
import ishenzhen.sdk.KeyPlace
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.withContext

/** Where this phone keeps the keys, as it says itself, and what that means. */
@Composable
fun KeysScreen(back: () -> Unit) {
    val app = CitizenApp.of(LocalContext.current)
    val place by produceState<KeyPlace?>(null) { value = withContext(Dispatchers.IO) { app.keyPlace() } }
    Page(stringResource(R.string.keys_title), back) {
        Text(stringResource(R.string.keys_explained), style = MaterialTheme.typography.bodyLarge)
        place?.let { Group { Text(stringResource(nameOf(it)), style = MaterialTheme.typography.titleMedium) } }
        Text(stringResource(R.string.keys_lost), style = MaterialTheme.typography.bodyLarge)
    }
}

private fun nameOf(place: KeyPlace) = when (place) {
    KeyPlace.SECURE_ELEMENT -> R.string.keys_in_element
    KeyPlace.TRUSTED_ENVIRONMENT -> R.string.keys_in_tee
    KeyPlace.SOFTWARE -> R.string.keys_in_software
    KeyPlace.UNKNOWN -> R.string.keys_unknown
}
