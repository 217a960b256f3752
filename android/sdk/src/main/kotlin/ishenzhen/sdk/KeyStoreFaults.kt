package ishenzhen.sdk

import android.os.Build
import android.security.KeyStoreException
import android.security.keystore.KeyPermanentlyInvalidatedException
import androidx.annotation.RequiresApi
import java.security.KeyStore
import javax.crypto.AEADBadTagException

internal const val STORE = "AndroidKeyStore"

internal fun keyStore(): KeyStore = KeyStore.getInstance(STORE).apply { load(null) }

/** What a fault of the key store means; docs/mobile/ports.md has the table. */
internal enum class Fault { LOST, REJECTED, UNAVAILABLE }

/** A key that the phone does not have. */
internal class NoSuchKey : Exception()

internal fun faultOf(thrown: Exception): Fault {
    val chain = generateSequence<Throwable>(thrown) { it.cause }.take(DEEPEST).toList()
    if (chain.any(::passes)) return Fault.UNAVAILABLE
    return when {
        chain.any { it is AEADBadTagException } -> Fault.REJECTED
        // "Unrecoverable" alone is what the key store says of all that fails.
        chain.any { it is NoSuchKey || it is KeyPermanentlyInvalidatedException } -> Fault.LOST
        chain.any(::gone) -> Fault.LOST
        else -> Fault.UNAVAILABLE
    }
}

private const val DEEPEST = 8

private fun passes(thrown: Throwable) =
    Build.VERSION.SDK_INT >= Build.VERSION_CODES.TIRAMISU && passesSince33(thrown)

private fun gone(thrown: Throwable) =
    Build.VERSION.SDK_INT >= Build.VERSION_CODES.TIRAMISU && goneSince33(thrown)

@RequiresApi(Build.VERSION_CODES.TIRAMISU)
private fun passesSince33(thrown: Throwable) = thrown is KeyStoreException &&
    (thrown.isTransientFailure || thrown.numericErrorCode == KeyStoreException.ERROR_USER_AUTHENTICATION_REQUIRED)

@RequiresApi(Build.VERSION_CODES.TIRAMISU)
private fun goneSince33(thrown: Throwable) = thrown is KeyStoreException &&
    thrown.numericErrorCode in setOf(KeyStoreException.ERROR_KEY_DOES_NOT_EXIST, KeyStoreException.ERROR_KEY_CORRUPTED)
