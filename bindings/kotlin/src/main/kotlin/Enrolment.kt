package szid

import kotlin.time.Duration.Companion.milliseconds
import kotlinx.coroutines.async
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.distinctUntilChanged
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.withTimeoutOrNull

/** How often is looked whether there is progress. */
private val LOOK = 100.milliseconds

/**
 * Enrols, and tells how far it is, each state once; the last one is [EnrolStep.DONE]. Each collection is an enrolment, and ends
 * with the [EnrolException] that ended it. Whoever stops collecting, or is ended, repeats it with the same offer: it goes on
 * where it stopped.
 */
fun Wallet.enrolling(offer: String, txCode: String): Flow<EnrolProgress> = flow {
    EnrolmentWatch().use { watch ->
        coroutineScope {
            val enrolment = async { enrol(offer, txCode, watch) }
            while (!enrolment.isCompleted) {
                emit(watch.progress())
                withTimeoutOrNull(LOOK) { enrolment.join() }
            }
            enrolment.await()
        }
        emit(watch.progress())
    }
}.distinctUntilChanged()
