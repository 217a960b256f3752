package szid

import kotlin.coroutines.CoroutineContext
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.flowOn

/**
 * Codes to show, one after the other: a new one each time that the one before is to be redrawn. They state the tier of
 * [unlocking], by default that the app is open.
 *
 * Collect it while the screen shows the code, and no longer: each code asks the key store for a signature. Ends with the
 * [PresentException] of the code that could not be drawn: with [PresentException.Locked] once the unlocking is over. Codes
 * are drawn in [context], away from the thread that draws.
 */
fun Wallet.codes(
    unlocking: Unlocking = appOpened(),
    options: CodeOptions? = null,
    context: CoroutineContext = Dispatchers.IO,
): Flow<CitizenCode> = flow {
    while (true) {
        val code = code(unlocking, options)
        emit(code)
        delay(code.redrawIn.toLong().seconds)
    }
}.flowOn(context)

/** The seconds that venues take this code for, counted down from now to 0. */
fun CitizenCode.countdown(): Flow<Int> = flow {
    for (left in secondsLeft.toInt() downTo 0) {
        emit(left)
        delay(1.seconds)
    }
}
