package ishenzhen.sdk

import android.os.Build
import android.security.keystore.KeyGenParameterSpec
import android.security.keystore.KeyProperties
import androidx.annotation.RequiresApi
import javax.crypto.AEADBadTagException
import javax.crypto.Cipher
import javax.crypto.KeyGenerator
import javax.crypto.SecretKey
import javax.crypto.spec.GCMParameterSpec
import szid.SealingKey
import szid.SealingPortException

/** Wraps the vault's key by AES-256-GCM in Android's key store. What is wrapped begins with its nonce. */
class AndroidSealingKey(private val alias: String = "szid.sealing") : SealingKey {
    override fun wrap(plain: ByteArray): ByteArray = guarded {
        // The key store chooses the nonce, and refuses another's.
        val cipher = Cipher.getInstance(TRANSFORMATION).apply { init(Cipher.ENCRYPT_MODE, key() ?: make()) }
        cipher.iv + cipher.doFinal(plain)
    }

    override fun unwrap(wrapped: ByteArray): ByteArray = guarded {
        if (wrapped.size < NONCE + TAG) throw AEADBadTagException()
        val key = key() ?: throw NoSuchKey()
        val nonce = GCMParameterSpec(TAG * 8, wrapped, 0, NONCE)
        val cipher = Cipher.getInstance(TRANSFORMATION).apply { init(Cipher.DECRYPT_MODE, key, nonce) }
        cipher.doFinal(wrapped, NONCE, wrapped.size - NONCE)
    }

    override fun destroyKey(): Boolean = guarded {
        keyStore().deleteEntry(alias)
        true
    }

    private fun key() = keyStore().getKey(alias, null) as? SecretKey

    private fun make(): SecretKey {
        val purposes = KeyProperties.PURPOSE_ENCRYPT or KeyProperties.PURPOSE_DECRYPT
        val builder = KeyGenParameterSpec.Builder(alias, purposes)
            .setBlockModes(KeyProperties.BLOCK_MODE_GCM)
            .setEncryptionPaddings(KeyProperties.ENCRYPTION_PADDING_NONE)
            .setKeySize(256)
        if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.P) unlockedSince28(builder)
        return KeyGenerator.getInstance(KeyProperties.KEY_ALGORITHM_AES, STORE).apply { init(builder.build()) }.generateKey()
    }

    @RequiresApi(Build.VERSION_CODES.P)
    private fun unlockedSince28(builder: KeyGenParameterSpec.Builder) {
        builder.setUnlockedDeviceRequired(true)
    }

    private fun <T> guarded(work: () -> T): T = try {
        work()
    } catch (failed: Exception) {
        throw when (faultOf(failed)) {
            Fault.LOST -> SealingPortException.Lost()
            Fault.REJECTED -> SealingPortException.Rejected()
            Fault.UNAVAILABLE -> SealingPortException.Unavailable()
        }
    }

    private companion object {
        const val TRANSFORMATION = "AES/GCM/NoPadding"
        /** Bytes. */
        const val NONCE = 12
        const val TAG = 16
    }
}
