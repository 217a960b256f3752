package ishenzhen.app.model

import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.launch
import szid.Advice
import szid.UnlockSetupException
import szid.Wallet

/** How a PIN that is being set stands. */
data class PinSetup(
    /** Whether there is one already; the old one is asked for then. */
    val isSet: Boolean = false,
    val working: Boolean = false,
    val trouble: Advice? = null,
    /** Why a PIN is too weak, in Chinese and English. */
    val why: Pair<String, String>? = null,
    val done: Boolean = false,
)

class PinModel(private val wallet: Wallet, private val unlocks: Unlocks, private val scope: CoroutineScope) {
    private val now = MutableStateFlow(PinSetup())
    val state: StateFlow<PinSetup> = now

    /** Looks whether there is a PIN; called when the screen opens. */
    fun begin(): Job = scope.launch {
        now.value = try {
            PinSetup(isSet = wallet.pinStatus().isSet)
        } catch (failed: UnlockSetupException) {
            PinSetup(trouble = failed.advice())
        }
    }

    /** Sets the first PIN, or changes the one that is there. */
    fun set(old: String, new: String): Job {
        val isSet = now.value.isSet
        now.value = PinSetup(isSet, working = true)
        return scope.launch {
            now.value = try {
                if (isSet) wallet.changePin(old, new) else wallet.setPin(new, unlocks.now())
                // All unlockings have ended.
                unlocks.renew()
                PinSetup(isSet = true, done = true)
            } catch (weak: UnlockSetupException.PinWeak) {
                PinSetup(isSet, trouble = weak.advice(), why = weak.whyZh to weak.whyEn)
            } catch (failed: UnlockSetupException) {
                PinSetup(isSet, trouble = failed.advice())
            }
        }
    }
}
