import kotlin.test.AfterTest
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertTrue
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.runBlocking
import szid.ApproveException
import szid.CodeOptions
import szid.HolderPrompt
import szid.KeyPolicy
import szid.PresentException
import szid.UnlockException
import szid.UnlockMethod
import szid.UnlockSetupException
import szid.Unlocking
import szid.VenueChallenge
import szid.Wallet

/** Unlocking, and what codes state after it. */
class UnlockingTest {
    private companion object {
        const val PIN = "702958"
        const val OTHER_PIN = "493536"
        /** A scene of the hall whose approvals need tier 2. */
        const val HOSPITAL = 6
    }

    private val city = City()
    private val phone = Phone(city)

    @AfterTest fun close() = city.close()

    private fun tier(unlocking: Unlocking) = unlocking.tier().toInt()

    @Test fun `a right PIN gives tier 2, a wrong one an error that says what is left`() {
        phone.enrolled().use { wallet ->
            assertFailsWith<UnlockException.NotSetUp> { wallet.unlockWithPin(PIN) }
            val weak = assertFailsWith<UnlockSetupException.PinWeak> { wallet.setPin("123456", wallet.appOpened()) }
            assertTrue(weak.whyZh.isNotEmpty() && weak.whyEn.isNotEmpty())
            wallet.setPin(PIN, wallet.appOpened())
            assertFailsWith<UnlockSetupException.PinSet> { wallet.setPin(OTHER_PIN, wallet.appOpened()) }

            val wrong = assertFailsWith<UnlockException.PinWrong> { wallet.unlockWithPin(OTHER_PIN) }
            assertEquals(9u to "UNLOCK_PIN_WRONG", wrong.triesLeft to wrong.advice.code)
            assertFailsWith<UnlockException.PinForm> { wallet.unlockWithPin("70295") }
            val unlocking = wallet.unlockWithPin(PIN)
            assertEquals(UnlockMethod.PIN to 2, unlocking.method() to tier(unlocking))
            assertEquals(10u, wallet.pinStatus().triesLeft)
            assertTrue(wallet.unlockedFor(unlocking) in 1uL..120uL)
            wallet.holderIsActive(unlocking)
            assertEquals("accept", city.scan(wallet.code(unlocking).digits)["decision"].asString)

            wallet.lock()
            assertFailsWith<PresentException.Locked> { wallet.code(unlocking) }
            assertFailsWith<UnlockException.Locked> { wallet.holderIsActive(unlocking) }
            assertEquals(1, tier(wallet.appOpened()))
        }
    }

    @Test fun `what a hospital asks is approved by a PIN, and not by an open app`() = runBlocking {
        phone.enrolled().use { wallet ->
            wallet.setPin(PIN, wallet.appOpened())
            val unlocking = wallet.unlockWithPin(PIN)
            val digits = wallet.code(unlocking).digits
            val verdict = async(Dispatchers.IO) { city.scanInHall(digits, HOSPITAL) }
            val asked = asked(wallet)
            assertEquals(HOSPITAL to 2, asked.details().scene.toInt() to asked.details().tier.toInt())
            assertFailsWith<ApproveException.UnlockNeeded> { runBlocking { wallet.approve(asked, wallet.appOpened()) } }
            wallet.approve(asked, unlocking)
            assertEquals("OK", verdict.await()["reason"].asString)
            assertFailsWith<ApproveException.Over> { runBlocking { wallet.approve(asked, unlocking) } }

            Thread.sleep(1_100)
            val next = wallet.code(unlocking).digits
            val refused = async(Dispatchers.IO) { city.scanInHall(next, HOSPITAL) }
            wallet.refuse(asked(wallet))
            assertEquals("CONSENT_DENIED", refused.await()["reason"].asString)
        }
    }

    private suspend fun asked(wallet: Wallet) = wallet.consents(20u).single()

    @Test fun `the screen lock gives tier 2, and a forgotten PIN is replaced by it`() {
        val prompt = object : HolderPrompt {
            override fun confirmScreenLock() = true
        }
        phone.enrolled(prompt = prompt).use { wallet ->
            wallet.setPin(PIN, wallet.appOpened())
            assertFailsWith<UnlockSetupException.ProofNeeded> { wallet.resetPin(OTHER_PIN, wallet.unlockWithPin(PIN)) }
            val unlocking = wallet.unlockWithScreenLock()
            assertEquals(UnlockMethod.DEVICE_CREDENTIAL to 2, unlocking.method() to tier(unlocking))
            wallet.resetPin(OTHER_PIN, unlocking)
            assertEquals(2, tier(wallet.unlockWithPin(OTHER_PIN)))
        }
    }

    @Test fun `a finger gives tier 3 by a signature, once`() {
        phone.enrolled().use { wallet ->
            assertFailsWith<UnlockException.NotSetUp> { wallet.beginBiometric() }
            wallet.enableBiometric(wallet.appOpened())
            assertEquals(1, phone.keys.policies.values.count { it == KeyPolicy.HOLDER_PRESENT })
            val pending = wallet.beginBiometric()
            val signature = phone.keys.sign(pending.keyHandle(), pending.message())
            val unlocking = pending.finish(signature)
            assertEquals(UnlockMethod.BIOMETRIC to 3, unlocking.method() to tier(unlocking))
            assertEquals("accept", city.scan(wallet.code(unlocking).digits)["decision"].asString)
            assertFailsWith<UnlockException.TryAgain> { pending.finish(signature) }
            assertFailsWith<UnlockException.TryAgain> { wallet.beginBiometric().finish(signature) }
            assertFailsWith<UnlockException.TryAgain> { wallet.beginBiometric().finish(byteArrayOf(1)) }
        }
    }

    @Test fun `a code in two steps is drawn with its own signature only`() {
        phone.enrolled().use { wallet ->
            val pending = wallet.beginCode(wallet.appOpened())
            val signature = phone.keys.sign(pending.keyHandle(), pending.message())
            assertEquals("accept", city.scan(pending.finish(signature).digits)["decision"].asString)
            assertFailsWith<PresentException.SignatureRefused> { pending.finish(signature) }
            val long = CodeOptions(challenge = VenueChallenge("library", ByteArray(99)))
            assertFailsWith<PresentException.CannotDraw> { wallet.beginCode(wallet.appOpened(), long) }
        }
    }
}
