import java.util.concurrent.CountDownLatch
import kotlin.test.AfterTest
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertTrue
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.delay
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import szid.ApproveException
import szid.CodeOptions
import szid.EnrolException
import szid.EnrolmentWatch
import szid.OpenException
import szid.PresentException
import szid.SyncException
import szid.UnlockException
import szid.VenueChallenge
import szid.VenueCodeException
import szid.png

/** Calls that no sound app makes, and key stores that never answer: each ends with a typed error, and the wallet goes on. */
class HostileCallsTest {
    private class Keys : SoftwareMockDeviceKeys() {
        @Volatile var before: () -> Unit = {}

        override fun sign(handle: String, message: ByteArray): ByteArray {
            before()
            return super.sign(handle, message)
        }
    }

    private val city = City()
    private val keys = Keys()
    private val phone = Phone(city, keys)

    @AfterTest fun close() = city.close()

    @Test fun `flows whose key store does not answer hold up no other`() = runBlocking {
        phone.enrolled().use { wallet ->
            val answers = CountDownLatch(1)
            keys.before = { answers.await() }
            val stuck = List(12) {
                async(Dispatchers.IO) {
                    try {
                        wallet.shortNumber(wallet.appOpened())
                    } catch (late: ApproveException) {
                        // So many at once are more than the service gives.
                        late
                    }
                }
            }
            delay(1.seconds)
            withTimeout(20.seconds) { assertTrue(wallet.uses().isEmpty() && wallet.devices().size == 1) }
            assertTrue(stuck.all { it.isActive })
            answers.countDown()
            withTimeout(60.seconds) { stuck.awaitAll() }
            keys.before = {}
            assertEquals("accept", city.scan(wallet.code(wallet.appOpened()).digits)["decision"].asString)
        }
    }

    @Test fun `a mebibyte where a word is expected is refused`() = runBlocking {
        val long = "0".repeat(1 shl 20)
        phone.enrolled().use { wallet ->
            assertFailsWith<VenueCodeException> { wallet.readVenueCode(long) }
            assertFailsWith<VenueCodeException> { wallet.askVenue(long) }
            assertFailsWith<UnlockException> { wallet.unlockWithPin(long) }
            assertFailsWith<SyncException> { wallet.receipt(long) }
            assertFailsWith<EnrolException> { wallet.enrol(long, long) }
            for (challenge in listOf(VenueChallenge(long, ByteArray(16)), VenueChallenge("a", ByteArray(1 shl 20)))) {
                assertFailsWith<PresentException.CannotDraw> {
                    wallet.code(wallet.appOpened(), CodeOptions(challenge = challenge))
                }
            }
            wallet.beginCode(wallet.appOpened()).use { pending ->
                assertFailsWith<PresentException.SignatureRefused> { pending.finish(ByteArray(1 shl 20)) }
            }
            assertEquals("accept", city.scan(wallet.code(wallet.appOpened()).digits)["decision"].asString)
        }
    }

    @Test fun `a folder has one wallet at a time, and what is closed is called in vain`() {
        val wallet = phone.enrolled()
        assertFailsWith<OpenException.InUse> { phone.open() }
        val (unlocking, code) = wallet.appOpened().let { it to wallet.code(it) }
        wallet.close()
        wallet.close()
        assertFailsWith<IllegalStateException> { wallet.status() }
        assertFailsWith<IllegalStateException> { wallet.code(unlocking) }
        assertTrue(code.bits.png().isNotEmpty())
        phone.open().use { again ->
            // Another object's unlocking unlocks nothing.
            assertFailsWith<PresentException.Locked> { again.code(unlocking) }
            unlocking.close()
            assertFailsWith<IllegalStateException> { again.code(unlocking) }
            assertEquals("accept", city.scan(again.code(again.appOpened()).digits)["decision"].asString)
        }
    }

    @Test fun `a call that was refused for a closed argument keeps no folder`() = runBlocking {
        phone.enrolled().use { wallet ->
            val closed = wallet.appOpened().also { it.close() }
            repeat(3) { assertFailsWith<IllegalStateException> { wallet.code(closed) } }
            assertFailsWith<IllegalStateException> { wallet.shortNumber(closed) }
            assertFailsWith<IllegalStateException> { wallet.setPin("730518", closed) }
            val watch = EnrolmentWatch().also { it.close() }
            assertFailsWith<IllegalStateException> { wallet.enrol("", "", watch) }
            assertEquals("accept", city.scan(wallet.code(wallet.appOpened()).digits)["decision"].asString)
        }
        phone.open().use { assertEquals("accept", city.scan(it.code(it.appOpened()).digits)["decision"].asString) }
    }
}
