package ishenzhen.app.model

import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.launch
import szid.AccountEvent
import szid.Advice
import szid.SyncException
import szid.Wallet

/** What happened to the account and its phones, as far as it was read. */
data class Events(
    val list: List<AccountEvent> = emptyList(),
    /** How many the holder has not seen yet. */
    val unseen: Int = 0,
    val loading: Boolean = false,
    val more: Boolean = false,
    val trouble: Advice? = null,
)

class EventsModel(private val wallet: Wallet, private val scope: CoroutineScope) {
    private val now = MutableStateFlow(Events())
    val state: StateFlow<Events> = now

    /** Asks whether there is something new; without a connection nothing changes. */
    suspend fun look() {
        try {
            val unseen = wallet.account().unseenEvents.toInt()
            now.update { it.copy(unseen = unseen) }
        } catch (failed: SyncException) {
            // A freeze, or an ended device, is in the status from then on, and said beside the code.
        }
    }

    /** Reads the newest, which count as seen from then on. */
    fun load(): Job = read(null)

    fun loadMore(): Job = read(now.value.list.lastOrNull()?.id)

    private fun read(before: String?): Job {
        now.update { it.copy(loading = true, trouble = null) }
        return scope.launch {
            try {
                val page = wallet.events(before)
                now.update { Events(if (before == null) page else it.list + page, more = page.isNotEmpty()) }
            } catch (failed: SyncException) {
                now.update { it.copy(loading = false, trouble = failed.advice()) }
            }
        }
    }
}
