package szid

/**
 * Code and texts of whatever a call ended with, for the one place that shows them; null for an exception that is none of
 * a wallet's. What to do next is told by the cases: match on them, flow by flow.
 */
fun adviceOf(failed: Throwable): Advice? = when (failed) {
    is OpenException -> failed.advice()
    is EnrolException -> failed.advice()
    is PresentException -> failed.advice()
    is SyncException -> failed.advice()
    is ApproveException -> failed.advice()
    is VenueCodeException -> failed.advice()
    is VisitException -> failed.advice()
    is UnlockException -> failed.advice()
    is UnlockSetupException -> failed.advice()
    is WipeException -> failed.advice()
    else -> null
}
