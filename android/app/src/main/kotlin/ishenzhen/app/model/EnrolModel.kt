package ishenzhen.app.model

import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.launch
import szid.Advice
import szid.EnrolException
import szid.EnrolProgress
import szid.Wallet
import szid.enrolling

/** Where an enrolment stands. */
sealed interface EnrolState {
    /** The offer is wanted; with what was wrong with the one before. */
    class Offer(val trouble: Advice? = null) : EnrolState

    /** The transaction code of this offer is wanted. */
    class TxCode(val offer: String, val trouble: Advice? = null) : EnrolState

    /** Keys are made and passes fetched. */
    class Working(val progress: EnrolProgress? = null) : EnrolState

    /** It stopped; the same offer and code go on where it stopped. */
    class Stopped(val advice: Advice) : EnrolState

    data object Done : EnrolState
}

/** From the counter's offer to the first passes. Offer and transaction code are kept in memory alone. */
class EnrolModel(private val wallet: Wallet, private val scope: CoroutineScope) {
    private val now = MutableStateFlow<EnrolState>(EnrolState.Offer())
    val state: StateFlow<EnrolState> = now

    private val turnedDown = MutableStateFlow(false)

    /** Whether an offer was opened that this phone does not take. */
    val isTurnedDown: StateFlow<Boolean> = turnedDown

    private var offer = ""
    private var txCode = ""

    /** Takes an offer that was scanned or pasted. */
    fun take(text: String) {
        if (now.value is EnrolState.Working) return
        offer = text.trim().take(LONGEST)
        now.value = EnrolState.TxCode(offer)
    }

    /** Takes an offer that was opened as a link, by whoever: not in place of one that is under way. */
    fun open(link: String) {
        if (now.value is EnrolState.Offer) take(link) else turnDown()
    }

    /** An offer came that is not taken: the holder decides what becomes of the one there is, not a link. */
    fun turnDown() {
        turnedDown.value = true
    }

    fun seenTurnedDown() {
        turnedDown.value = false
    }

    fun again() {
        now.value = EnrolState.Offer()
    }

    /** Enrols with the transaction code that the counter says. */
    fun enrol(code: String): Job {
        txCode = code.trim()
        return goOn()
    }

    fun goOn(): Job {
        now.value = EnrolState.Working()
        return scope.launch {
            now.value = try {
                wallet.enrolling(offer, txCode).collect { now.value = EnrolState.Working(it) }
                forget()
                EnrolState.Done
            } catch (failed: EnrolException) {
                after(failed)
            }
        }
    }

    private fun after(failed: EnrolException): EnrolState = when (failed) {
        is EnrolException.CodeWrong -> EnrolState.TxCode(offer, failed.advice())
        is EnrolException.OfferUnreadable, is EnrolException.OfferOver -> {
            forget()
            EnrolState.Offer(failed.advice())
        }
        else -> EnrolState.Stopped(failed.advice())
    }

    private fun forget() {
        offer = ""
        txCode = ""
    }

    private companion object {
        /** Longer than any offer. */
        const val LONGEST = 4_096
    }
}
