package ishenzhen.app.model

import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.launch
import szid.Advice
import szid.SyncException
import szid.Wallet

/** Whether the masked name and the level stand beside the code. */
data class NameShown(val isOn: Boolean? = null, val working: Boolean = false, val trouble: Advice? = null)

class NameModel(private val wallet: Wallet, private val scope: CoroutineScope) {
    private val now = MutableStateFlow(NameShown())
    val state: StateFlow<NameShown> = now

    /** Called when the screen opens. */
    fun begin(): Job = scope.launch { look() }

    /** To show it, the service is asked for it once. */
    fun show(on: Boolean): Job {
        now.update { it.copy(working = true, trouble = null) }
        return scope.launch {
            try {
                wallet.showName(on)
                look()
            } catch (failed: SyncException) {
                now.update { it.copy(working = false, trouble = failed.advice()) }
            }
        }
    }

    private fun look() {
        now.value = try {
            NameShown(wallet.status().maskedName != null)
        } catch (failed: SyncException) {
            NameShown(trouble = failed.advice())
        }
    }
}
