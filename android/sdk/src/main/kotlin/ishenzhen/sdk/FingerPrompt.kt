package ishenzhen.sdk

import android.content.Context
import android.content.DialogInterface
import android.content.pm.PackageManager
import android.hardware.biometrics.BiometricManager
import android.hardware.biometrics.BiometricPrompt
import android.os.Build
import android.os.CancellationSignal
import androidx.annotation.RequiresApi
import java.security.Signature
import java.util.concurrent.Executor
import kotlin.coroutines.resume
import kotlin.coroutines.resumeWithException
import kotlinx.coroutines.CancellableContinuation
import kotlinx.coroutines.suspendCancellableCoroutine
import szid.KeyPortException

/** What the system's sheet says. */
class FingerWords(val title: String, val cancel: String)

/**
 * Has a key that asks for the holder sign one message: the sheet is bound to this very signature, so that a finger shown for
 * something else signs nothing. Android 9 and newer; before, an app has no sheet of the system's, and there is no finger.
 */
class FingerPrompt(
    private val context: Context,
    private val keys: AndroidDeviceKeys,
    private val foreground: Foreground,
    private val words: () -> FingerWords,
) {
    /** Whether the phone can ask for a finger or face that is good enough to guard a key. */
    fun isThere(): Boolean = when {
        Build.VERSION.SDK_INT >= Build.VERSION_CODES.R -> strongSince30()
        Build.VERSION.SDK_INT >= Build.VERSION_CODES.Q -> anySince29()
        Build.VERSION.SDK_INT >= Build.VERSION_CODES.P -> context.packageManager.hasSystemFeature(PackageManager.FEATURE_FINGERPRINT)
        else -> false
    }

    /** The signature; ends with [KeyPortException.NotAllowed] where the holder said no. */
    suspend fun sign(handle: String, message: ByteArray): ByteArray {
        if (Build.VERSION.SDK_INT < Build.VERSION_CODES.P) throw KeyPortException.Unavailable()
        val signature = askSince28(keys.begin(handle))
        return try {
            signature.update(message)
            signature.sign()
        } catch (failed: Exception) {
            throw if (faultOf(failed) == Fault.LOST) KeyPortException.Lost() else KeyPortException.Unavailable()
        }
    }

    @RequiresApi(Build.VERSION_CODES.P)
    private suspend fun askSince28(begun: Signature): Signature = suspendCancellableCoroutine { waiting ->
        val activity = foreground.activity() ?: throw KeyPortException.Unavailable()
        val giveUp = CancellationSignal()
        waiting.invokeOnCancellation { giveUp.cancel() }
        val main = Executor { activity.runOnUiThread(it) }
        activity.runOnUiThread {
            val texts = words()
            val builder = BiometricPrompt.Builder(activity).setTitle(texts.title)
                .setNegativeButton(texts.cancel, main) { _: DialogInterface, _: Int ->
                    if (waiting.isActive) waiting.resumeWithException(KeyPortException.NotAllowed())
                }
            if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.R) strongOnlySince30(builder)
            builder.build().authenticate(BiometricPrompt.CryptoObject(begun), giveUp, main, Answer(waiting))
        }
    }

    @RequiresApi(Build.VERSION_CODES.P)
    private class Answer(private val waiting: CancellableContinuation<Signature>) : BiometricPrompt.AuthenticationCallback() {
        override fun onAuthenticationSucceeded(result: BiometricPrompt.AuthenticationResult) {
            val signed = result.cryptoObject?.signature
            if (!waiting.isActive) return
            if (signed != null) waiting.resume(signed) else waiting.resumeWithException(KeyPortException.Unavailable())
        }

        override fun onAuthenticationError(error: Int, words: CharSequence) {
            if (!waiting.isActive) return
            waiting.resumeWithException(
                if (endedBy(error) == Ended.HOLDER) KeyPortException.NotAllowed() else KeyPortException.Unavailable(),
            )
        }
    }

    @RequiresApi(Build.VERSION_CODES.R)
    private fun strongOnlySince30(builder: BiometricPrompt.Builder) {
        builder.setAllowedAuthenticators(BiometricManager.Authenticators.BIOMETRIC_STRONG)
    }

    @RequiresApi(Build.VERSION_CODES.R)
    private fun strongSince30() = context.getSystemService(BiometricManager::class.java)
        ?.canAuthenticate(BiometricManager.Authenticators.BIOMETRIC_STRONG) == BiometricManager.BIOMETRIC_SUCCESS

    @RequiresApi(Build.VERSION_CODES.Q)
    private fun anySince29(): Boolean {
        @Suppress("DEPRECATION")
        return context.getSystemService(BiometricManager::class.java)?.canAuthenticate() == BiometricManager.BIOMETRIC_SUCCESS
    }
}
