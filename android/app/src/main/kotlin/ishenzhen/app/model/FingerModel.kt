package ishenzhen.app.model

import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.launch
import szid.Advice

/** How unlocking by finger or face stands on this phone. */
data class FingerSetup(
    /** Whether the phone can ask; not known before it was looked at. */
    val isThere: Boolean? = null,
    val isSet: Boolean = false,
    val working: Boolean = false,
    val trouble: Advice? = null,
)

/** Finger or face in place of the PIN: turned on with the PIN, and off. */
class FingerModel(private val unlocks: Unlocks, private val scope: CoroutineScope) {
    private val now = MutableStateFlow(FingerSetup())
    val state: StateFlow<FingerSetup> = now

    /** Looks how it stands; called when the screen opens. */
    fun begin(): Job = scope.launch {
        unlocks.look()
        stands(null)
    }

    fun turnOnWith(pin: String): Job = change { unlocks.byPin(pin) ?: unlocks.setUpFinger() }

    fun turnOff(): Job = change { unlocks.dropFinger() }

    private fun change(how: () -> Advice?): Job {
        now.value = now.value.copy(working = true, trouble = null)
        return scope.launch { stands(how()) }
    }

    private fun stands(trouble: Advice?) {
        now.value = FingerSetup(unlocks.hasFinger(), unlocks.byFingerReady.value, trouble = trouble)
    }
}
