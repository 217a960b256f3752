package ishenzhen.app.screen

import android.Manifest
import android.os.Build
import androidx.activity.compose.rememberLauncherForActivityResult
import androidx.activity.result.contract.ActivityResultContracts
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.remember
import androidx.compose.runtime.setValue
import androidx.compose.ui.platform.LocalContext
import androidx.compose.ui.res.stringResource
import ishenzhen.app.R
import ishenzhen.sdk.Reminder

/** Whether the phone may remind its holder before the passes end. */
@Composable
fun ReminderScreen(back: () -> Unit) {
    val reminder = Reminder(LocalContext.current.applicationContext)
    var allowed by remember { mutableStateOf(reminder.isAllowed()) }
    var denied by remember { mutableStateOf(false) }
    val ask = rememberLauncherForActivityResult(ActivityResultContracts.RequestPermission()) {
        allowed = it
        denied = !it
    }
    Page(stringResource(R.string.reminder_title), back) {
        Text(stringResource(R.string.reminder_explained), style = MaterialTheme.typography.bodyLarge)
        when {
            allowed -> Text(stringResource(R.string.reminder_is_on), style = MaterialTheme.typography.titleMedium)
            denied || Build.VERSION.SDK_INT < Build.VERSION_CODES.TIRAMISU ->
                Text(stringResource(R.string.reminder_denied), style = MaterialTheme.typography.bodyLarge)
            else -> Big(stringResource(R.string.turn_on)) { ask.launch(Manifest.permission.POST_NOTIFICATIONS) }
        }
    }
}
