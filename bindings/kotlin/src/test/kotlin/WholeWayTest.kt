import java.nio.file.Path
import kotlin.io.path.createTempDirectory
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
import szid.Http
import szid.UrlConnectionHttp
import szid.Wallet
import szid.WalletConfig
import szid.WalletException
import szid.codes

/** A phone's whole way against the real service. */
class WholeWayTest {
    private val city = City()
    private val folder = createTempDirectory()
    private val keys = SoftwareMockDeviceKeys()
    private val sealing = SoftwareMockSealingKey()

    @AfterTest fun close() = city.close()

    private fun open(http: Http? = null): Wallet = Wallet.open(config(folder, city.rootKey), keys, sealing, null, http)

    private fun enrolled(http: Http? = null): Wallet = open(http).also { wallet ->
        val offer = city.offer()
        val came = runBlocking { wallet.enrol(offer["credential_offer"].asString, offer["tx_code"].asString) }
        assertEquals(7u, came)
    }

    @Test fun `a code is accepted once, and the wallet is there again after a restart`() {
        enrolled().use { assertEquals("accept", city.scan(it.code().digits)["decision"].asString) }
        open().use { wallet ->
            assertTrue(wallet.status().enrolled)
            Thread.sleep(1_100)
            val code = wallet.code()
            assertEquals("accept", city.scan(code.digits)["decision"].asString)
            val again = city.scan(code.digits, "desk-2")
            assertEquals("refuse" to "REPLAY", again["decision"].asString to again["reason"].asString)
        }
    }

    @Test fun `the platform's HTTP client goes the same way`() {
        enrolled(UrlConnectionHttp()).use { wallet ->
            assertEquals("accept", city.scan(wallet.code().digits)["decision"].asString)
            assertEquals(0u, runBlocking { wallet.refresh() })
            val refused = assertFailsWith<WalletException.Failed> {
                runBlocking { wallet.enrol(city.offer()["credential_offer"].asString, "000000") }
            }
            assertEquals("WALLET_REFUSED", refused.code)
        }
    }

    @Test fun `codes follow one another`() = runBlocking {
        enrolled().use { wallet ->
            val (first, second) = wallet.codes().take(2).toList()
            assertTrue(second.madeAt - first.madeAt >= first.redrawIn)
            assertTrue(first.redrawIn < first.secondsLeft)
            assertEquals("accept", city.scan(second.digits)["decision"].asString)
        }
    }

    @Test fun `two hundred calls at once are all answered, and a flow can be given up`() = runBlocking {
        enrolled().use { wallet ->
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
        enrolled().use { wallet ->
            wallet.wipe()
            assertTrue(sealing.gone && keys.keys.isEmpty())
            assertEquals("WALLET_NOT_ENROLLED", assertFailsWith<WalletException.Failed> { wallet.code() }.code)
        }
        Wallet.open(config(folder, city.rootKey), keys, SoftwareMockSealingKey()).use { assertFalse(it.status().enrolled) }
    }
}

fun config(folder: Path, root: ByteArray) = WalletConfig(
    folder = folder.resolve("wallet").toString(),
    rootKeys = listOf(root),
    daysAhead = 6u,
    demoMode = true,
    deviceName = "小明的手机",
)
