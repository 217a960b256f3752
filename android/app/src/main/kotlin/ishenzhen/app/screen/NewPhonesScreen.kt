package ishenzhen.app.screen

import androidx.activity.compose.BackHandler
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.runtime.getValue
import androidx.compose.ui.res.stringResource
import androidx.lifecycle.compose.collectAsStateWithLifecycle
import ishenzhen.app.R
import ishenzhen.app.model.NewPhones
import ishenzhen.app.model.NewPhonesModel
import szid.EnrolmentQuestion
import szid.EnrolmentQuestionDetails

/** A counter wants to give somebody a phone in the holder's name: only the holder knows whether that is them. */
@Composable
fun NewPhonesScreen(model: NewPhonesModel, back: () -> Unit) {
    val state by model.state.collectAsStateWithLifecycle()
    val approving = state.approving
    if (approving != null) {
        BackHandler { model.choose(null) }
        Approving(approving.details(), state, model)
        return
    }
    Page(stringResource(R.string.new_phones_title), back) {
        state.trouble?.let { Told(it) }
        if (state.asked.isEmpty()) Text(stringResource(R.string.new_phones_none), style = MaterialTheme.typography.bodyLarge)
        state.asked.forEach { Question(it, state, model) }
    }
}

@Composable
private fun Question(question: EnrolmentQuestion, state: NewPhones, model: NewPhonesModel) {
    val details = question.details()
    Group {
        Text(stringResource(R.string.new_phones_asked), style = MaterialTheme.typography.titleMedium)
        Text(stringResource(meaning(details)), style = MaterialTheme.typography.bodyLarge)
        Field(stringResource(R.string.when_was_it), dayAndTime(details.askedAt.toLong()))
        Field(stringResource(R.string.until), dayAndTime(details.expiresAt.toLong()))
        Text(stringResource(R.string.new_phones_warning), style = MaterialTheme.typography.bodyLarge)
    }
    if (details.approved) {
        Text(stringResource(R.string.new_phones_approved), style = MaterialTheme.typography.titleMedium)
        Other(stringResource(R.string.take_back), enabled = !state.working, onClick = { model.refuse(question) })
    } else {
        Big(stringResource(R.string.approve), enabled = !state.working) { model.choose(question) }
        Other(stringResource(R.string.refuse), enabled = !state.working, onClick = { model.refuse(question) })
    }
}

private fun meaning(details: EnrolmentQuestionDetails) =
    if (details.devices == "adds") R.string.new_phones_adds else R.string.new_phones_replaces

@Composable
private fun Approving(details: EnrolmentQuestionDetails, state: NewPhones, model: NewPhonesModel) {
    val byFinger = whereReady(model.byFingerReady) { model.approveByFinger() }
    Page(stringResource(R.string.new_phones_title), { model.choose(null) }) {
        Text(stringResource(meaning(details)), style = MaterialTheme.typography.bodyLarge)
        ByPin(
            stringResource(R.string.new_phones_pin), state.trouble, stringResource(R.string.approve), { model.approveWith(it) },
            byFinger, enabled = !state.working,
        )
    }
}
