package ishenzhen.sdk

import android.app.Activity
import android.app.KeyguardManager
import android.content.Context
import android.hardware.biometrics.BiometricManager
import android.hardware.biometrics.BiometricPrompt
import android.os.Build
import android.os.CancellationSignal
import androidx.activity.ComponentActivity
import androidx.activity.result.ActivityResultLauncher
import androidx.activity.result.contract.ActivityResultContracts
import androidx.annotation.RequiresApi
import java.util.UUID
import java.util.concurrent.CompletableFuture
import java.util.concurrent.ExecutionException
import java.util.concurrent.TimeUnit
import java.util.concurrent.TimeoutException
import szid.HolderPrompt
import szid.PromptPortException

/**
 * Asks for the screen lock: by the system's sheet from Android 11 on, by its screen before.
 *
 * The texts are asked for each time, so that they are in the language of now. Not to be called on the main thread, which
 * shows the sheet.
 */
class ScreenLockPrompt(
    private val context: Context,
    private val foreground: Foreground,
    private val title: () -> String,
) : HolderPrompt {
    /** Whether the system's own screen may stand before the app: that is no going out of sight. */
    @Volatile var isAsking = false
        private set

    override fun confirmScreenLock(): Boolean {
        isAsking = true
        try {
            return confirm()
        } finally {
            isAsking = false
        }
    }

    private fun confirm(): Boolean {
        if (context.getSystemService(KeyguardManager::class.java)?.isDeviceSecure != true) throw PromptPortException.NotSetUp()
        val activity = foreground.activity() ?: throw PromptPortException.Unavailable()
        val answer = CompletableFuture<Boolean>()
        val giveUp = CancellationSignal()
        activity.runOnUiThread {
            try {
                if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.R) sheetSince30(activity, giveUp, answer) else screen(activity, answer)
            } catch (failed: IllegalStateException) {
                // The activity went away in between.
                answer.completeExceptionally(PromptPortException.Unavailable())
            }
        }
        try {
            return answer.get(LONGEST_SECONDS, TimeUnit.SECONDS)
        } catch (failed: ExecutionException) {
            throw failed.cause as? PromptPortException ?: PromptPortException.Unavailable()
        } catch (late: TimeoutException) {
            giveUp.cancel()
            throw PromptPortException.Unavailable()
        }
    }

    @RequiresApi(Build.VERSION_CODES.R)
    private fun sheetSince30(activity: ComponentActivity, giveUp: CancellationSignal, answer: CompletableFuture<Boolean>) {
        val prompt = BiometricPrompt.Builder(activity)
            .setTitle(title())
            .setAllowedAuthenticators(BiometricManager.Authenticators.DEVICE_CREDENTIAL)
            .build()
        prompt.authenticate(giveUp, activity.mainExecutor, object : BiometricPrompt.AuthenticationCallback() {
            override fun onAuthenticationSucceeded(result: BiometricPrompt.AuthenticationResult) { answer.complete(true) }
            override fun onAuthenticationError(error: Int, words: CharSequence) {
                answer.completeExceptionally(
                    when (endedBy(error)) {
                        Ended.HOLDER -> PromptPortException.NotAllowed()
                        Ended.NOT_SET_UP -> PromptPortException.NotSetUp()
                        Ended.OTHER -> if (error == BiometricPrompt.BIOMETRIC_ERROR_LOCKOUT) {
                            PromptPortException.NotAllowed()
                        } else {
                            PromptPortException.Unavailable()
                        }
                    },
                )
            }
        })
    }

    private fun screen(activity: ComponentActivity, answer: CompletableFuture<Boolean>) {
        @Suppress("DEPRECATION")
        val intent = context.getSystemService(KeyguardManager::class.java)?.createConfirmDeviceCredentialIntent(title(), null)
            ?: throw IllegalStateException()
        // A name of its own each time: an answer that comes too late is kept under its name, and must not
        // answer another question.
        var launcher: ActivityResultLauncher<android.content.Intent>? = null
        launcher = activity.activityResultRegistry.register("$KEY.${UUID.randomUUID()}", ActivityResultContracts.StartActivityForResult()) { result ->
            launcher?.unregister()
            if (result.resultCode == Activity.RESULT_OK) {
                answer.complete(true)
            } else {
                answer.completeExceptionally(PromptPortException.NotAllowed())
            }
        }
        launcher.launch(intent)
    }

    private companion object {
        /** Less than the 120 seconds after which the wallet takes no answer. */
        const val LONGEST_SECONDS = 115L
        const val KEY = "szid.screen-lock"
    }
}
