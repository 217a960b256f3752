package ishenzhen.sdk

import szid.KeyAttester
import szid.KeyToAttest

/** The operator's backend that reads Android's certificate chains. It may wait as long as a request. */
interface AttestationBackend {
    /**
     * A signed statement about these keys that carries the service's nonce, as docs/protocol says; nothing where it vouches
     * for none. Throws [szid.KeyPortException.Unavailable] where it cannot be reached. Each key comes with its chain: DER,
     * the key's own certificate first, the last one the vendor's root.
     */
    fun vouch(keys: List<AttestedKey>, nonce: String): String?
}

/** A key and what the phone says of it. */
class AttestedKey(val publicKey: ByteArray, val chain: List<ByteArray>)

/** Hands the chains on; judges nothing. */
class AndroidKeyAttester(private val keys: AndroidDeviceKeys, private val backend: AttestationBackend) : KeyAttester {
    override fun attest(keys: List<KeyToAttest>, nonce: String): String? =
        backend.vouch(keys.map { AttestedKey(it.publicKey, this.keys.chain(it.handle)) }, nonce)
}
