package ishenzhen.app.model

import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.launch
import szid.Advice

/** How far the holder has come with showing that it is them. */
data class UnlockStep(val working: Boolean = false, val trouble: Advice? = null, val done: Boolean = false)

/** Unlocks for the code, before a scanner that asks for more than an open app. */
class UnlockModel(private val unlocks: Unlocks, private val scope: CoroutineScope) {
    private val now = MutableStateFlow(UnlockStep())
    val state: StateFlow<UnlockStep> = now

    val byFingerReady get() = unlocks.byFingerReady

    /** Called when the screen opens. */
    fun begin() {
        now.value = UnlockStep()
    }

    fun unlockWith(pin: String): Job = unlock { unlocks.byPin(pin) }

    fun unlockByFinger(): Job = unlock { unlocks.byFinger() }

    private fun unlock(how: suspend () -> Advice?): Job {
        now.value = UnlockStep(working = true)
        return scope.launch {
            val wrong = how()
            now.value = UnlockStep(trouble = wrong, done = wrong == null)
        }
    }
}
