package ishenzhen.app.model

import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.launch
import szid.Advice
import szid.IdentityUse
import szid.SyncException
import szid.Wallet

/** Who used the holder's identity, as far as it was read. */
data class Uses(
    val list: List<IdentityUse> = emptyList(),
    val loading: Boolean = false,
    /** Whether there may be older ones. */
    val more: Boolean = false,
    val trouble: Advice? = null,
)

class UsesModel(private val wallet: Wallet, private val scope: CoroutineScope) {
    private val now = MutableStateFlow(Uses())
    val state: StateFlow<Uses> = now

    /** Reads the newest. */
    fun load(): Job = read(null)

    /** Reads what came before the last one shown. */
    fun loadMore(): Job = read(now.value.list.lastOrNull()?.receipt)

    private fun read(before: String?): Job {
        now.update { it.copy(loading = true, trouble = null) }
        return scope.launch {
            try {
                val page = wallet.uses(before)
                now.update { Uses(if (before == null) page else it.list + page, more = page.isNotEmpty()) }
            } catch (failed: SyncException) {
                now.update { it.copy(loading = false, trouble = failed.advice()) }
            }
        }
    }
}
