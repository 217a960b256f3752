import java.security.GeneralSecurityException
import java.security.KeyPair
import java.security.KeyPairGenerator
import java.security.SecureRandom
import java.security.Signature
import java.security.spec.ECGenParameterSpec
import java.util.concurrent.ConcurrentHashMap
import javax.crypto.Cipher
import javax.crypto.KeyGenerator
import javax.crypto.SecretKey
import javax.crypto.spec.GCMParameterSpec
import szid.DeviceKeys
import szid.KeyPolicy
import szid.KeyPortException
import szid.SealingKey
import szid.SealingPortException

/** Mocks of a phone's key store: keys in this process's memory. They protect nothing. */
open class SoftwareMockDeviceKeys : DeviceKeys {
    val keys = ConcurrentHashMap<String, KeyPair>()
    val policies = ConcurrentHashMap<String, KeyPolicy>()

    override fun create(handle: String, policy: KeyPolicy): ByteArray =
        keys.computeIfAbsent(handle) {
            policies[handle] = policy
            val generator = KeyPairGenerator.getInstance("EC")
            generator.initialize(ECGenParameterSpec("secp256r1"))
            generator.generateKeyPair()
        }.public.encoded

    override fun publicKey(handle: String): ByteArray = find(handle).public.encoded

    override fun sign(handle: String, message: ByteArray): ByteArray =
        Signature.getInstance("SHA256withECDSA").run {
            initSign(find(handle).private)
            update(message)
            sign()
        }

    override fun delete(handle: String): Boolean {
        keys.remove(handle)
        return true
    }

    private fun find(handle: String) = keys[handle] ?: throw KeyPortException.Lost()
}

/** As above, for the key that wraps the vault's. */
open class SoftwareMockSealingKey : SealingKey {
    @Volatile private var key: SecretKey? = KeyGenerator.getInstance("AES").apply { init(256) }.generateKey()
    val gone get() = key == null

    override fun wrap(plain: ByteArray): ByteArray {
        val nonce = ByteArray(12).also { SecureRandom().nextBytes(it) }
        return nonce + cipher(Cipher.ENCRYPT_MODE, nonce).doFinal(plain)
    }

    override fun unwrap(wrapped: ByteArray): ByteArray = try {
        cipher(Cipher.DECRYPT_MODE, wrapped.copyOf(12)).doFinal(wrapped, 12, wrapped.size - 12)
    } catch (failed: GeneralSecurityException) {
        throw SealingPortException.Rejected()
    }

    override fun destroyKey(): Boolean {
        key = null
        return true
    }

    private fun cipher(mode: Int, nonce: ByteArray) = Cipher.getInstance("AES/GCM/NoPadding").apply {
        init(mode, key ?: throw SealingPortException.Lost(), GCMParameterSpec(128, nonce))
    }
}
