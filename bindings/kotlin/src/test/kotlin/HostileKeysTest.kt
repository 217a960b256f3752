import java.util.concurrent.atomic.AtomicInteger
import kotlin.test.AfterTest
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertTrue
import kotlin.time.Duration.Companion.milliseconds
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import szid.EnrolException
import szid.KeyPolicy
import szid.PresentException
import szid.Wallet

/** A key store that re-enters the wallet, answers late, lies or answers junk: nothing is stuck, and nothing is damaged. */
class HostileKeysTest {
    /** Does what it is told before it signs, and signs with what it is told. */
    private class Keys : SoftwareMockDeviceKeys() {
        @Volatile var before: () -> Unit = {}
        @Volatile var answer: (ByteArray) -> ByteArray = { it }
        @Volatile var lies = false

        override fun sign(handle: String, message: ByteArray): ByteArray {
            before()
            return answer(super.sign(handle, message))
        }

        override fun publicKey(handle: String) = if (lies) byteArrayOf(1) else super.publicKey(handle)

        override fun create(handle: String, policy: KeyPolicy): ByteArray {
            val key = super.create(handle, policy)
            // The public half of a key that is not the one that signs.
            return if (lies) super.create("another", policy) else key
        }
    }

    private val city = City()
    private val keys = Keys()
    private val phone = Phone(city, keys)

    @AfterTest fun close() = city.close()

    private fun code(wallet: Wallet) = wallet.code(wallet.appOpened())

    @Test fun `a key store that asks the wallet while it signs is answered`() = runBlocking {
        phone.enrolled().use { wallet ->
            suspend fun twentyAtOnce(draw: () -> Unit) = withTimeout(20_000.milliseconds) {
                (1..20).map { async(Dispatchers.IO) { draw() } }.awaitAll()
            }
            val asked = AtomicInteger()
            keys.before = { if (wallet.status().enrolled) asked.incrementAndGet() }
            twentyAtOnce { code(wallet) }
            assertEquals(20, asked.get())
            keys.before = { wallet.lock() }
            repeat(20) { code(wallet) }
            // At once, one's lock may end the other's unlocking before its code is begun.
            twentyAtOnce {
                try {
                    code(wallet)
                } catch (ended: PresentException.Locked) {
                    assertEquals("WALLET_LOCKED", ended.advice.code)
                }
            }
            keys.before = {}
            assertEquals("accept", city.scan(code(wallet).digits)["decision"].asString)
        }
    }

    @Test fun `a key store that takes its time holds up nobody else`() = runBlocking {
        phone.enrolled().use { wallet ->
            keys.before = { Thread.sleep(3_000) }
            val late = async(Dispatchers.IO) { code(wallet) }
            Thread.sleep(200)
            val begun = System.nanoTime()
            assertTrue(wallet.status().enrolled && wallet.uses().isEmpty())
            assertTrue(System.nanoTime() - begun < 2_500_000_000 && late.isActive)
            assertTrue(late.await().digits.isNotEmpty())
            // A refresh tries the next key itself.
            assertEquals(0u, wallet.refresh())
        }
    }

    @Test fun `a signature that is none is told, and the next code is good`() {
        phone.enrolled().use { wallet ->
            for (junk in listOf(ByteArray(0), ByteArray(63), ByteArray(5_000))) {
                keys.answer = { junk }
                assertFailsWith<PresentException.SignatureRefused> { code(wallet) }
            }
            keys.answer = { it }
            assertEquals("accept", city.scan(code(wallet).digits)["decision"].asString)
        }
    }

    @Test fun `a key store that lies about its keys gets no passes, and an honest one does afterwards`() {
        phone.open().use { wallet ->
            keys.lies = true
            val offer = city.offer()
            fun enrol() = runBlocking { wallet.enrol(offer["credential_offer"].asString, offer["tx_code"].asString) }
            assertFailsWith<EnrolException.Refused> { enrol() }
            keys.lies = false
            assertEquals(7u, enrol())
            assertEquals("accept", city.scan(code(wallet).digits)["decision"].asString)
        }
    }
}
