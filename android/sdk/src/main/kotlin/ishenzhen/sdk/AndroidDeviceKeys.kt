package ishenzhen.sdk

import android.content.Context
import android.content.pm.PackageManager
import android.os.Build
import android.security.keystore.KeyGenParameterSpec
import android.security.keystore.KeyProperties
import androidx.annotation.RequiresApi
import java.security.KeyPairGenerator
import java.security.MessageDigest
import java.security.PrivateKey
import java.security.ProviderException
import java.security.Signature
import java.security.spec.ECGenParameterSpec
import szid.DeviceKeys
import szid.KeyPolicy
import szid.KeyPortException

/**
 * The wallet's P-256 keys in Android's key store: in StrongBox where there is one that works, else where the phone keeps its
 * keys. [KeyPlaces] says which it was.
 *
 * Keys are made with a challenge of their own, so that [AndroidKeyAttester] has a chain to hand on. The service's nonce comes
 * later than the key and cannot be in it: the backend that reads the chain puts the nonce into its own statement.
 */
class AndroidDeviceKeys(context: Context, private val prefix: String = "szid.device.") : DeviceKeys {
    private val strongBox = Build.VERSION.SDK_INT >= Build.VERSION_CODES.P &&
        context.packageManager.hasSystemFeature(PackageManager.FEATURE_STRONGBOX_KEYSTORE)

    override fun create(handle: String, policy: KeyPolicy): ByteArray = guarded {
        val alias = prefix + handle
        if (keyOf(alias) == null) make(alias, policy)
        publicKeyOf(alias)
    }

    override fun publicKey(handle: String): ByteArray = guarded { publicKeyOf(prefix + handle) }

    override fun sign(handle: String, message: ByteArray): ByteArray = guarded {
        signature(handle).run {
            update(message)
            sign()
        }
    }

    override fun delete(handle: String): Boolean = guarded {
        keyStore().deleteEntry(prefix + handle)
        true
    }

    /** A signature that is begun, for keys that ask for the holder: [FingerPrompt] ends it. */
    internal fun begin(handle: String): Signature = guarded { signature(handle) }

    /** The certificates that the phone made for a key, its own first; none where it made none. */
    internal fun chain(handle: String): List<ByteArray> = guarded {
        val alias = prefix + handle
        val chain = keyStore().getCertificateChain(alias) ?: throw withoutCertificate(alias)
        chain.map { it.encoded }
    }

    private fun signature(handle: String): Signature {
        val key = keyOf(prefix + handle) ?: throw NoSuchKey()
        return Signature.getInstance("SHA256withECDSA").apply { initSign(key) }
    }

    private fun publicKeyOf(alias: String): ByteArray =
        (keyStore().getCertificate(alias) ?: throw withoutCertificate(alias)).publicKey.encoded

    /** Nothing where there is no such key; whatever fails is thrown. */
    private fun keyOf(alias: String) = keyStore().getKey(alias, null) as? PrivateKey

    /** A key store that fails shows no certificates and no aliases, as if there were none: the key itself tells. */
    private fun withoutCertificate(alias: String): Exception =
        if (keyOf(alias) == null) NoSuchKey() else IllegalStateException("a key without a certificate")

    private fun make(alias: String, policy: KeyPolicy) {
        // A StrongBox may be full or broken; a phone may have no certificates to attest with.
        if (strongBox && made(alias, policy, inStrongBox = true, attested = true)) return
        if (made(alias, policy, inStrongBox = false, attested = true)) return
        generate(spec(alias, policy, inStrongBox = false, attested = false))
    }

    private fun made(alias: String, policy: KeyPolicy, inStrongBox: Boolean, attested: Boolean) = try {
        generate(spec(alias, policy, inStrongBox, attested))
        true
    } catch (failed: ProviderException) {
        false
    }

    private fun generate(spec: KeyGenParameterSpec) {
        KeyPairGenerator.getInstance(KeyProperties.KEY_ALGORITHM_EC, STORE).apply { initialize(spec) }.generateKeyPair()
    }

    private fun spec(alias: String, policy: KeyPolicy, inStrongBox: Boolean, attested: Boolean): KeyGenParameterSpec {
        val builder = KeyGenParameterSpec.Builder(alias, KeyProperties.PURPOSE_SIGN)
            .setAlgorithmParameterSpec(ECGenParameterSpec("secp256r1"))
            .setDigests(KeyProperties.DIGEST_SHA256)
        if (attested) builder.setAttestationChallenge(MessageDigest.getInstance("SHA-256").digest(alias.toByteArray()))
        if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.P) since28(builder, inStrongBox)
        if (policy == KeyPolicy.HOLDER_PRESENT) asksForHolder(builder)
        return builder.build()
    }

    /** Finger or face for each signature, not the screen lock; another finger destroys the key. */
    private fun asksForHolder(builder: KeyGenParameterSpec.Builder) {
        builder.setUserAuthenticationRequired(true).setInvalidatedByBiometricEnrollment(true)
        if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.R) {
            strongSince30(builder)
        } else {
            // -1: each use, which before Android 11 means biometric.
            @Suppress("DEPRECATION")
            builder.setUserAuthenticationValidityDurationSeconds(-1)
        }
    }

    @RequiresApi(Build.VERSION_CODES.R)
    private fun strongSince30(builder: KeyGenParameterSpec.Builder) {
        // 0: each use.
        builder.setUserAuthenticationParameters(0, KeyProperties.AUTH_BIOMETRIC_STRONG)
    }

    @RequiresApi(Build.VERSION_CODES.P)
    private fun since28(builder: KeyGenParameterSpec.Builder, inStrongBox: Boolean) {
        builder.setUnlockedDeviceRequired(true).setIsStrongBoxBacked(inStrongBox)
    }

    private fun <T> guarded(work: () -> T): T = try {
        work()
    } catch (failed: Exception) {
        throw when (faultOf(failed)) {
            Fault.LOST -> KeyPortException.Lost()
            Fault.REJECTED, Fault.UNAVAILABLE -> KeyPortException.Unavailable()
        }
    }
}
