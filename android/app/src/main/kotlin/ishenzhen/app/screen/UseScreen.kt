package ishenzhen.app.screen

import androidx.activity.compose.rememberLauncherForActivityResult
import androidx.activity.result.contract.ActivityResultContracts
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.remember
import androidx.compose.runtime.rememberCoroutineScope
import androidx.compose.runtime.setValue
import androidx.compose.ui.platform.LocalContext
import androidx.compose.ui.res.stringResource
import ishenzhen.app.R
import ishenzhen.app.model.Uses
import ishenzhen.app.model.UsesModel
import ishenzhen.app.model.isAccepted
import java.io.IOException
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import szid.IdentityUse
import szid.SignedReceipt

/** One use, and what the city signed of it. */
@Composable
fun UseScreen(use: IdentityUse, uses: Uses, model: UsesModel, leave: () -> Unit) = Page(stringResource(R.string.use_title), leave) {
    Detail(use)
    val signed = uses.receiptOf(use)
    uses.troubleOf(use)?.let { Told(it) }
    if (signed == null) Other(stringResource(R.string.receipt_fetch), onClick = { model.fetchReceipt(use) }) else Receipt(signed)
    if (use.reported) Text(stringResource(R.string.use_reported), style = MaterialTheme.typography.bodyLarge) else Report { model.report(use) }
}

/** Somebody will look into it. */
@Composable
private fun Report(report: () -> Unit) = Twice(stringResource(R.string.report_use), stringResource(R.string.report_now), report) {
    Text(stringResource(R.string.report_explained), style = MaterialTheme.typography.bodyLarge)
}

@Composable
private fun Receipt(signed: SignedReceipt) {
    Group {
        Text(stringResource(R.string.receipt_title), style = MaterialTheme.typography.titleMedium)
        Field(stringResource(R.string.receipt_number), signed.id)
        Field(stringResource(R.string.receipt_signed_at), dayAndTime(signed.signedAt.toLong()))
        Text(stringResource(R.string.receipt_explained))
    }
    Save("receipt-${signed.id}.cose", signed.document)
}

/** Puts a document where the holder says; the app keeps none of it. */
@Composable
private fun Save(name: String, document: ByteArray) {
    val context = LocalContext.current
    val scope = rememberCoroutineScope()
    var told by remember(name) { mutableStateOf<Int?>(null) }
    val save = rememberLauncherForActivityResult(ActivityResultContracts.CreateDocument("application/cose")) { place ->
        if (place != null) {
            scope.launch {
                told = withContext(Dispatchers.IO) {
                    try {
                        (context.contentResolver.openOutputStream(place) ?: throw IOException()).use { it.write(document) }
                        R.string.saved
                    } catch (failed: IOException) {
                        R.string.not_saved
                    }
                }
            }
        }
    }
    Other(stringResource(R.string.receipt_save)) { save.launch(name) }
    told?.let { Text(stringResource(it)) }
}

@Composable
private fun Detail(use: IdentityUse) = Group {
    Field(stringResource(R.string.who_asked), place(use))
    val now = listOfNotNull(use.venueNameNow, use.siteNameNow)
    if (now.isNotEmpty()) Field(stringResource(R.string.named_now), now.joinToString(" · "))
    Field(stringResource(R.string.what_for), spoken(use.sceneZh, use.sceneEn))
    Field(stringResource(R.string.when_was_it), dayAndTime(use.at.toLong()))
    Field(stringResource(R.string.result), result(use))
    if (!isAccepted(use)) Field(stringResource(R.string.reason_code), use.reason)
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

fun place(use: IdentityUse) = listOfNotNull(use.venueName, use.siteName).joinToString(" · ")

/** What the holder did is said first, for it is why. */
@Composable
fun result(use: IdentityUse): String = when {
    use.consent == "denied" -> stringResource(R.string.you_refused)
    use.consent == "expired" -> stringResource(R.string.you_did_not_answer)
    isAccepted(use) -> stringResource(R.string.was_accepted)
    else -> stringResource(R.string.was_not_accepted)
}
