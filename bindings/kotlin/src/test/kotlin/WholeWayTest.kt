import kotlin.test.AfterTest
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertFalse
import kotlin.test.assertTrue
import kotlin.time.Duration.Companion.milliseconds
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.flow.take
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import szid.EnrolException
import szid.Http
import szid.HttpAnswer
import szid.HttpPortException
import szid.HttpRequest
import szid.PresentException
import szid.SyncException
import szid.UrlConnectionHttp
import szid.Wallet
import szid.adviceOf
import szid.codes

/** A phone's whole way against the real service. */
class WholeWayTest {
    private val city = City()
    private val phone = Phone(city)

    @AfterTest fun close() = city.close()

    @Test fun `a code is accepted once, and the wallet is there again after a restart`() {
        phone.enrolled().use { assertEquals("accept", city.scan(it.code(it.appOpened()).digits)["decision"].asString) }
        phone.open().use { wallet ->
            assertTrue(wallet.status().enrolled)
            Thread.sleep(1_100)
            val code = wallet.code(wallet.appOpened())
            assertEquals("accept", city.scan(code.digits)["decision"].asString)
            val again = city.scan(code.digits, "desk-2")
            assertEquals("refuse" to "REPLAY", again["decision"].asString to again["reason"].asString)
        }
    }

    @Test fun `the platform's HTTP client goes the same way`() {
        phone.enrolled(UrlConnectionHttp()).use { wallet ->
            assertEquals("accept", city.scan(wallet.code(wallet.appOpened()).digits)["decision"].asString)
            assertEquals(0u, runBlocking { wallet.refresh() })
            assertFailsWith<EnrolException.CodeWrong> {
                runBlocking { wallet.enrol(city.offer()["credential_offer"].asString, "000000") }
            }
        }
    }

    @Test fun `an app matches on what went wrong, and shows the texts`() {
        phone.open().use { wallet ->
            fun next(offer: String, code: String) = try {
                runBlocking { wallet.enrol(offer, code) }
                "home"
            } catch (failed: EnrolException) {
                val advice = checkNotNull(adviceOf(failed))
                assertTrue(advice.zh.any { it.code > 127 } && advice.en.all { it.code < 128 } && advice.code.isNotEmpty())
                when (failed) {
                    is EnrolException.CodeWrong -> "ask for the code again"
                    is EnrolException.OfferUnreadable, is EnrolException.OfferOver -> "scan another offer"
                    is EnrolException.Unreachable, is EnrolException.Busy -> "try again"
                    else -> "show the advice"
                }
            }
            assertEquals("scan another offer", next("no offer", "000000"))
            assertEquals("ask for the code again", next(city.offer()["credential_offer"].asString, "000000"))
            assertFailsWith<SyncException.NotEnrolled> { runBlocking { wallet.refresh() } }
            assertFailsWith<PresentException.NotEnrolled> { wallet.code(wallet.appOpened()) }
        }
        phone.open(object : Http {
            override fun send(request: HttpRequest): HttpAnswer = throw HttpPortException.Unreachable()
        }).use { wallet ->
            val offer = city.offer()["credential_offer"].asString
            assertFailsWith<EnrolException.Unreachable> { runBlocking { wallet.enrol(offer, "000000") } }
        }
    }

    @Test fun `codes follow one another`() = runBlocking {
        phone.enrolled().use { wallet ->
            val (first, second) = wallet.codes().take(2).toList()
            assertTrue(second.madeAt - first.madeAt >= first.redrawIn)
            assertTrue(first.redrawIn < first.secondsLeft)
            assertEquals("accept", city.scan(second.digits)["decision"].asString)
        }
    }

    @Test fun `two hundred calls at once are all answered, and a flow can be given up`() = runBlocking {
        phone.enrolled().use { wallet ->
            withTimeout(60_000.milliseconds) {
                val calls = (1..200).map { number ->
                    async { if (number % 2 == 0) wallet.refresh().toLong() else wallet.status().passesLeft.toLong() }
                }
                assertEquals(setOf(0L, 7L), calls.awaitAll().toSet())
                val given = launch { wallet.refresh() }
                given.cancel()
                given.join()
                assertEquals(0u, wallet.refresh())
            }
        }
    }

    @Test fun `wiping destroys the keys, and the wallet is empty`() {
        phone.enrolled().use { wallet ->
            wallet.wipe()
            assertTrue(phone.sealing.gone && phone.keys.keys.isEmpty())
            assertFailsWith<PresentException.Closed> { wallet.code(wallet.appOpened()) }
        }
        Wallet.open(config(phone.folder, city.rootKey), phone.keys, SoftwareMockSealingKey()).use { assertFalse(it.status().enrolled) }
    }
}
