package ishenzhen.app.screen

import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.BoxWithConstraints
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.heightIn
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.size
import androidx.compose.foundation.layout.widthIn
import androidx.compose.foundation.rememberScrollState
import androidx.compose.foundation.verticalScroll
import androidx.compose.material3.CircularProgressIndicator
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.material3.TextButton
import androidx.compose.runtime.Composable
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableIntStateOf
import androidx.compose.runtime.remember
import androidx.compose.runtime.setValue
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.platform.LocalDensity
import androidx.compose.ui.res.stringArrayResource
import androidx.compose.ui.res.stringResource
import androidx.compose.ui.semantics.clearAndSetSemantics
import androidx.compose.ui.semantics.contentDescription
import androidx.compose.ui.semantics.heading
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.text.TextStyle
import androidx.compose.ui.text.style.TextAlign
import androidx.compose.ui.unit.Dp
import androidx.compose.ui.unit.dp
import androidx.compose.ui.unit.min
import androidx.lifecycle.compose.collectAsStateWithLifecycle
import ishenzhen.app.R
import ishenzhen.app.model.CodeModel
import ishenzhen.app.model.CodeState
import ishenzhen.app.model.Holder
import szid.AccountStanding
import szid.FrozenBy
import szid.LastKnown

/** 亮码: the code, as large as the screen allows, and below it how long it is good for. */
@Composable
fun CodeScreen(model: CodeModel, unlock: (() -> Unit)? = null, beside: @Composable () -> Unit = {}) {
    val state by model.state.collectAsStateWithLifecycle()
    val easier by model.easier.collectAsStateWithLifecycle()
    var tries by remember { mutableIntStateOf(0) }
    // A code costs a signature.
    WhileLookedAt(model to tries) { model.show() }
    when (val now = state) {
        CodeState.Drawing -> Box(Modifier.fillMaxSize(), Alignment.Center) { CircularProgressIndicator() }
        is CodeState.Stopped -> Page(stringResource(R.string.code_title)) {
            Told(now.advice)
            Big(stringResource(R.string.try_again)) { tries++ }
        }
        is CodeState.Shown -> Shown(now, easier, model::setEasier, unlock, beside)
    }
}

@Composable
private fun Shown(
    state: CodeState.Shown, easier: Boolean, setEasier: (Boolean) -> Unit, unlock: (() -> Unit)?, beside: @Composable () -> Unit,
) {
    val hints = state.code.display
    Bright(hints.fullBrightness, hints.keepAwake)
    BoxWithConstraints(Modifier.fillMaxSize()) {
        val clock = heightOf(MaterialTheme.typography.titleMedium)
        val title = heightOf(MaterialTheme.typography.titleLarge)
        // The title goes where the code would have to shrink for it; the seconds stay in sight.
        val side = min(maxWidth - MARGIN, maxHeight - clock - GAPS).coerceAtLeast(LEAST)
        val titled = side + clock + title + GAPS <= maxHeight
        Column(
            Modifier.verticalScroll(rememberScrollState()).fillMaxWidth().heightIn(min = maxHeight).padding(vertical = 8.dp),
            Arrangement.spacedBy(8.dp, Alignment.CenterVertically), Alignment.CenterHorizontally,
        ) {
            if (titled) {
                Text(
                    stringResource(R.string.code_title), Modifier.semantics { heading() },
                    style = MaterialTheme.typography.titleLarge, textAlign = TextAlign.Center,
                )
            }
            Picture(state, side)
            Clock(state, unlock)
            state.holder?.let { Name(it) }
            if (state.code.timeInDoubt) Beside(stringResource(R.string.time_in_doubt))
            state.refused?.let { Refused(it) }
            // Nobody takes such a code, with network or without.
            if (state.refused == null) {
                state.until?.let { Beside(stringResource(R.string.works_until, dayBefore(it))) }
                state.fewDays?.let {
                    Text(
                        stringResource(R.string.few_days, it), Modifier.padding(horizontal = 16.dp), textAlign = TextAlign.Center,
                        style = MaterialTheme.typography.titleMedium,
                    )
                }
            }
            if (LocalElderly.current) Aloud(state)
            TextButton({ setEasier(!easier) }) {
                Text(stringResource(if (easier) R.string.usual_code else R.string.easier_code), textAlign = TextAlign.Center)
            }
            beside()
        }
    }
}

