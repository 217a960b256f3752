package ishenzhen.app.model

import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.getAndUpdate
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.launch
import szid.Advice
import szid.ApproveException
import szid.EnrolmentQuestion
import szid.SyncException
import szid.Wallet

/** New phones that counters ask for in the holder's name. */
data class NewPhones(
    val asked: List<EnrolmentQuestion> = emptyList(),
    /** The one that is approved once the holder has unlocked. */
    val approving: EnrolmentQuestion? = null,
    val working: Boolean = false,
    val trouble: Advice? = null,
)

class NewPhonesModel(private val wallet: Wallet, private val unlocks: Unlocks, private val scope: CoroutineScope) {
    private val now = MutableStateFlow(NewPhones())
    val state: StateFlow<NewPhones> = now

    val byFingerReady get() = unlocks.byFingerReady

    /** Asks whether a counter asks; without a connection nothing changes. */
    suspend fun look() {
        try {
            read()
        } catch (failed: SyncException) {
            // The counter waits for days; the next look finds it.
        }
    }

    /** Asks for the PIN, or finger or face, that approves. */
    fun choose(question: EnrolmentQuestion?) = now.update { it.copy(approving = question, trouble = null) }

    fun approveWith(pin: String) = approveAfter { unlocks.byPin(pin) }

    fun approveByFinger() = approveAfter { unlocks.byFinger() }

    /** Nobody gets a phone in the holder's name; an approval that was given is taken back. */
    fun refuse(question: EnrolmentQuestion) = answer {
        wallet.refuseEnrolment(question)
        null
    }

    private fun approveAfter(unlock: suspend () -> Advice?) {
        val question = now.value.approving ?: return
        answer {
            val wrong = unlock()
            if (wrong == null) wallet.approveEnrolment(question, unlocks.now())
            wrong
        }
    }

    /** Sends one answer at a time; what unlocks for it may say what is wrong. */
    private fun answer(send: suspend () -> Advice?) {
        if (now.getAndUpdate { it.copy(working = true, trouble = null) }.working) return
        scope.launch {
            try {
                val wrong = send()
                now.update { if (wrong == null) it.copy(approving = null) else it.copy(trouble = wrong) }
                read()
            } catch (failed: ApproveException) {
                now.update { it.copy(trouble = failed.advice()) }
            } catch (failed: SyncException) {
                now.update { it.copy(trouble = failed.advice()) }
            } finally {
                now.update { it.copy(working = false) }
            }
        }
    }

    private suspend fun read() {
        val asked = wallet.enrolmentQuestions()
        now.update { it.copy(asked = asked) }
    }
}
