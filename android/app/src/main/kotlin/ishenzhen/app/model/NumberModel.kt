package ishenzhen.app.model

import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.withContext
import szid.Advice
import szid.ApproveException
import szid.Wallet

/** What the screen of the short number shows. */
sealed interface NumberState {
    data object Asking : NumberState

    /** A number, in groups of three, good once. */
    data class Given(val grouped: String, val secondsLeft: Int) : NumberState

    /** Its time is over. */
    data object Over : NumberState

    /** None was given. */
    class Stopped(val advice: Advice) : NumberState
}

/** A number to say aloud where nothing can be scanned. It needs the service, unlike a code. */
class NumberModel(private val wallet: Wallet, private val unlocks: Unlocks) {
    private val now = MutableStateFlow<NumberState>(NumberState.Asking)
    val state: StateFlow<NumberState> = now

    /** Gets one and counts its seconds, until they are over or it is cancelled. The number before ends. */
    suspend fun show(): Unit = withContext(Dispatchers.IO) {
        now.value = NumberState.Asking
        try {
            val given = wallet.shortNumber(unlocks.now())
            for (left in given.expiresIn.toInt() downTo 1) {
                now.value = NumberState.Given(given.grouped, left)
                delay(SECOND)
            }
            now.value = NumberState.Over
        } catch (failed: ApproveException) {
            now.value = NumberState.Stopped(failed.advice())
        }
    }

    private companion object {
        /** Milliseconds. */
        const val SECOND = 1_000L
    }
}
