package ishenzhen.app.model

import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.collectLatest
import kotlinx.coroutines.flow.combine
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.withContext
import szid.AccountStanding
import szid.Advice
import szid.CitizenCode
import szid.CodeOptions
import szid.DamageLevel
import szid.LastKnown
import szid.PresentException
import szid.SyncException
import szid.VenueChallenge
import szid.Wallet
import szid.WalletStatus
import szid.codes
import szid.countdown

/** What the screen of the code shows. */
sealed interface CodeState {
    data object Drawing : CodeState

    /** A code, and what is said beside it. */
    data class Shown(
        val code: CitizenCode,
        val secondsLeft: Int,
        /** The end of the last day for which the phone has a pass, Unix seconds. */
        val until: Long?,
        /** How many days have a pass, today counted, where these end so soon that the phone should go online. */
        val fewDays: Int?,
        /** Who it is, where the holder chose to see it; it is not in the code. */
        val holder: Holder?,
        /** Where the service said that codes of this phone are refused. */
        val refused: LastKnown?,
        /** Whether it says that the holder has just shown who they are, and not only opened the app. */
        val unlocked: Boolean,
    ) : CodeState

    /** No code can be drawn. */
    class Stopped(val advice: Advice) : CodeState
}

/** The holder's masked name, and the identity level of today's pass. */
data class Holder(val maskedName: String, val level: Int?)

/** Codes for as long as somebody looks at them; for any scanner, or for the one whose venue code the holder scanned. */
class CodeModel(private val wallet: Wallet, private val unlocks: Unlocks, private val challenge: VenueChallenge? = null) {
    private val now = MutableStateFlow<CodeState>(CodeState.Drawing)
    val state: StateFlow<CodeState> = now

    /** Whether passes were asked for since the last code. */
    private var refreshed = false

    private val easy = MutableStateFlow(false)

    /** Whether the drawing has larger modules, which a scanner that reads nothing may read. */
    val easier: StateFlow<Boolean> = easy

    fun setEasier(on: Boolean) {
        easy.value = on
    }

    /** Draws codes until it is cancelled, or none can be drawn; called while the code is on the screen. */
    suspend fun show(): Unit = withContext(Dispatchers.IO) {
        // What was tried again is seen to be tried.
        now.update { if (it is CodeState.Stopped) CodeState.Drawing else it }
        combine(easy, unlocks.times) { on, _ -> on }.collectLatest { on ->
            val options = CodeOptions(challenge = challenge, damage = if (on) DamageLevel.LOW else null)
            refreshed = false
            do {
                val goesOn = drew(options)
            } while (goesOn)
        }
    }

    /** False once it is of no use to go on. */
    private suspend fun drew(options: CodeOptions): Boolean {
        try {
            val unlocking = unlocks.now()
            val unlocked = unlocking.tier() > APP_OPEN
            wallet.codes(unlocking, options).collectLatest { code ->
                refreshed = false
                val status = wallet.status()
                code.countdown().collect { left -> now.value = shown(code, left, status, unlocked) }
            }
        } catch (over: PresentException.Locked) {
            unlocks.renew()
            return true
        } catch (failed: PresentException) {
            now.value = CodeState.Stopped(failed.advice())
            val mends = failed is PresentException.NoPass || failed is PresentException.KeyInvalidated
            return mends && !refreshed && refresh()
        } catch (failed: SyncException) {
            now.value = CodeState.Stopped(failed.advice())
        }
        return false
    }

    /** What it brought does not tell whether to go on: another part of the app may have received the passes a moment before. */
    private suspend fun refresh(): Boolean = try {
        wallet.refresh()
        refreshed = true
        true
    } catch (failed: SyncException) {
        // That a connection is wanted is said already.
        if (failed !is SyncException.Unreachable) now.value = CodeState.Stopped(failed.advice())
        false
    }

    private fun shown(code: CitizenCode, left: Int, status: WalletStatus, unlocked: Boolean): CodeState.Shown {
        val known = status.lastKnown?.takeIf { it.standing in REFUSED }
        val holder = status.maskedName?.let { Holder(it, status.identityLevel?.toInt()) }
        val few = status.passesLeft.toInt().takeIf { status.endsSoon }
        return CodeState.Shown(code, left, status.days.lastOrNull()?.toLong(), few, holder, known, unlocked)
    }

    private companion object {
        /** The tier of an app that is open. */
        val APP_OPEN: UByte = 1u
        val REFUSED = setOf(AccountStanding.FROZEN, AccountStanding.DEVICE_ENDED, AccountStanding.REVOKED)
    }
}
