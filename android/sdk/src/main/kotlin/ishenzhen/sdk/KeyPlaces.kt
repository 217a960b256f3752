package ishenzhen.sdk

import android.os.Build
import android.security.keystore.KeyInfo
import android.security.keystore.KeyProperties
import androidx.annotation.RequiresApi
import java.security.KeyFactory
import java.security.PrivateKey

/** Where the phone keeps a key, the best first. */
enum class KeyPlace { SECURE_ELEMENT, TRUSTED_ENVIRONMENT, SOFTWARE, UNKNOWN }

/** Tells where the phone says that it keeps the wallet's keys; what the phone says is proven by attestation alone. */
class KeyPlaces(private val prefix: String = "szid.device.") {
    /** The worst place of any of them; nothing as long as there is none. */
    fun worst(): KeyPlace? = try {
        val store = keyStore()
        store.aliases().asSequence().filter { it.startsWith(prefix) }
            .mapNotNull { store.getKey(it, null) as? PrivateKey }
            .maxOfOrNull(::placeOf)
    } catch (failed: Exception) {
        KeyPlace.UNKNOWN
    }

    private fun placeOf(key: PrivateKey): KeyPlace {
        val info = KeyFactory.getInstance(key.algorithm, STORE).getKeySpec(key, KeyInfo::class.java)
        return if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.S) levelSince31(info) else insideBefore31(info)
    }

    @RequiresApi(Build.VERSION_CODES.S)
    private fun levelSince31(info: KeyInfo) = when (info.securityLevel) {
        KeyProperties.SECURITY_LEVEL_STRONGBOX -> KeyPlace.SECURE_ELEMENT
        KeyProperties.SECURITY_LEVEL_TRUSTED_ENVIRONMENT -> KeyPlace.TRUSTED_ENVIRONMENT
        KeyProperties.SECURITY_LEVEL_SOFTWARE -> KeyPlace.SOFTWARE
        else -> KeyPlace.UNKNOWN
    }

    @Suppress("DEPRECATION")
    private fun insideBefore31(info: KeyInfo) =
        if (info.isInsideSecureHardware) KeyPlace.TRUSTED_ENVIRONMENT else KeyPlace.SOFTWARE
}
