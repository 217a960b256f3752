import kotlin.test.AfterTest
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertTrue
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.runBlocking
import szid.EnrolException
import szid.EnrolProgress
import szid.EnrolStep
import szid.EnrolmentWatch
import szid.KeyPolicy
import szid.enrolling

/** How far an enrolment is, with a key store that takes its time. */
class EnrolmentTest {
    private val city = City()

    @AfterTest fun close() = city.close()

    private class SlowKeys : SoftwareMockDeviceKeys() {
        override fun create(handle: String, policy: KeyPolicy): ByteArray {
            Thread.sleep(200)
            return super.create(handle, policy)
        }
    }

    @Test fun `an enrolment tells how far it is, and goes on after the app was ended`() = runBlocking {
        val phone = Phone(city, SlowKeys())
        val offer = city.offer()
        val (link, code) = offer["credential_offer"].asString to offer["tx_code"].asString
        val stopped = phone.open().use { it.enrolling(link, code).first { now -> now.keysMade >= 2u } }
        assertEquals(EnrolStep.MAKING_KEYS, stopped.step)
        phone.open().use { wallet ->
            // The offer was taken up: the code is not asked for again.
            val told = wallet.enrolling(link, "").toList()
            assertEquals(EnrolProgress(EnrolStep.DONE, 7u, 7u, 7u), told.last())
            assertEquals(told.distinct(), told)
            val keys = told.map { it.keysMade }
            assertEquals(keys.sorted(), keys)
            assertTrue(keys.distinct().size > 3, "$keys")
            assertTrue(told.all { it.passesReceived <= it.keysMade })
            assertEquals(7u, wallet.status().passesLeft)
            val again = wallet.enrolling(link, "").toList().last()
            assertEquals(EnrolStep.DONE to 7u, again.step to again.passesReceived)
        }
    }

    @Test fun `what ends an enrolment ends its flow, and the watch stays where it was`() = runBlocking {
        Phone(city).open().use { wallet ->
            val link = city.offer()["credential_offer"].asString
            assertFailsWith<EnrolException.CodeWrong> { wallet.enrolling(link, "000000").toList() }
            EnrolmentWatch().use { watch ->
                assertEquals(EnrolStep.NOT_BEGUN, watch.progress().step)
                assertFailsWith<EnrolException.CodeWrong> { wallet.enrol(link, "000000", watch) }
                assertEquals(EnrolProgress(EnrolStep.SERVICE_VERIFIED, 0u, 0u, 0u), watch.progress())
            }
        }
    }
}
