import java.nio.file.Path
import kotlin.io.path.createTempDirectory
import kotlin.test.AfterTest
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertNotNull
import kotlin.test.assertNull
import kotlin.test.fail
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import quickstart.MemoryKeys
import quickstart.MemorySealing
import quickstart.Next
import quickstart.answerConsents
import quickstart.daily
import quickstart.enrol
import quickstart.keepCodesOnScreen
import quickstart.openWallet
import quickstart.unlockByPin
import szid.Advice
import szid.CitizenCode
import szid.Wallet

/** The code of docs/mobile/kotlin.md, as it stands there, against the real service. */
class QuickStartTest {
    private val city = City()
    private val folder: Path = createTempDirectory()
    private val shown = mutableListOf<String>()

    @AfterTest fun close() = city.close()

    private fun show(advice: Advice) { shown += advice.code }

    private fun open(): Wallet = openWallet(folder.resolve("wallet"), city.rootKey, MemoryKeys(), MemorySealing(), demo = true)

    private suspend fun enrolled(wallet: Wallet) {
        val offer = city.offer()
        val link = offer["credential_offer"].asString
        assertEquals(Next.SCAN_OFFER, enrol(wallet, "no offer", "000000", ::show))
        assertEquals(Next.ASK_TX_CODE, enrol(wallet, link, "000000", ::show))
        assertEquals(Next.CODE, enrol(wallet, link, offer["tx_code"].asString, ::show))
        assertEquals(2, shown.size)
    }

    @Test fun `the code of the page puts codes on the screen that a venue accepts`() = runBlocking {
        open().use { wallet ->
            enrolled(wallet)
            daily(wallet, ::show)
            val (first, second) = List(2) { CompletableDeferred<CitizenCode>() }
            val counted = mutableListOf<Int>()
            val screen = launch {
                keepCodesOnScreen(wallet, wallet.appOpened(), { code, left ->
                    counted += left
                    if (!first.complete(code) && first.getCompleted().digits != code.digits) second.complete(code)
                }, ::show)
            }
            withTimeout(60.seconds) {
                for (code in listOf(first.await(), second.await())) {
                    assertEquals("accept", city.scan(code.digits)["decision"].asString)
                }
            }
            screen.cancel()
            assertEquals(counted[0] - 1, counted[1])
            assertEquals(2, shown.size, "nothing went wrong: $shown")
        }
    }

    @Test fun `the code of the page sets a PIN, unlocks by it, and answers what a hospital asks`() = runBlocking {
        open().use { wallet ->
            enrolled(wallet)
            assertNull(unlockByPin(wallet, "123456", ::show))
            val unlocking = assertNotNull(unlockByPin(wallet, "702958", ::show))
            assertNull(unlockByPin(wallet, "493536", ::show))
            assertEquals(listOf("UNLOCK_PIN_WEAK", "UNLOCK_PIN_WRONG"), shown.drop(2))
            val digits = wallet.code(unlocking).digits
            val verdict = async(Dispatchers.IO) { city.scanInHall(digits, HOSPITAL) }
            var unlocked = 0
            val answered = answerConsents(wallet, wallet.appOpened(), { it.scene.toInt() == HOSPITAL }) {
                unlocked += 1
                unlocking
            }
            assertEquals(1 to 1, answered to unlocked)
            assertEquals("OK", verdict.await()["reason"].asString)
        }
    }

    @Test fun `after a wipe the key of the page is made anew`() = runBlocking {
        val (keys, sealing) = MemoryKeys() to MemorySealing()
        fun open() = openWallet(folder.resolve("wallet"), city.rootKey, keys, sealing, demo = true)
        open().use { wallet ->
            enrolled(wallet)
            wallet.wipe()
        }
        shown.clear()
        open().use { enrolled(it) }
        open().use { assertEquals("accept", city.scan(it.code(it.appOpened()).digits)["decision"].asString) }
    }

    @Test fun `after a loss the code of the page shows none and says why`() = runBlocking {
        open().use { wallet ->
            enrolled(wallet)
            wallet.reportLost()
            withTimeout(30.seconds) {
                keepCodesOnScreen(wallet, wallet.appOpened(), { _, _ -> fail("venues refuse it") }, ::show)
            }
            assertEquals("WALLET_FROZEN", shown.last())
        }
    }

    private companion object {
        /** A scene of the hall whose approvals need tier 2. */
        const val HOSPITAL = 6
    }
}
