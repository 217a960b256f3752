package ishenzhen.sdk

import android.hardware.biometrics.BiometricPrompt

/** How a prompt of the phone ended without the holder. */
internal enum class Ended { HOLDER, NOT_SET_UP, OTHER }

/** The numbers of [BiometricPrompt], which are the same on every Android that has it. */
internal fun endedBy(error: Int): Ended = when (error) {
    BiometricPrompt.BIOMETRIC_ERROR_USER_CANCELED, NEGATIVE_BUTTON -> Ended.HOLDER
    BiometricPrompt.BIOMETRIC_ERROR_NO_BIOMETRICS, BiometricPrompt.BIOMETRIC_ERROR_NO_DEVICE_CREDENTIAL -> Ended.NOT_SET_UP
    else -> Ended.OTHER
}

/** ERROR_NEGATIVE_BUTTON of AndroidX; the platform tells that button by its listener, some phones by this number. */
private const val NEGATIVE_BUTTON = 13
