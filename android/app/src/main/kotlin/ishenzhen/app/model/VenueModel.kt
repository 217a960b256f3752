package ishenzhen.app.model

import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.getAndUpdate
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.launch
import szid.Advice
import szid.VenueChallenge
import szid.VenueCodeException
import szid.VenueRequest
import szid.VenueRequestDetails
import szid.Visit
import szid.VisitException
import szid.Wallet

/** How far a visit is whose code the holder scanned. */
data class Visiting(
    val step: Step = Step.READ,
    val details: VenueRequestDetails? = null,
    /** What a code for this desk answers, where the venue's code changes. */
    val challenge: VenueChallenge? = null,
    /** What it came to. */
    val visit: Visit? = null,
    val trouble: Advice? = null,
) {
    enum class Step { READ, ASKING, SHOWN, UNLOCK, SENDING, DONE }

    val open get() = step == Step.SHOWN || step == Step.UNLOCK
}

/** The way where the phone scans first: a venue's code, what it asks for, and the holder's word. */
class VenueModel(private val wallet: Wallet, private val unlocks: Unlocks, private val scope: CoroutineScope) {
    private val now = MutableStateFlow(Visiting())
    val state: StateFlow<Visiting> = now

    val byFingerReady get() = unlocks.byFingerReady

    @Volatile private var request: VenueRequest? = null

    /** Asks the service what this code asks for. The venue learns nothing of it. */
    fun take(text: String): Job {
        now.value = Visiting(Visiting.Step.ASKING)
        return scope.launch {
            now.value = try {
                val code = text.trim()
                val challenge = wallet.readVenueCode(code).challenge
                val asked = wallet.askVenue(code).also { request = it }
                Visiting(Visiting.Step.SHOWN, asked.details(), challenge)
            } catch (failed: VenueCodeException) {
                Visiting(trouble = failed.advice())
            }
        }
    }

    fun confirm() {
        if (begin()) scope.launch { send() }
    }

    /** Unlocks by PIN, and confirms. */
    fun confirmWith(pin: String) = confirmAfter { unlocks.byPin(pin) }

    /** Unlocks by finger or face, and confirms. */
    fun confirmByFinger() = confirmAfter { unlocks.byFinger() }

    private fun confirmAfter(unlock: suspend () -> Advice?) {
        if (!begin()) return
        scope.launch {
            val wrong = unlock()
            if (wrong != null) now.update { it.copy(step = Visiting.Step.UNLOCK, trouble = wrong) } else send()
        }
    }

    /** From what is shown to what is being sent, once: a second touch finds it so. */
    private fun begin(): Boolean {
        val before = now.getAndUpdate { if (it.open) it.copy(step = Visiting.Step.SENDING, trouble = null) else it }
        return before.open
    }

    /** Codes that answer this desk alone, for a scanner that waits for one. */
    fun codes(): CodeModel? = now.value.challenge?.let { CodeModel(wallet, unlocks, it) }

    /** Back to reading a code. */
    fun again() {
        request = null
        now.value = Visiting()
    }

    private suspend fun send() {
        val asked = request ?: return
        try {
            val visit = wallet.confirmVisit(asked, unlocks.now())
            now.update { it.copy(step = Visiting.Step.DONE, visit = visit) }
        } catch (more: VisitException.UnlockNeeded) {
            now.update { it.copy(step = Visiting.Step.UNLOCK) }
        } catch (failed: VisitException) {
            now.update { it.copy(step = Visiting.Step.SHOWN, trouble = failed.advice()) }
        }
    }
}
