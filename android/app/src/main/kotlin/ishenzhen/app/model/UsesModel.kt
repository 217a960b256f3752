package ishenzhen.app.model

import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.launch
import szid.Advice
import szid.IdentityUse
import szid.SignedReceipt
import szid.SyncException
import szid.Wallet

/** Which uses the holder wants to see. */
enum class Wanted { ALL, GIVEN, REFUSED, NOTICES }

/** Who used the holder's identity, as far as it was read. */
data class Uses(
    val list: List<IdentityUse> = emptyList(),
    val wanted: Wanted = Wanted.ALL,
    val loading: Boolean = false,
    /** Whether there may be older ones. */
    val more: Boolean = false,
    val trouble: Advice? = null,
    /** What the city signed of the use that was asked about last. */
    private val receipt: SignedReceipt? = null,
    /** Of which use there is none, or which is not reported, and why. */
    private val troubleOfOne: Pair<String, Advice>? = null,
) {
    /** What the city signed of this use: an answer that comes late belongs to another one. */
    fun receiptOf(use: IdentityUse) = receipt?.takeIf { it.id == use.receipt }

    /** What went wrong with this use. */
    fun troubleOf(use: IdentityUse) = troubleOfOne?.takeIf { it.first == use.receipt }?.second

    /** Those of the list that are wanted. */
    val shown get() = list.filter { wants(wanted, it) }
}

private fun wants(wanted: Wanted, use: IdentityUse) = when (wanted) {
    Wanted.ALL -> true
    Wanted.GIVEN -> use.claims.isNotEmpty()
    Wanted.REFUSED -> !isAccepted(use)
    Wanted.NOTICES -> use.notice
}

/** Whether the venue let the holder pass. */
fun isAccepted(use: IdentityUse): Boolean = use.reason == "OK" || use.reason == "OK_AGAIN"

class UsesModel(private val wallet: Wallet, private val scope: CoroutineScope) {
    private val now = MutableStateFlow(Uses())
    val state: StateFlow<Uses> = now

    /** Reads the newest. */
    fun load(): Job = read(null)

    /** Reads what came before the last one shown. */
    fun loadMore(): Job = read(now.value.list.lastOrNull()?.receipt)

    fun want(wanted: Wanted) = now.update { it.copy(wanted = wanted) }

    /** Fetches what the city signed of a use. */
    fun fetchReceipt(use: IdentityUse): Job = scope.launch {
        try {
            val signed = wallet.receipt(use.receipt)
            now.update { it.copy(receipt = signed, troubleOfOne = null) }
        } catch (failed: SyncException) {
            now.update { it.copy(troubleOfOne = use.receipt to failed.advice()) }
        }
    }

    /** Tells the city that this was not the holder, or not expected. */
    fun report(use: IdentityUse): Job = scope.launch {
        try {
            wallet.reportUse(use.receipt)
            now.update { uses -> uses.copy(list = uses.list.map { if (it.receipt == use.receipt) it.copy(reported = true) else it }) }
        } catch (failed: SyncException) {
            now.update { it.copy(troubleOfOne = use.receipt to failed.advice()) }
        }
    }

    /** Another use is looked at, or none. */
    fun leaveReceipt() = now.update { it.copy(receipt = null, troubleOfOne = null) }

    private fun read(before: String?): Job {
        now.update { it.copy(loading = true, trouble = null) }
        return scope.launch {
            try {
                val page = wallet.uses(before)
                now.update {
                    it.copy(list = if (before == null) page else it.list + page, loading = false, more = page.isNotEmpty())
                }
            } catch (failed: SyncException) {
                now.update { it.copy(loading = false, trouble = failed.advice()) }
            }
        }
    }
}
