package ishenzhen.app

import ishenzhen.app.model.Finger
import java.security.KeyStore
import java.security.PrivateKey
import java.security.Signature
import szid.KeyPortException

/** The system's sheet, where the holder does what the test says: no sheet is there to be touched. */
class FakeFinger : Finger {
    @Volatile var there = true

    /** Why nothing is signed; a finger is shown where there is nothing. */
    @Volatile var fault: KeyPortException? = null

    override fun isThere() = there

    override suspend fun sign(handle: String, message: ByteArray): ByteArray {
        fault?.let { throw it }
        val key = KeyStore.getInstance(FakeKeyStore.NAME).apply { load(null) }.getKey("szid.device.$handle", null) as PrivateKey
        return Signature.getInstance("SHA256withECDSA").run {
            initSign(key)
            update(message)
            sign()
        }
    }
}
