package ishenzhen.app

import android.security.keystore.KeyGenParameterSpec
import java.io.InputStream
import java.io.OutputStream
import java.security.Key
import java.security.KeyPair
import java.security.KeyPairGenerator
import java.security.KeyPairGeneratorSpi
import java.security.KeyStoreSpi
import java.security.Provider
import java.security.ProviderException
import java.security.PublicKey
import java.security.SecureRandom
import java.security.Security
import java.security.cert.Certificate
import java.security.spec.AlgorithmParameterSpec
import java.security.spec.ECGenParameterSpec
import java.util.Collections
import java.util.Date
import java.util.concurrent.ConcurrentHashMap
import javax.crypto.KeyGeneratorSpi
import javax.crypto.SecretKey
import javax.crypto.spec.SecretKeySpec

/**
 * Robolectric has no AndroidKeyStore. This one keeps keys in memory and remembers what each was asked to be; it enforces
 * nothing of it. The classes of ishenzhen.sdk run on it unchanged.
 */
object FakeKeyStore {
    class Entry(val key: Key, val public: PublicKey?, val spec: KeyGenParameterSpec)

    val entries = ConcurrentHashMap<String, Entry>()
    /** What was asked for and not made, in order. */
    val refused: MutableList<KeyGenParameterSpec> = Collections.synchronizedList(mutableListOf())
    @Volatile var strongBoxWorks = true
    @Volatile var attests = true
    /** Whether it shows no certificates, as a key store that fails. */
    @Volatile var hides = false
    /** Why it gives no key now. */
    @Volatile var fault: Exception? = null

    fun install() {
        entries.clear()
        refused.clear()
        strongBoxWorks = true
        attests = true
        fault = null
        hides = false
        Security.removeProvider(NAME)
        Security.addProvider(FakeProvider())
    }

    fun specs() = entries.values.map { it.spec }

    const val NAME = "AndroidKeyStore"
}

class FakeProvider : Provider(FakeKeyStore.NAME, "1", "keys in memory") {
    init {
        put("KeyStore.AndroidKeyStore", FakeStore::class.java.name)
        put("KeyPairGenerator.EC", FakePairs::class.java.name)
        put("KeyGenerator.AES", FakeAes::class.java.name)
    }
}

class FakePairs : KeyPairGeneratorSpi() {
    private lateinit var spec: KeyGenParameterSpec

    override fun initialize(size: Int, random: SecureRandom?) = error("a spec is needed")
    override fun initialize(given: AlgorithmParameterSpec, random: SecureRandom?) { spec = given as KeyGenParameterSpec }

    override fun generateKeyPair(): KeyPair {
        val cannot = spec.isStrongBoxBacked && !FakeKeyStore.strongBoxWorks || spec.attestationChallenge != null && !FakeKeyStore.attests
        if (cannot) {
            FakeKeyStore.refused += spec
            throw ProviderException("not here")
        }
        val other = Security.getProviders("KeyPairGenerator.EC").first { it.name != FakeKeyStore.NAME }
        val pair = KeyPairGenerator.getInstance("EC", other).apply { initialize(ECGenParameterSpec("secp256r1")) }.generateKeyPair()
        FakeKeyStore.entries[spec.keystoreAlias] = FakeKeyStore.Entry(pair.private, pair.public, spec)
        return pair
    }
}

class FakeAes : KeyGeneratorSpi() {
    private lateinit var spec: KeyGenParameterSpec

    override fun engineInit(random: SecureRandom?) = error("a spec is needed")
    override fun engineInit(size: Int, random: SecureRandom?) = error("a spec is needed")
    override fun engineInit(given: AlgorithmParameterSpec, random: SecureRandom?) { spec = given as KeyGenParameterSpec }

    override fun engineGenerateKey(): SecretKey {
        val key = SecretKeySpec(ByteArray(spec.keySize / 8).also { SecureRandom().nextBytes(it) }, "AES")
        FakeKeyStore.entries[spec.keystoreAlias] = FakeKeyStore.Entry(key, null, spec)
        return key
    }
}

/** A certificate that says only what its key is. */
class BareCertificate(private val key: PublicKey) : Certificate("X.509") {
    override fun getPublicKey() = key
    override fun getEncoded(): ByteArray = key.encoded
    override fun verify(key: PublicKey?) = Unit
    override fun verify(key: PublicKey?, provider: String?) = Unit
    override fun toString() = "bare"
}

class FakeStore : KeyStoreSpi() {
    private fun entry(alias: String) = FakeKeyStore.entries[alias]

    override fun engineGetKey(alias: String, password: CharArray?): Key? {
        FakeKeyStore.fault?.let { throw it }
        return entry(alias)?.key
    }
    override fun engineGetCertificate(alias: String): Certificate? = entry(alias)?.public?.takeUnless { FakeKeyStore.hides }?.let(::BareCertificate)
    override fun engineGetCertificateChain(alias: String): Array<Certificate>? = engineGetCertificate(alias)?.let { arrayOf(it) }
    override fun engineDeleteEntry(alias: String) { FakeKeyStore.entries.remove(alias) }
    override fun engineAliases() = Collections.enumeration(FakeKeyStore.entries.keys)
    override fun engineContainsAlias(alias: String) = !FakeKeyStore.hides && entry(alias) != null
    override fun engineSize() = FakeKeyStore.entries.size
    override fun engineIsKeyEntry(alias: String) = entry(alias) != null
    override fun engineIsCertificateEntry(alias: String) = false
    override fun engineGetCertificateAlias(cert: Certificate?): String? = null
    override fun engineGetCreationDate(alias: String): Date? = null
    override fun engineStore(stream: OutputStream?, password: CharArray?) = Unit
    override fun engineLoad(stream: InputStream?, password: CharArray?) = Unit
    override fun engineSetKeyEntry(alias: String?, key: Key?, password: CharArray?, chain: Array<out Certificate>?) = error("not asked for")
    override fun engineSetKeyEntry(alias: String?, key: ByteArray?, chain: Array<out Certificate>?) = error("not asked for")
    override fun engineSetCertificateEntry(alias: String?, cert: Certificate?) = error("not asked for")
}
