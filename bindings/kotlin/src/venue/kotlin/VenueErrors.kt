package szid

/** What [adviceOf] answers, for a program that verifies too: of a [VerifierException] as well. */
fun venueAdviceOf(failed: Throwable): Advice? = if (failed is VerifierException) failed.advice() else adviceOf(failed)
