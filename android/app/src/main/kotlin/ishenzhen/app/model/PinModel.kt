package ishenzhen.app.model

import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.launch
import szid.Advice
import szid.UnlockException
import szid.UnlockSetupException
import szid.Wallet

/** How a PIN that is being set stands. */
data class PinSetup(
    /** Whether there is one already; the old one is asked for then. */
    val isSet: Boolean = false,
    /** Whether the old one is forgotten: the phone's screen lock stands for it. */
    val forgotten: Boolean = false,
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

    /** The old one is forgotten, or known after all. */
    fun forget(forgotten: Boolean) = now.update { it.copy(forgotten = forgotten, trouble = null, why = null) }

    /** Sets the first PIN, or changes the one that is there; asks for the screen lock where nothing else stands for the holder. */
    fun set(old: String, new: String): Job {
        val before = now.value.copy(working = false, trouble = null, why = null)
        now.value = before.copy(working = true)
        return scope.launch {
            now.value = try {
                change(before, old, new)
                // All unlockings have ended.
                unlocks.renew()
                PinSetup(isSet = true, done = true)
            } catch (weak: UnlockSetupException.PinWeak) {
                before.copy(trouble = weak.advice(), why = weak.whyZh to weak.whyEn)
            } catch (failed: UnlockSetupException) {
                before.copy(trouble = failed.advice())
            } catch (failed: UnlockException) {
                // Whoever did not open the screen lock is nobody that the app knows.
                unlocks.lock()
                before.copy(trouble = failed.advice())
            }
        }
    }

    private fun change(before: PinSetup, old: String, new: String) {
        when {
            before.forgotten -> wallet.resetPin(new, wallet.unlockWithScreenLock())
            before.isSet -> wallet.changePin(old, new)
            else -> try {
                wallet.setPin(new, unlocks.now())
            } catch (late: UnlockSetupException.ProofNeeded) {
                // Some time after an enrolment, an open app is too little.
                wallet.setPin(new, wallet.unlockWithScreenLock())
            }
        }
    }
}
