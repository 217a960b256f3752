package ishenzhen.app.model

import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.update
import szid.Advice
import szid.KeyPortException
import szid.UnlockException
import szid.UnlockSetupException
import szid.Unlocking
import szid.Wallet

/** What the holder has done to unlock, for as long as the wallet lets it count. */
class Unlocks(private val wallet: Wallet, private val finger: Finger) {
    @Volatile private var current: Unlocking? = null

    private val count = MutableStateFlow(0)

    /** Goes up with each unlocking by the holder: a code that was drawn before says less. */
    val times: StateFlow<Int> = count

    private val ready = MutableStateFlow(false)

    /** Whether finger or face unlock on this phone. */
    val byFingerReady: StateFlow<Boolean> = ready

    /** Looks whether finger or face are set up, here and on the phone. */
    fun look() {
        ready.value = finger.isThere() && isSetUp()
    }

    /** Whether the phone can ask for finger or face. */
    fun hasFinger(): Boolean = finger.isThere()

    /** The last unlocking while it lasts, else that the app is open. */
    fun now(): Unlocking = current?.takeIf { wallet.unlockedFor(it) > 0u } ?: renew()

    /** Back to that the app is open, once an unlocking is over. */
    fun renew(): Unlocking = wallet.appOpened().also { current = it }

    /** Unlocks by PIN; takes up to a second. What went wrong, or nothing. */
    fun byPin(pin: String): Advice? = try {
        unlocked(wallet.unlockWithPin(pin))
    } catch (failed: UnlockException) {
        failed.advice()
    }

    /** Unlocks by finger or face. What went wrong, or nothing. */
    suspend fun byFinger(): Advice? = try {
        wallet.beginBiometric().use { pending ->
            try {
                unlocked(pending.finish(finger.sign(pending.keyHandle(), pending.message())))
            } catch (fault: KeyPortException) {
                // A key that is lost unlocks no more.
                pending.fail(fault).also { look() }
            }
        }
    } catch (failed: UnlockException) {
        failed.advice()
    }

    /** Lets finger or face unlock from now on, after an unlocking by the holder. What went wrong, or nothing. */
    fun setUpFinger(): Advice? = change { wallet.enableBiometric(now()) }

    fun dropFinger(): Advice? = change { wallet.disableBiometric() }

    /** The holder touched the screen. */
    fun active() {
        try {
            current?.let(wallet::holderIsActive)
        } catch (over: UnlockException) {
            current = null
        }
    }

    /** The app goes out of sight. */
    fun lock() {
        wallet.lock()
        current = null
    }

    private fun unlocked(by: Unlocking): Advice? {
        current = by
        count.update { it + 1 }
        return null
    }

    private fun isSetUp() = try {
        wallet.hasBiometric()
    } catch (failed: UnlockSetupException) {
        false
    }

    private fun change(setUp: () -> Unit): Advice? = try {
        setUp()
        look()
        null
    } catch (failed: UnlockSetupException) {
        failed.advice()
    }
}
