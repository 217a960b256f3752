package ishenzhen.app.model

import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.getAndUpdate
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import szid.Advice
import szid.ApproveException
import szid.ConsentDetails
import szid.ConsentRequest
import szid.SyncException
import szid.Wallet

/** What a venue asks, and how far the answer is. */
data class Asked(
    val details: ConsentDetails,
    val secondsLeft: Int,
    val step: Step,
    /** What went wrong with the last try. */
    val trouble: Advice? = null,
) {
    enum class Step { ASKING, UNLOCK, SENDING, APPROVED, REFUSED, REPORTED, OVER }

    val open get() = step == Step.ASKING || step == Step.UNLOCK
}

/** What venues ask the holder while the app is in sight. One question at a time. */
class AskedModel(private val wallet: Wallet, private val unlocks: Unlocks, private val scope: CoroutineScope) {
    private val now = MutableStateFlow<Asked?>(null)
    val state: StateFlow<Asked?> = now

    val byFingerReady get() = unlocks.byFingerReady

    @Volatile private var request: ConsentRequest? = null

    /** Listens until it is cancelled; called while the app is in sight. */
    suspend fun listen(): Unit = withContext(Dispatchers.IO) {
        var wait = SHORTEST
        while (true) {
            // As long as a question stands, the service would answer with it at once.
            now.first { it == null }
            try {
                wallet.consents(LISTEN_SECONDS).firstOrNull()?.let(::ask)
                wait = SHORTEST
            } catch (failed: SyncException) {
                delay(wait)
                wait = (wait * 2).coerceAtMost(LONGEST)
            }
        }
    }

    private fun ask(asked: ConsentRequest) {
        request = asked
        val details = asked.details()
        val id = details.id
        now.value = Asked(details, details.waitSeconds.toInt(), Asked.Step.ASKING)
        scope.launch {
            for (left in details.waitSeconds.toInt() - 1 downTo 0) {
                delay(SECOND)
                now.update { if (it?.details?.id == id) it.copy(secondsLeft = left) else it }
                if (now.value?.details?.id != id) return@launch
            }
            now.update { if (it?.details?.id == id && it.open) it.copy(step = Asked.Step.OVER) else it }
        }
    }

    /** Approves with what is unlocked now; asks for more where the scene does. */
    fun approve() = answer { wallet.approve(it, unlocks.now()) }

    /** Unlocks by PIN, and approves. */
    fun approveWith(pin: String) = approveAfter { unlocks.byPin(pin) }

    /** Unlocks by finger or face, and approves. */
    fun approveByFinger() = approveAfter { unlocks.byFinger() }

    private fun approveAfter(unlock: suspend () -> Advice?) {
        val asked = begin() ?: return
        scope.launch {
            val wrong = unlock()
            if (wrong != null) go(Asked.Step.UNLOCK, wrong) else send(asked, Asked.Step.APPROVED) { wallet.approve(it, unlocks.now()) }
        }
    }

    fun refuse() = answer(Asked.Step.REFUSED) { wallet.refuse(it) }

    /** Refuses, and tells the city that the holder did not expect this. */
    fun refuseAndReport() = answer(Asked.Step.REPORTED) { wallet.refuseAndReport(it) }

    /** The holder has seen how it ended. */
    fun close() {
        request = null
        now.value = null
    }

    private fun answer(then: Asked.Step = Asked.Step.APPROVED, how: suspend (ConsentRequest) -> Unit) {
        val asked = begin() ?: return
        scope.launch { send(asked, then, how) }
    }

    /** From a question that is open to one that is being answered, once: a second touch finds it so. */
    private fun begin(): ConsentRequest? {
        val before = now.getAndUpdate { if (it?.open == true) it.copy(step = Asked.Step.SENDING, trouble = null) else it }
        return request.takeIf { before?.open == true }
    }

    private suspend fun send(asked: ConsentRequest, then: Asked.Step, how: suspend (ConsentRequest) -> Unit) {
        try {
            how(asked)
            go(then)
        } catch (more: ApproveException.UnlockNeeded) {
            go(Asked.Step.UNLOCK)
        } catch (over: ApproveException.Over) {
            go(Asked.Step.OVER, over.advice())
        } catch (failed: ApproveException) {
            go(Asked.Step.ASKING, failed.advice())
        }
    }

    /** A question whose time is over is not put again. */
    private fun go(step: Asked.Step, trouble: Advice? = null) = now.update {
        val next = it?.copy(step = step, trouble = trouble)
        if (next != null && next.open && next.secondsLeft <= 0) next.copy(step = Asked.Step.OVER) else next
    }

    private companion object {
        const val LISTEN_SECONDS = 20uL
        /** Milliseconds. */
        const val SECOND = 1_000L
        const val SHORTEST = 2_000L
        const val LONGEST = 5_000L
    }
}
