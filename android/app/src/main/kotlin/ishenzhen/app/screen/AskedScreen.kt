package ishenzhen.app.screen

import androidx.activity.compose.BackHandler
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.runtime.LaunchedEffect
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.remember
import androidx.compose.runtime.setValue
import androidx.compose.ui.res.stringResource
import ishenzhen.app.R
import ishenzhen.app.model.Asked
import ishenzhen.app.model.AskedModel
import kotlinx.coroutines.delay
import szid.ConsentDetails

/** 授权: who asks for what, and the answer. It stands before everything else while the venue waits. */
@Composable
fun AskedScreen(asked: Asked, model: AskedModel) {
    // Going back is no answer: only the two buttons are.
    BackHandler { if (!asked.open && asked.step != Asked.Step.SENDING) model.close() }
    Page(stringResource(R.string.asked_title)) {
        when (asked.step) {
            Asked.Step.ASKING -> {
                Question(asked.details)
                asked.trouble?.let { Told(it) }
                Seconds(asked)
                val seen = wasSeen(asked.details.id)
                Big(stringResource(R.string.approve), enabled = seen, onClick = { model.approve() })
                Other(stringResource(R.string.refuse), enabled = seen, onClick = { model.refuse() })
                Other(stringResource(R.string.refuse_and_report), enabled = seen, onClick = { model.refuseAndReport() })
            }
            Asked.Step.UNLOCK -> Unlock(asked, model)
            Asked.Step.SENDING -> {
                Question(asked.details)
                Text(stringResource(R.string.sending))
            }
            else -> {
                Text(stringResource(outcome(asked.step)), style = MaterialTheme.typography.titleLarge)
                asked.trouble?.let { Told(it) }
                Place(asked.details)
                Big(stringResource(R.string.close), onClick = model::close)
            }
        }
    }
}

/** Whether a question has stood for a moment: a touch that was meant for what stood there before answers nothing. */
@Composable
private fun wasSeen(question: String): Boolean {
    var seen by remember(question) { mutableStateOf(false) }
    LaunchedEffect(question) {
        delay(A_MOMENT)
        seen = true
    }
    return seen
}

/** Milliseconds. */
private const val A_MOMENT = 700L

private fun outcome(step: Asked.Step) = when (step) {
    Asked.Step.APPROVED -> R.string.approved
    Asked.Step.REFUSED -> R.string.refused
    Asked.Step.REPORTED -> R.string.reported
    else -> R.string.over
}

@Composable
private fun Question(details: ConsentDetails) = Group {
    Place(details)
    Field(
        stringResource(R.string.asks_for),
        // A scene may ask whether, and receive nothing.
        if (details.claims.isEmpty()) stringResource(R.string.asks_for_nothing) else claims(details.claims),
    )
    details.matter?.let {
        Field(stringResource(R.string.matter_purpose), it.purpose)
        Field(stringResource(R.string.matter_case), it.caseNumber)
        Field(stringResource(R.string.matter_operator), it.operator)
    }
    Field(stringResource(R.string.kept_for), keptFor(details.retentionDays.toInt()))
}

@Composable
private fun Place(details: ConsentDetails) {
    Field(stringResource(R.string.who_asks), listOfNotNull(details.venueName, details.siteName).joinToString(" · "))
    Field(stringResource(R.string.what_for), spoken(details.sceneZh, details.sceneEn))
}

@Composable
private fun Seconds(asked: Asked) =
    Text(stringResource(R.string.asked_seconds, asked.secondsLeft), style = MaterialTheme.typography.titleMedium)

@Composable
private fun Unlock(asked: Asked, model: AskedModel) {
    val words = stringResource(R.string.pin_to_approve, asked.details.venueName)
    val byFinger = whereReady(model.byFingerReady) { model.approveByFinger() }
    ByPin(words, asked.trouble, stringResource(R.string.approve), { model.approveWith(it) }, byFinger) { Seconds(asked) }
    Other(stringResource(R.string.refuse), onClick = { model.refuse() })
}
