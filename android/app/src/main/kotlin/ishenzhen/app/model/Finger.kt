package ishenzhen.app.model

/** The system's own sheet that asks for finger or face. */
interface Finger {
    /** Whether the phone can ask for one that is good enough to guard a key. */
    fun isThere(): Boolean

    /** Has this key of the wallet's sign once the holder has shown one; a [szid.KeyPortException] where nothing was signed. */
    suspend fun sign(handle: String, message: ByteArray): ByteArray
}
