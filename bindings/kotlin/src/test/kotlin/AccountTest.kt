import kotlin.test.AfterTest
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertTrue
import kotlinx.coroutines.runBlocking
import szid.AccountStanding
import szid.AccountState
import szid.FrozenBy
import szid.OtherDevices
import szid.SyncException
import szid.VenueCodeException

/** What the holder sees of the account, and does about a loss. */
class AccountTest {
    private val city = City()
    private val phone = Phone(city)

    @AfterTest fun close() = city.close()

    @Test fun `a use has a receipt that the city signed`() = runBlocking {
        phone.enrolled().use { wallet ->
            assertTrue(wallet.uses().isEmpty())
            city.scan(wallet.code(wallet.appOpened()).digits)
            val use = wallet.uses().single()
            assertEquals("OK" to "not_asked", use.reason to use.consent)
            val receipt = wallet.receipt(use.receipt)
            assertEquals(use.venue to use.at, receipt.venue to receipt.at)
            assertEquals(use.claims, receipt.claims)
            assertTrue(receipt.document.isNotEmpty())
            assertTrue(wallet.uses(use.receipt).isEmpty())
            assertFailsWith<SyncException.NotFound> { wallet.receipt("A".repeat(22)) }
        }
    }

    @Test fun `a short number is accepted once`() = runBlocking {
        phone.enrolled().use { wallet ->
            val given = wallet.shortNumber(wallet.appOpened())
            assertEquals(given.number, given.grouped.filter { it.isDigit() })
            assertEquals("accept", city.scan(given.number)["decision"].asString)
            assertEquals("refuse", city.scan(given.number, "desk-2")["decision"].asString)
        }
    }

    @Test fun `what is no venue's code is not asked about`() {
        phone.enrolled().use { wallet ->
            assertFailsWith<VenueCodeException.CodeUnusable> { wallet.readVenueCode("000000") }
            assertFailsWith<VenueCodeException.CodeUnusable> { runBlocking { wallet.askVenue("") } }
        }
    }

    @Test fun `a reported loss freezes the account`() = runBlocking {
        phone.enrolled().use { wallet ->
            assertEquals(AccountState.ACTIVE, wallet.account().state)
            val device = wallet.devices().single().details()
            assertEquals("小明的手机" to true, device.name to device.thisDevice)
            assertTrue(wallet.endedDevices().isEmpty() && wallet.enrolmentQuestions().isEmpty())
            assertEquals(AccountStanding.ACTIVE, wallet.status().lastKnown?.standing)
            assertEquals(OtherDevices.ENDED, wallet.reportLost())
            assertEquals(AccountState.FROZEN, wallet.account().state)
            val known = wallet.status().lastKnown
            assertEquals(AccountStanding.FROZEN, known?.standing)
            assertTrue(known!!.at <= wallet.status().now)
            assertEquals(null, known.freeze, "a phone that reported a loss itself is not stopped")
            val event = wallet.events().first()
            assertTrue(event.zh.isNotEmpty() && event.times == null)
            assertFailsWith<SyncException.Frozen> { wallet.refresh() }
            assertEquals("FROZEN", city.scan(wallet.code(wallet.appOpened()).digits)["reason"].asString)
        }
    }

    @Test fun `a phone that a registrar's freeze stopped says when that was and who did it`() = runBlocking {
        phone.open().use { wallet ->
            val offer = city.offer()
            wallet.enrol(offer["credential_offer"].asString, offer["tx_code"].asString)
            val before = wallet.status().now
            city.change(offer["person"].asString, "freeze")
            assertFailsWith<SyncException.Frozen> { wallet.account() }
            val known = checkNotNull(wallet.status().lastKnown)
            assertEquals(AccountStanding.FROZEN, known.standing)
            val freeze = checkNotNull(known.freeze)
            assertEquals(FrozenBy.REGISTRAR, freeze.by)
            assertTrue(freeze.at in before - 2u..wallet.status().now + 2u, "$freeze")
        }
    }
}
