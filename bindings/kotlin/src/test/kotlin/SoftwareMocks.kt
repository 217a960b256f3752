import java.security.GeneralSecurityException
import java.security.KeyPair
import java.security.KeyPairGenerator
import java.security.SecureRandom
import java.security.Signature
import java.security.spec.ECGenParameterSpec
import java.util.Base64
import java.util.concurrent.ConcurrentHashMap
import javax.crypto.Cipher
import javax.crypto.KeyGenerator
import javax.crypto.SecretKey
import javax.crypto.spec.GCMParameterSpec
import szid.DeviceKeys
import szid.KeyAttester
import szid.KeyPolicy
import szid.KeyPortException
import szid.KeyToAttest
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

/** A mock of an app's backend: it attests keys of this key store, or, where there is none, whatever it is asked for. */
class SoftwareMockAttester(private val keys: SoftwareMockDeviceKeys?) : KeyAttester {
    private val own = KeyPairGenerator.getInstance("EC").apply { initialize(ECGenParameterSpec("secp256r1")) }.generateKeyPair()

    override fun attest(keys: List<KeyToAttest>, nonce: String): String {
        val store = this.keys
        if (store != null && keys.any { !store.publicKey(it.handle).contentEquals(it.publicKey) }) throw KeyPortException.Lost()
        val now = System.currentTimeMillis() / 1000
        val attested = keys.joinToString(",") { key ->
            // A P-256 key in DER ends with both coordinates.
            val (x, y) = key.publicKey.takeLast(64).chunked(32).map { base64url(it.toByteArray()) }
            """{"kty":"EC","crv":"P-256","x":"$x","y":"$y"}"""
        }
        val message = listOf(
            """{"typ":"key-attestation+jwt","alg":"ES256","kid":"mock"}""",
            """{"iat":$now,"exp":${now + 300},"nonce":"$nonce","attested_keys":[$attested],"key_storage":["iso_18045_moderate"]}""",
        ).joinToString(".") { base64url(it.toByteArray()) }
        val signature = Signature.getInstance("SHA256withECDSAinP1363Format").run {
            initSign(own.private)
            update(message.toByteArray())
            sign()
        }
        return "$message.${base64url(signature)}"
    }

    private fun base64url(bytes: ByteArray) = Base64.getUrlEncoder().withoutPadding().encodeToString(bytes)
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