@Composable
private fun Picture(state: CodeState.Shown, side: Dp) {
    val label = spoken(state.code.display.accessibilityLabelZh, state.code.display.accessibilityLabelEn)
    val renews = stringResource(R.string.renews_every, state.code.redrawIn.toInt())
    Modules(state.code.bits, Modifier.size(side).semantics { contentDescription = "$label $renews" })
}

/** For the holder, and for staff who look; a scanner reads nothing of it. */
@Composable
private fun Name(holder: Holder) {
    val level = holder.level?.let { stringArrayResource(R.array.levels).getOrNull(it - 1) }
    Text(
        listOfNotNull(holder.maskedName, level).joinToString(" · "), Modifier.padding(horizontal = 16.dp), textAlign = TextAlign.Center,
        style = MaterialTheme.typography.titleMedium,
    )
}

/** What was last heard of account and phone; without network the phone knows no more. */
@Composable
private fun Refused(known: LastKnown) {
    val freeze = known.freeze
    val by = when (freeze?.by) {
        FrozenBy.REGISTRAR -> stringResource(R.string.frozen_by_registrar)
        FrozenBy.HOLDER -> stringResource(R.string.frozen_by_holder)
        FrozenBy.SERVICE -> stringResource(R.string.frozen_by_service)
        FrozenBy.UNKNOWN, null -> null
    }
    Beside(
        stringResource(
            when (known.standing) {
                AccountStanding.DEVICE_ENDED -> R.string.ended_refused
                AccountStanding.REVOKED -> R.string.revoked_refused
                else -> R.string.frozen_refused
            },
        ),
    )
    if (freeze != null) Beside(stringResource(R.string.frozen_at, dayAndTime(freeze.at.toLong())))
    by?.let { Beside(it) }
    Beside(stringResource(R.string.known_at, dayAndTime(known.at.toLong())))
}

/** What a screen reader says, for who has none. */
@Composable
private fun Aloud(state: CodeState.Shown) {
    val say = rememberSpeaker()
    val words = spoken(state.code.display.accessibilityLabelZh, state.code.display.accessibilityLabelEn)
    val left = stringResource(R.string.seconds_left, state.secondsLeft)
    Box(Modifier.widthIn(max = 600.dp).padding(horizontal = 16.dp)) {
        Other(stringResource(R.string.read_aloud)) { say("$words $left") }
    }
}

@Composable
private fun Beside(words: String) = Text(
    words, Modifier.padding(horizontal = 16.dp), textAlign = TextAlign.Center,
    style = MaterialTheme.typography.bodyLarge, color = MaterialTheme.colorScheme.onSurfaceVariant,
)

/** The seconds as a ring and as text, so that neither colour nor movement alone tells them. */
@Composable
private fun Clock(state: CodeState.Shown, unlock: (() -> Unit)?) {
    val all = state.code.secondsLeft.toInt().coerceAtLeast(1)
    val isRoomy = LocalDensity.current.fontScale <= ROOMY
    Row(Modifier.fillMaxWidth(), Arrangement.Center, Alignment.CenterVertically) {
        CircularProgressIndicator(
            { state.secondsLeft.toFloat() / all }, Modifier.size(RING).clearAndSetSemantics {}, strokeWidth = 4.dp,
        )
        Text(
            stringResource(R.string.seconds_left, state.secondsLeft), Modifier.padding(start = 12.dp),
            style = MaterialTheme.typography.titleMedium,
        )
        if (isRoomy) Shows(state.unlocked, unlock, Modifier.padding(start = 8.dp))
    }
    if (!isRoomy) Shows(state.unlocked, unlock)
}

/** Whether the code says that its holder has just shown who they are, and the way to it. */
@Composable
private fun Shows(unlocked: Boolean, unlock: (() -> Unit)?, modifier: Modifier = Modifier) {
    if (unlocked) {
        Text(stringResource(R.string.unlocked), modifier.padding(12.dp), style = MaterialTheme.typography.labelLarge)
    } else if (unlock != null) {
        TextButton(unlock, modifier) { Text(stringResource(R.string.unlock)) }
    }
}

@Composable
private fun heightOf(style: TextStyle): Dp = with(LocalDensity.current) { style.lineHeight.toDp() }.coerceAtLeast(RING)

private val MARGIN = 8.dp
/** Above, between and below. */
private val GAPS = 32.dp
private val RING = 28.dp
private val LEAST = 200.dp
